/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of proto/outpost.proto in and out of frames. */
#ifndef OUTPOST_PROTO_H
#define OUTPOST_PROTO_H

#include "common/frame.h"
#include "outpost.pb.h"

#define OUTPOST_PROTOCOL 1

#define HASH_SIZE 32 /* BLAKE2b-256 */

/* Where the agent lives on a board; the sudoers rule names this path only. */
#define AGENT_DIR  "/usr/local/lib/outpost"
#define AGENT_PATH AGENT_DIR "/outpost-agent"

/* Room for any message of ours with its header. */
#define PROTO_BUFFER (8 * 1024)

/* Encodes `message` as a frame into `out`; its length, or -EMSGSIZE. */
ssize_t proto_pack(enum frame_type type, const pb_msgdesc_t *fields, const void *message,
		   uint8_t out[PROTO_BUFFER]);

/*
 * Decodes a frame's payload; strings in the result are ended by NUL and
 * `*_count`, `*.size` are within bounds. 0 or -EBADMSG.
 */
int proto_unpack(const struct frame *frame, const pb_msgdesc_t *fields, void *message);

/* Copies text into a message's string field, cut at its size. */
#define proto_set(field, text) proto_copy((field), sizeof(field), (text))
void proto_copy(char *field, size_t size, const char *text);

#endif
