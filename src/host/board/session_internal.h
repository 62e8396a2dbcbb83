/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files session*.c share with each other and with nobody else. */
#ifndef OUTPOST_SESSION_INTERNAL_H
#define OUTPOST_SESSION_INTERNAL_H

#include "common/process.h"
#include "common/strbuf.h"
#include "host/board/session.h"

#include <stdbool.h>
#include <sys/types.h>

#define SESSION_TIMEOUT_MS 15000

/* Of those reasons what anybody here goes by. */
enum failure_kind {
	FAILURE_NONE,
	FAILURE_OTHER,
	FAILURE_AWAY,    /* no answer, or no more of it */
	FAILURE_REFUSED, /* the machine is there, and no ssh server */
	FAILURE_KEY,     /* it is not the one that we know */
	FAILURE_LOGIN,   /* it does not let us in, or has no way for us to become root */
	FAILURE_SUDO,    /* it has sudo, which asks for more or refuses */
	FAILURE_OURS,    /* this machine's ssh cannot be started, or used */
};

/* Why a connection did not come about, or ended. */
struct failure {
	enum failure_kind kind;
	char *why;  /* without the board's name, without a period */
	char *hint; /* what to do about it, or NULL */
	bool agent; /* installing the agent (again) may fix it */
};

void failure_release(struct failure *failure);
/* ssh itself could not be started (-errno). -EINTR, or -ENOTCONN. */
int failure_not_started(struct failure *failure, int error);

/* What is known of an ssh that ended. */
struct ssh_end {
	int status;        /* as process_run() gives it */
	const char *error; /* ssh's and the remote command's stderr */
	const char *noise; /* what came before the first frame, or "" */
	size_t noise_len;
	bool spoke;     /* a frame came from the board */
	int timeout_ms; /* > 0: our own patience ended, which was so long */
};

/* Finds out why; `failure` is released first. -ENOTCONN. */
int failure_explain(struct failure *failure, const struct board *board, const struct ssh_end *end);

/*
 * Starts ssh, with three pipes that are O_NONBLOCK, in a session of its own: a
 * Ctrl-C in our terminal is not for it, and nothing in it can ask there. 0 or
 * -errno.
 */
int ssh_start(struct process *ssh, char *const *argv);

/*
 * Closes its input, waits `grace_ms` for it to end by itself, then ends it.
 * What it says meanwhile is added to `errors`. Its status as process_run() gives it.
 */
int ssh_stop(struct process *ssh, struct strbuf *errors, int grace_ms);

/* Lets it end by itself when the board has all of what was sent: it is nobody's to wait for. */
void ssh_leave(struct process *ssh);

/* The whole command line with `command` for the board's login shell. */
char **ssh_command(const struct board *board, const struct session_options *options,
		   const char *command);

/* Is there a shared master's socket? */
bool ssh_has_master(const struct board *board);

/* Our own agent for boards of this machine (uname -m): its file, NULL when there is none; the
 * caller frees it. */
char *agent_file(const char *machine);

/* The build-id of an ELF file in hexadecimal. 0 or -errno, not logged. */
int agent_build_id(const char *path, char *id, size_t size);

/* The same of our own agent for this machine; "" when there is none. */
void agent_own_id(const char *machine, char *id, size_t size);

/*
 * Puts our agent in place; `machine` NULL: the board is asked. 0; -EINTR or
 * -ENOTCONN with *failure filled.
 */
int agent_install(const struct board *board, const struct session_options *options,
		  const char *machine, struct failure *failure);

struct session {
	const struct board *board;
	struct session_options options;
	struct process ssh;
	char agent[44];       /* build-id of the agent that Hello names; "": any */
	size_t hello;         /* length of its frame, which the flight starts with */
	struct strbuf flight; /* all frames since the opening, until Welcome has come; then what is
				 not sent */
	size_t sent;          /* of it */
	struct strbuf incoming;
	size_t taken; /* of it: parsed, and perhaps still in the caller's hands */
	struct strbuf errors, noise;
	bool warm;      /* it goes through a master that was there before */
	bool reopened;  /* such a one proved dead, once */
	bool installed; /* the agent was put in place, once */
	bool spoke;     /* a frame came, of this connection */
	bool told;      /* session_tell() */
	bool welcomed;
	outpost_Welcome welcome;
	long long opened_ms, heard_ms;
	long long moved_ms; /* see session_stall_ms() */
	uint64_t received;  /* bytes that the agent has read, as its last Alive said */
	struct failure failure;
};

/* --- session_greet.c --- */

/* Puts Hello first in the flight, in place of one that named another agent. 0 or -EMSGSIZE. */
int greet_say_hello(struct session *s, const char *machine);

/* One frame: 0 when it was the session's own matter, 1 when not, or -errno. */
int greet_take(struct session *s, const struct frame *frame);

/* ssh has ended, or our patience (timeout_ms > 0). 0 when the session goes on with another ssh, or
 * -EPIPE. */
int greet_take_end(struct session *s, int timeout_ms);

/* Ends it, and keeps why; `why` becomes the session's. -EPIPE. */
int session_fail(struct session *s, char *why, const char *hint);

/* --- session_link.c --- */

/* Starts ssh; the flight starts from its beginning. 0, or -ENOTCONN with s->failure filled. */
int link_connect(struct session *s);

/* Writes what ssh takes at once. */
void link_write(struct session *s);

/* Moves bytes in all directions, waiting at most so long for some. 0, -EPIPE when ssh has no more,
 * -EINTR. */
int link_pump(struct session *s, long long wait_ms);

/* The next whole frame of those that have arrived: 1, 0, -EBADMSG. */
int link_parse(struct session *s, struct frame *frame);

/* From Welcome on nothing is ever sent twice: drops what was sent. */
void link_forget_sent(struct session *s);

static inline bool link_has_unsent(const struct session *s)
{
	return s->sent < s->flight.len;
}

#endif
