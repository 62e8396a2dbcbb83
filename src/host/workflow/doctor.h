/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checks of `outpost doctor`.
 *
 *	doctor_host.c		this machine: tools and Outpost's own files
 *	doctor_gateway.c	this machine, if it is a gateway for boards behind NAT
 *	doctor_board.c		the board, as its agent describes it
 *	doctor_survival.c	grades how well a board survives a crash
 *	doctor_condition.c	what users of Raspberry Pis most often stumble over
 *	doctor_prove.c		panics a board on purpose, and checks what survives
 */
#ifndef OUTPOST_DOCTOR_H
#define OUTPOST_DOCTOR_H

#include "host/board/board.h"
#include "host/board/session.h"

#include <stdbool.h>
#include <stddef.h>

enum finding_state { FINDING_OK, FINDING_NOTE, FINDING_MISSING };

struct finding {
	const char *where; /* "host" or "board" */
	const char *name;
	enum finding_state state;
	char *detail;
	char *mend; /* what to do about it, or NULL */
};

/* How well a board, and its last log messages, survive a crash. */
enum grade {
	GRADE_NONE, /* no board was checked */
	GRADE_POOR, /* the board or its log may not survive a crash */
	GRADE_FAIR,
	GRADE_GOOD,
};

struct buildenv;

struct findings {
	struct finding *items;
	size_t n;
	char **packages; /* missing packages, for apt-get */
	enum grade grade;
};

void findings_release(struct findings *c);

/* Takes ownership of both strings, which may contain text from a board. */
void doctor_add(struct findings *c, const char *where, const char *name, enum finding_state state,
		char *detail, char *mend);

/* A copy of text from a board that is safe to print. The caller frees it. */
char *doctor_clean(const char *text);

void doctor_host(struct findings *c, const struct buildenv *env);

/* Does this sshd listen for forwards beyond loopback? `etc` is /etc/ssh; tests use another. */
void doctor_gateway_ports(struct findings *c, const char *etc);

/* Nothing if this machine is not a gateway. */
void doctor_gateway(struct findings *c);

/*
 * Checks the board of this name; NULL: the virtual Pi vm, or just a note if there is none. 0 or
 * -errno, logged.
 */
int doctor_boards(struct findings *c, struct buildenv *env, const char *name);
/* 0, or -errno, not logged; -ENOTCONN: session_why() has the reason. */
int doctor_survival(struct findings *c, const struct board *board, struct session *session);
/* The same, for facts that are already known. */
void doctor_grade(struct findings *c, const struct board *board, const outpost_Survival *facts);
/* Explains what users of Raspberry Pis most often stumble over. Returns as doctor_survival(). */
int doctor_condition(struct findings *c, struct session *session);
/* The same, for facts that are already known. */
void doctor_explain(struct findings *c, const outpost_Welcome *welcome,
		    const outpost_Condition *condition);

/* Sends a request without fields, and waits for this reply. Returns as doctor_survival(). */
int doctor_ask(struct session *session, pb_size_t request_tag, pb_size_t reply_tag,
	       outpost_Reply *reply);

/* "good", "fair", "poor"; NULL for none. */
const char *grade_name(enum grade grade);

/* What --prove found. */
struct proof {
	bool ok;
	char *token;   /* a word in the board's last log messages */
	char *summary; /* one line: what survived, or what did not */
	char *mend;    /* what to do about it, or NULL */
	char *run;     /* id */
	char **kept;   /* names of the files that survived */
	int back_ms;   /* from the start until the board was ready again */
};

/*
 * Panics the board on purpose, waits until it is back, and looks for its last log messages. 0
 * and *proof; otherwise as run_execute().
 */
int doctor_prove(const struct board *board, int return_ms, struct proof *proof);
void proof_release(struct proof *proof);

#endif
