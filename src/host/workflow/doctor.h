/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `outpost doctor` looks at.
 *
 *	doctor_host.c		this machine: tools and Outpost's own files
 *	doctor_board.c		the board, as its agent describes it
 *	doctor_survival.c	what a board has for a crash, graded
 *	doctor_prove.c		a panic on purpose, and whether its evidence comes back
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
	char *mend; /* or NULL */
};

/* What becomes of a board that crashes, and of what it says then. */
enum grade {
	GRADE_NONE, /* no board was asked */
	GRADE_POOR, /* a crash may take the board along, or leave nothing to read */
	GRADE_FAIR,
	GRADE_GOOD,
};

struct buildenv;

struct findings {
	struct finding *items;
	size_t n;
	char **packages; /* that apt-get could install */
	enum grade grade;
};

void findings_release(struct findings *c);

/* Both strings are taken over, and may have a board's words in them. */
void doctor_add(struct findings *c, const char *where, const char *name, enum finding_state state,
		char *detail, char *mend);

/* A board's words, safe to be shown; for the caller to free. */
char *doctor_clean(const char *text);

void doctor_host(struct findings *c, const struct buildenv *env);
/* The board of this name (-b, or NULL); a note where no board is known. 0 or -errno, logged. */
int doctor_boards(struct findings *c, struct buildenv *env, const char *name);
/* 0, or -errno as session_receive(). */
int doctor_survival(struct findings *c, const struct board *board, struct session *session);
/* The same for what is known of the board already. */
void doctor_grade(struct findings *c, const struct board *board, const outpost_Survival *facts);
/* "good", "fair", "poor"; NULL for none. */
const char *grade_name(enum grade grade);

/* What --prove found. */
struct proof {
	bool ok;
	char *token;   /* that the board said in its last words */
	char *summary; /* one line: what came back, or what did not */
	char *mend;    /* or NULL */
	char *run;     /* id */
	char **kept;   /* what survived: names of files */
	int back_ms;   /* from the start until the board was tidy again */
};

/*
 * Panics the board on purpose, waits until it is back, and looks whether its
 * last words are. 0 and *proof; -errno, logged: it could not be tried.
 */
int doctor_prove(const struct board *board, int return_ms, struct proof *proof);
void proof_release(struct proof *proof);

#endif
