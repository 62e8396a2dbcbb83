/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vm's host key and the key that may log in, made once per vm, so that ssh can verify it
 * like any other machine.
 */
#ifndef OUTPOST_VM_KEYS_H
#define OUTPOST_VM_KEYS_H

/*
 * Creates id_ed25519 and host_key (each with .pub) in `dir` if missing, and writes
 * known_hosts. 0 or -errno, logged.
 */
int keys_make(const char *name, const char *dir);

/* Writes ssh_config, for logins as `user`, and board.conf. 0 or -errno, logged. */
int keys_write_config(const char *name, const char *user, const char *dir, int port);

#endif
