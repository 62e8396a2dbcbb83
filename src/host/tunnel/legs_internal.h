/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files legs*.c only. */
#ifndef OUTPOST_TUNNEL_LEGS_INTERNAL_H
#define OUTPOST_TUNNEL_LEGS_INTERNAL_H

#include "common/cleanup.h"
#include "common/tunnel.h"
#include "host/tunnel/legs.h"

#include <stdbool.h>
#include <sys/types.h>

#define LEG_MS 5000 /* how long to wait for an answer */

struct trip {
	const char *root, *name;
	char account[sizeof(TUNNEL_ACCOUNT) + TUNNEL_NAME_MAX];
	char *sockets; /* the folder of its sockets */
	char *keys;    /* of its keys */
	char *user; /* who called root with sudo, and will log in to the board; NULL: this user */
	uid_t uid;  /* of `user` */
};

/* Each fills *leg with one of these. `fix` may be NULL for a leg that only shows something. */
void leg_ok(struct tunnel_leg *leg, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void leg_skip(struct tunnel_leg *leg, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void leg_fail(struct tunnel_leg *leg, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void leg_fix(struct tunnel_leg *leg, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The name of the user who is to reach the board; static memory. */
const char *leg_user(const struct trip *trip);

typedef void leg_try(const struct trip *trip, struct tunnel_leg *leg);

leg_try leg_account, leg_key, leg_sshd;                  /* legs_gateway.c */
leg_try leg_socket, leg_listener, leg_probe, leg_banner; /* legs_socket.c */
leg_try leg_host_key, leg_login, leg_port;               /* legs_ssh.c */

#endif
