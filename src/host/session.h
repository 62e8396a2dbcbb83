/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session: the user's own ssh, with the agent at its other end. Connections
 * share one ControlMaster per board (ControlPath under path_runtime(),
 * ControlPersist), so that a warm session costs no handshake.
 */
#ifndef OUTPOST_SESSION_H
#define OUTPOST_SESSION_H

#include "common/proto.h"
#include "host/board.h"

struct session;

struct session_options {
	int timeout_ms;	 /* to reach the board; 0: 15 s */
	bool fresh;	 /* not through a shared master: it may be dead without knowing */
	bool quiet;	 /* failures are not said: the caller tries again */
};

/*
 * Starts ssh, sends Hello, and waits for nothing. An agent that is missing or
 * not ours is put in place when that shows, and the flight sent again.
 * 0 or -errno, said.
 */
int session_open(const struct board *board, const struct session_options *options,
		 struct session **session);

/* Ends the ssh process; the board's runs go on without it. */
void session_close(struct session *session);
DEFINE_CLEANUP(struct session *, session_close);

/* Queues a request; what is queued is sent while session_receive() waits, or by session_flush(). */
int session_send(struct session *session, const outpost_Request *request);
int session_send_blob_data(struct session *session, const void *data, size_t n);
int session_flush(struct session *session);

/*
 * The next frame: 1 and *frame (valid until the next call; Alive replies are
 * taken out); 0 after `timeout_ms` without one (-1: wait for ever);
 * -EPIPE when the connection ended (session_why() says more; not said here);
 * -EINTR when the user interrupts; -EBADMSG.
 */
int session_receive(struct session *session, int timeout_ms, struct frame *frame);

/* Waits for Welcome (the first reply) where it has not come yet. 0 or -errno, said unless quiet. */
int session_welcome(struct session *session, const outpost_Welcome **welcome);

/* Milliseconds since anything at all (an Alive, too) came from the board. */
int session_silence_ms(const struct session *session);

/* Why the connection ended, in words and with what to do: "host key changed", "sudo asks for a password", ... */
const char *session_why(const struct session *session);

/* Ends the shared master of this board, which a rebooted board leaves dead. */
void session_drop_master(const struct board *board);

/* The ssh command line up to the destination, for `shell` and the installer; strv_free(). */
char **session_ssh_argv(const struct board *board, const struct session_options *options);

#endif
