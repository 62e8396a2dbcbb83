/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session: the user's own ssh, with the agent at its other end. Connections
 * share one ControlMaster per board (ControlPath under path_runtime(),
 * ControlPersist), so that a warm session costs no handshake.
 */
#ifndef OUTPOST_SESSION_H
#define OUTPOST_SESSION_H

#include "common/proto.h"
#include "host/board/board.h"

struct session;

struct session_options {
	int timeout_ms; /* to reach the board; 0: 15 s */
	bool fresh;     /* not through a shared master: it may be dead without knowing */
	bool quiet;     /* failures are not logged: the caller tries again */
};

/*
 * Starts ssh, sends Hello, and waits for nothing. An agent that is missing or
 * not ours is put in place when that shows, a shared connection that proves
 * dead is dropped, and the flight sent again. `board` must outlive the
 * session. SIGPIPE must be ignored. 0; -ENOTCONN, logged unless quiet: ssh cannot
 * be started; -EMSGSIZE.
 */
int session_open(const struct board *board, const struct session_options *options,
		 struct session **session);

/* Ends the ssh process, at once: what was not answered may not have arrived (but see
 * session_tell()). The board's runs go on. */
void session_close(struct session *session);
DEFINE_CLEANUP(struct session *, session_close);

/*
 * Queues a request, or bytes of a file in frames; what is queued is sent while
 * session_receive() waits, or by session_flush(). 0 or -EMSGSIZE.
 */
int session_send(struct session *session, const outpost_Request *request);
int session_send_blob_data(struct session *session, const void *data, size_t n);
/* 0 once all is with ssh; else as session_receive(). */
int session_flush(struct session *session);

/*
 * Sends a request that has no answer, at once; nothing is logged when it cannot.
 * session_close() then leaves ssh to end by itself, so that it still arrives.
 */
void session_tell(struct session *session, const outpost_Request *request);

/*
 * The next frame: 1 and *frame (valid until the next call; Welcome and Alive
 * are taken out); 0 after `timeout_ms` without one (-1: wait forever);
 * -EPIPE when the connection ended or never came about (session_why() says
 * more; not logged here); -EINTR while process_interrupted is set (set it to 0
 * to go on and cancel); -EBADMSG.
 */
int session_receive(struct session *session, int timeout_ms, struct frame *frame);

/* The same, but `patience_ms` counts from when it last got on: see session_stall_ms(). */
int session_await(struct session *session, int patience_ms, struct frame *frame);

/* For poll(): readable when there is something for session_receive(); -1: the connection has ended.
 */
int session_fd(const struct session *session);

/* Waits for Welcome (the first reply) where it has not come yet. 0; -ENOTCONN, logged unless quiet:
 * none will come; -EINTR. */
int session_welcome(struct session *session, const outpost_Welcome **welcome);

/* Likewise, where it is here; NULL where it has not come yet. */
const outpost_Welcome *session_welcomed(const struct session *session);

/* Milliseconds since anything at all (an Alive, too) came from the board. */
int session_silence_ms(const struct session *session);

/*
 * Milliseconds since it got on: since a request was queued, the board said
 * anything but Alive, or had taken in more of what we send. An answer that is long in coming by
 * this measure does not wait for a slow line.
 */
int session_stall_ms(const struct session *session);

/* Who works here, for the board to tell others: "user@host". */
void session_name_user(char *field, size_t size);

/* Why the connection ended, in words: "the host key changed", "sudo asks for a password", ... */
const char *session_why(const struct session *session);

/* What to do about it, or NULL. */
const char *session_hint(const struct session *session);

/* Switching its power would not help: the board is there and does not let us in, or it is this
 * machine's ssh that does not work. */
bool session_is_barred(const struct session *session);

/* Says that, with the board's name, and what to do. -ENOTCONN, whatever the reason: nobody can take
 * trouble on the way to a board for a word of the board's. */
int session_say(const struct session *session);

/*
 * The board refused what it was asked: logs its reason, returns -EREMOTEIO.
 * Its errno is the board's: here it could mean anything, so nobody is given it.
 */
int session_say_failure(const struct session *session, const outpost_Failure *failure);

/* Ends the shared master of this board, which a rebooted board leaves dead. */
void session_drop_master(const struct board *board);

/*
 * The start of an ssh command line, shared master and all; the caller adds
 * options, "--", the destination and the command. Without `options` ssh may
 * ask at the terminal. strv_free().
 */
char **session_ssh_argv(const struct board *board, const struct session_options *options);

#endif
