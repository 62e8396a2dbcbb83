/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files session*.c only. */
#ifndef OUTPOST_SESSION_INTERNAL_H
#define OUTPOST_SESSION_INTERNAL_H

#include "common/process.h"
#include "common/strbuf.h"
#include "host/board/session.h"

#include <stdbool.h>
#include <sys/types.h>

#define SESSION_TIMEOUT_MS 15000

/* Limit for what a command prints, text before the first frame, and messages of ssh. */
#define TALK_MAX (64 * 1024)

/* The kinds of failure that the code distinguishes. */
enum failure_kind {
	FAILURE_NONE,
	FAILURE_OTHER,
	FAILURE_AWAY,    /* the board does not answer, or stopped answering */
	FAILURE_REFUSED, /* the machine answers, but has no ssh server */
	FAILURE_KEY,     /* the host key is not the known one */
	FAILURE_LOGIN,   /* the login is refused, or has no way to become root */
	FAILURE_SUDO,    /* sudo refuses, or asks for a password */
	FAILURE_OURS,    /* this machine's ssh cannot be started or used */
};

/* Why a connection failed or ended. */
struct failure {
	enum failure_kind kind;
	char *why;  /* without the board's name and a full stop */
	char *hint; /* what to do about it, or NULL */
	bool agent; /* installing the agent (again) may fix it */
};

void failure_release(struct failure *failure);
/* Drops all but the last TALK_MAX bytes. */
void talk_trim(struct strbuf *talk);

/* ssh could not be started; `error` is -errno. Returns -EINTR or -ENOTCONN. */
int failure_not_started(struct failure *failure, int error);

/* What is known about an ssh that ended. */
struct ssh_end {
	int status;        /* as from process_run() */
	const char *error; /* ssh's and the remote command's stderr */
	const char *noise; /* output before the first frame, or "" */
	size_t noise_len;
	bool spoke;     /* the board sent a frame */
	int timeout_ms; /* > 0: it was ended after this timeout */
};

/* Finds out why ssh ended; releases `failure` first. Returns -ENOTCONN. */
int failure_explain(struct failure *failure, const struct board *board, const struct ssh_end *end);

/*
 * Starts ssh with three O_NONBLOCK pipes, in a new session: a Ctrl-C on our terminal does not
 * reach it, and it cannot prompt. 0 or -errno, not logged.
 */
int ssh_start(struct process *ssh, char *const *argv);

/*
 * Closes its input, gives it `grace_ms` to exit, then ends it. Adds its remaining messages to
 * `errors`. Its status, as from process_run().
 */
int ssh_stop(struct process *ssh, struct strbuf *errors, int grace_ms);

/* Leaves it running until everything has been sent. Nobody waits for it. */
void ssh_leave(struct process *ssh);

/* The complete command line that runs `command` in the board's login shell. */
char **ssh_command(const struct board *board, const struct session_options *options,
		   const char *command);

/* Does the socket of a shared master exist? */
bool ssh_has_master(const struct board *board);

/* The file of our agent for this machine type (uname -m), or NULL. The caller frees it. */
char *agent_file(const char *machine);

/* The build-id of an ELF file in hexadecimal. 0 or -errno, not logged. */
int agent_build_id(const char *path, char *id, size_t size);

/* The build-id of our agent for this machine type; "" if we have none. */
void agent_own_id(const char *machine, char *id, size_t size);

/*
 * Installs our agent. `machine` NULL: asks the board. 0; -EINTR, or -ENOTCONN with *failure
 * filled.
 */
int agent_install(const struct board *board, const struct session_options *options,
		  const char *machine, struct failure *failure);

struct session {
	const struct board *board;
	struct session_options options;
	struct process ssh;
	char agent[44];       /* build-id of the agent in Hello; "": any */
	size_t hello;         /* length of the frame of Hello, at the start of the flight */
	struct strbuf flight; /* until Welcome arrives, all frames; then those that are not sent */
	size_t sent;          /* bytes of the flight that were sent */
	struct strbuf incoming;
	size_t taken; /* bytes of `incoming` that were parsed; the caller may still use them */
	struct strbuf errors, noise;
	bool warm;      /* it uses a master that existed before */
	bool reopened;  /* such a master was dead, and was dropped once */
	bool installed; /* the agent was installed once */
	bool spoke;     /* this connection has received a frame */
	bool told;      /* session_tell() */
	bool welcomed;
	outpost_Welcome welcome;
	long long opened_ms, heard_ms;
	long long moved_ms; /* see session_stall_ms() */
	uint64_t received;  /* bytes that the agent had read at its last Alive */
	struct failure failure;
};

/* --- session_greet.c --- */

/* Puts Hello first in the flight, replacing one for another agent. 0 or -EMSGSIZE. */
int greet_say_hello(struct session *s, const char *machine);

/*
 * Handles one frame: SESSION_NOTHING if it was for the session itself, SESSION_FRAME if it is
 * for the caller, SESSION_ENDED, or -errno.
 */
int greet_take(struct session *s, const struct frame *frame);

/*
 * ssh has ended, or timed out (timeout_ms > 0). SESSION_NOTHING if the session continues with
 * another ssh, SESSION_ENDED, or -EINTR.
 */
int greet_take_end(struct session *s, int timeout_ms);

/* Ends the session and records why. Takes ownership of `why`. Returns SESSION_ENDED. */
int session_fail(struct session *s, char *why, const char *hint);

/* --- session_link.c --- */

/* Starts ssh, and the flight from its beginning. 0, or -ENOTCONN with s->failure filled. */
int link_connect(struct session *s);

/* Writes as much as ssh accepts without blocking. */
void link_write(struct session *s);

/*
 * Transfers bytes in all directions, waiting at most `wait_ms` for some. SESSION_NOTHING,
 * SESSION_ENDED if ssh has ended its output, or -EINTR.
 */
int link_pump(struct session *s, long long wait_ms);

/* The next complete frame that has arrived: SESSION_FRAME, SESSION_NOTHING, or -EBADMSG. */
int link_parse(struct session *s, struct frame *frame);

/* After Welcome, nothing is sent twice: drops what was sent. */
void link_forget_sent(struct session *s);

static inline bool link_has_unsent(const struct session *s)
{
	return s->sent < s->flight.len;
}

#endif
