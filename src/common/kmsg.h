/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One record of /dev/kmsg, as one read(2) of it returns. The format is that of
 * Linux Documentation/ABI/testing/dev-kmsg:
 *
 *	6,339,5140900,-;NET: Registered protocol family 10
 *	 SUBSYSTEM=net
 *
 * priority (facility * 8 + level), sequence number, microseconds since boot,
 * flags, possibly more fields; the text, with bytes that are not printable
 * written as \xNN; then lines of KEY=value, which are skipped here.
 */
#ifndef OUTPOST_KMSG_H
#define OUTPOST_KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kmsg_record {
	int level;    /* 0 emergency .. 7 debug */
	int facility; /* 0: the kernel; otherwise somebody wrote to /dev/kmsg */
	uint64_t seq;
	uint64_t usec;
	bool continuation; /* a fragment of a line (flags c, +) */
	const char *text; /* in the caller's text_buf, NUL-terminated; may hold NULs and newlines */
	size_t len;
};

/*
 * Parses `n` bytes. Text longer than text_size - 1 is cut. 0, or -EBADMSG when
 * it is not a record; `out` is then unspecified.
 */
int kmsg_parse(const char *buf, size_t n, struct kmsg_record *out, char *text_buf,
	       size_t text_size);

#endif
