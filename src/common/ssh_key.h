/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Public keys of OpenSSH, "TYPE BASE64" (RFC 4253, section 6.6; RFC 5656; RFC 8709). A key is
 * accepted only if it is of a type and length that is known here and is encoded in the one right
 * way. So its text can be put into authorized_keys or known_hosts: it has no options, no comment
 * and no second line. Allocates nothing.
 */
#ifndef OUTPOST_SSH_KEY_H
#define OUTPOST_SSH_KEY_H

#include "common/text.h"

#include <stdbool.h>

/* The longest text, of an RSA key of 8192 bits, with the NUL. */
#define SSH_KEY_SIZE 1536

struct ssh_key {
	char text[SSH_KEY_SIZE]; /* "TYPE BASE64" */
};

enum ssh_key_use {
	SSH_KEY_LOGIN, /* ssh-ed25519 alone: Outpost creates these keys itself */
	SSH_KEY_HOST,  /* also ecdsa-sha2-nistp256, 384 and 521, and ssh-rsa of 2048 to 8192 bits */
};

/* Reads "TYPE BASE64[ COMMENT]", and drops the comment. False if it is anything else. */
bool ssh_key_parse(struct ssh_key *key, struct text line, enum ssh_key_use use);

#endif
