/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session: the user's own ssh, with the agent at the other end. All connections to a board
 * share one ControlMaster (ControlPath under path_runtime(), ControlPersist), so that later
 * sessions need no handshake.
 */
#ifndef OUTPOST_SESSION_H
#define OUTPOST_SESSION_H

#include "common/proto.h"
#include "host/board/board.h"

struct session;

/* What came of waiting for a session. Failures, such as -EINTR, are not outcomes, but -errno. */
enum session_outcome {
	SESSION_NOTHING, /* nothing yet */
	SESSION_FRAME,
	SESSION_ENDED, /* the connection ended or was never established; not logged: session_why() */
};

struct session_options {
	int timeout_ms; /* time limit to reach the board; 0: 15 s */
	bool fresh;     /* do not use a shared master, which may be dead without noticing */
	bool quiet;     /* do not log failures, because the caller retries */
	bool as_found;  /* talk to an agent of any build, and do not install ours: for AskStatus */
};

/*
 * Starts ssh and sends Hello; does not wait for an answer. Installs the agent if it turns out
 * to be missing or a different version, drops a shared connection that turns out to be dead,
 * and then sends everything again. `board` must outlive the session. SIGPIPE must be ignored.
 * 0; -ENOTCONN if ssh cannot be started, logged unless quiet; -EMSGSIZE.
 */
int session_open(const struct board *board, const struct session_options *options,
		 struct session **session);

/*
 * Ends the ssh process immediately: requests that were not answered may not have arrived (but
 * see session_tell()). The board's runs continue.
 */
void session_close(struct session *session);
DEFINE_CLEANUP(struct session *, session_close);

/*
 * Queues a request, or the bytes of a file in frames. session_receive() sends them while it
 * waits, session_flush() immediately. 0 or -EMSGSIZE.
 */
int session_send(struct session *session, const outpost_Request *request);
int session_send_blob_data(struct session *session, const void *data, size_t n);
/* 0 once ssh has everything, SESSION_ENDED, or -EINTR. */
int session_flush(struct session *session);

/*
 * Sends a request that has no answer immediately; failures are not logged. session_close()
 * then lets ssh finish, so that the request still arrives.
 */
void session_tell(struct session *session, const outpost_Request *request);

/*
 * Gets the next frame: SESSION_FRAME and *frame (valid until the next call; Welcome and Alive
 * are handled here); SESSION_NOTHING after `timeout_ms` without one (-1: wait forever);
 * SESSION_ENDED; or -EINTR while process_interrupted is set (set it to 0 to continue and
 * cancel).
 */
int session_receive(struct session *session, int timeout_ms, struct frame *frame);

/* The same, but `patience_ms` counts from the last progress: see session_stall_ms(). */
int session_await(struct session *session, int patience_ms, struct frame *frame);

/*
 * For poll(): readable when session_receive() has something to do; -1 once the connection has
 * ended.
 */
int session_fd(const struct session *session);

/*
 * Waits for Welcome, the first reply, if it has not arrived yet. 0; -ENOTCONN if it will not
 * arrive, logged unless quiet; -EINTR.
 */
int session_welcome(struct session *session, const outpost_Welcome **welcome);

/* Welcome if it has arrived, else NULL. */
const outpost_Welcome *session_welcomed(const struct session *session);

/* Milliseconds since anything, even an Alive, arrived from the board. */
int session_silence_ms(const struct session *session);

/*
 * Milliseconds since the last progress: a request was queued, the board sent anything but
 * Alive, or it received more of what we send. By this measure, an answer is late only if the
 * board, not the line, is slow.
 */
int session_stall_ms(const struct session *session);

/* The user of this host, "user@host", for the board to show to others. */
void session_name_user(char *field, size_t size);

/* Why the connection ended: "the host key changed", "sudo asks for a password", ... */
const char *session_why(const struct session *session);

/* A hint what to do about it, or NULL. */
const char *session_hint(const struct session *session);

/*
 * True if a power cycle would not help: the board answers but does not let us in, or ssh does
 * not work on this machine.
 */
bool session_is_barred(const struct session *session);

/*
 * Logs why the connection ended, with the board's name and the hint. Returns -ENOTCONN
 * whatever the reason, so that callers cannot confuse connection errors with errors from the
 * board.
 */
int session_say(const struct session *session);

/*
 * The board refused a request: logs its reason and returns -EREMOTEIO. The errno in `failure`
 * is the board's and could mean anything here, so it is not returned.
 */
int session_say_failure(const struct session *session, const outpost_Failure *failure);

/* Ends the shared master of this board; after a reboot of the board it is dead. */
void session_drop_master(const struct board *board);

/*
 * The start of an ssh command line, including the shared master; the caller adds options,
 * "--", the destination and the command. Without `options`, ssh may ask on the terminal.
 * strv_free() it.
 */
char **session_ssh_argv(const struct board *board, const struct session_options *options);

#endif
