/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames: the format of the conversation between host and agent, and of journals.
 *
 *	0  1  magic, 0xf5 (never part of UTF-8 text)
 *	1  1  type
 *	2  2  0
 *	4  4  length of the payload, little-endian, at most FRAME_MAX
 *	8  4  the first four bytes of the payload's BLAKE2s-128
 *	12    payload
 *
 * The checksum detects incomplete writes and text that a login shell mixed in; SSH authenticates
 * the other end.
 */
#ifndef OUTPOST_FRAME_H
#define OUTPOST_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum frame_type {
	FRAME_REQUEST = 'Q',
	FRAME_BLOB = 'B',
	FRAME_REPLY = 'R',
	FRAME_ENTRY = 'E',
};

#define FRAME_HEADER 12
#define FRAME_MAX    (64 * 1024)

struct frame {
	enum frame_type type;
	const uint8_t *payload; /* within the bytes that were parsed */
	size_t length;
	size_t total; /* with the header */
};

/* Writes the header of a frame with this payload; n <= FRAME_MAX. */
void frame_header(uint8_t header[FRAME_HEADER], enum frame_type type, const void *payload,
		  size_t n);

/*
 * Parses the frame at the start of `data`. 1 and *frame; 0 if more bytes are needed; -EBADMSG
 * if these bytes cannot be a frame.
 */
int frame_parse(const uint8_t *data, size_t n, struct frame *frame);

#endif
