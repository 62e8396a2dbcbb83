/* SPDX-License-Identifier: GPL-2.0-only */
/* Converts messages of proto/outpost.proto to and from frames. */
#ifndef OUTPOST_PROTO_H
#define OUTPOST_PROTO_H

#include "common/frame.h"
#include "outpost.pb.h"

#include <stdbool.h>

#define OUTPOST_PROTOCOL 1

#define HASH_SIZE 32 /* BLAKE2b-256 */

/* The agent's path on a board; the sudoers rule allows only its `serve`. */
#define AGENT_DIR  "/usr/local/lib/outpost"
#define AGENT_PATH AGENT_DIR "/outpost-agent"

/* The maximum size of a module or test program, in bytes. */
#define BLOB_MAX (256u << 20)

/* The largest window of zstd (its base-2 logarithm) with which a blob may be compressed. */
#define BLOB_WINDOW_LOG_MAX 28

/* Room for any message with its header. */
#define PROTO_BUFFER (8 * 1024)

/* Encodes `message` as a frame into `out`. Returns its length, or -EMSGSIZE. */
ssize_t proto_pack(enum frame_type type, const pb_msgdesc_t *fields, const void *message,
		   uint8_t out[PROTO_BUFFER]);

/*
 * Decodes a frame's payload. Strings in the result are NUL-terminated, and `*_count` and
 * `*.size` are within bounds. 0 or -EBADMSG.
 */
int proto_unpack(const struct frame *frame, const pb_msgdesc_t *fields, void *message);

/* Did the step fail or stop early, for any reason? */
static inline bool proto_step_failed(const outpost_StepEnd *end)
{
	return end->error || end->exit_status || end->signal || end->late || end->stuck ||
	       end->cancelled;
}

/* Copies text to a message's string field; truncates it to the field's size. */
#define proto_set(field, text) proto_copy((field), sizeof(field), (text))
void proto_copy(char *field, size_t size, const char *text);

#endif
