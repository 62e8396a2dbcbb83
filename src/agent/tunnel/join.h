/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `outpost-agent tunnel join [DIR]`, as root: accepts the invitation in the folder DIR (see
 * common/invitation.h for the formats and the conversation).
 *
 * Everything that may fail is done first: the user, the copy of the agent, and TUNNEL_NEW with the
 * key. Then the gateway is asked. If it says no, all that is taken back. If it says yes, one rename
 * puts the new folder in the place of TUNNEL_DIR, and the unit is started.
 *
 * An invitation works once. So if this is killed, or the answer gets lost, TUNNEL_NEW remains, and
 * the next join first tries whether the gateway has accepted the key in it; without DIR that is all
 * it does.
 */
#ifndef OUTPOST_AGENT_JOIN_H
#define OUTPOST_AGENT_JOIN_H

#include "agent/tunnel/config.h"
#include "common/invitation.h"
#include "common/probe.h"

#include <sys/types.h>

#define TUNNEL_NEW TUNNEL_DIR ".new"

/*
 * The tunnel's own copy of this program. Not AGENT_PATH: hosts replace that one by the agent that
 * belongs to them, and a board must not become unreachable through an older or an experimental one.
 */
#define TUNNEL_PROGRAM "/usr/local/lib/outpost/outpost-tunnel"

struct join {
	const char *dir;  /* of the invitation; NULL: complete an interrupted join */
	const char *root; /* before each path but `dir`; "" on a board */
	bool start;       /* false: install no unit, and start nothing (an image, say) */

	struct invitation invitation;
	struct invitation_request request;
	struct invitation_reply reply;
	gid_t gid;                              /* of TUNNEL_USER */
	char account[TUNNEL_LOGIN_MAX + 1];     /* on the gateway */
	bool made_user, made_program, made_new; /* by this join, to be taken back */
};

/* The exit status. Logs. */
int tunnel_join(struct join *join);

/* A path below join->root, to be freed. */
char *join_path(const struct join *join, const char *path);

/* join_check.c: logs what is missing and what to do. 0 or -errno. */
int join_check_machine(const struct join *join);
int join_read_invitation(struct join *join);

/* Fills the request, except for its key: what this machine is. 0 or -errno, logged. */
int join_describe(struct join *join);

/* join_users.c: adds who can log in to the request; can this user; finds TUNNEL_USER. */
void join_add_logins(struct join *join);
bool join_has_login(const struct join *join, const char *login);
bool join_find_user(struct join *join);

/* join_ask.c */
enum join_answer {
	JOIN_YES,     /* join->reply is filled */
	JOIN_NO,      /* logged */
	JOIN_DENIED,  /* the invitation is not accepted (any more); not logged */
	JOIN_UNKNOWN, /* the connection broke before the answer came; logged */
};

enum join_answer join_ask(struct join *join);

/* Does the gateway accept the key in TUNNEL_NEW? Logs nothing. */
bool join_key_works(const struct join *join);

/* Logs JOIN_DENIED, and returns -EACCES. */
int join_say_denied(const struct join *join);

/* join_install.c: 0 or -errno, logged. */

/*
 * The user, the copy of this program, and TUNNEL_NEW, where what an interrupted join has left is used
 * if it is for the same board and gateway.
 */
int join_prepare(struct join *join);
/* Takes back what join_prepare() made. */
void join_take_back(struct join *join);
/* After JOIN_YES: what the gateway has told is written to TUNNEL_NEW. */
int join_write(struct join *join);
/* Puts TUNNEL_NEW in the place of TUNNEL_DIR. */
int join_commit(struct join *join);
/* Without DIR: fills name, gateway and port of the invitation from TUNNEL_NEW. */
int join_resume(struct join *join);

#endif
