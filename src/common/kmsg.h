/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One record of /dev/kmsg, as returned by one read(2). The format is described in Linux
 * Documentation/ABI/testing/dev-kmsg:
 *
 *	6,339,5140900,-;NET: Registered protocol family 10
 *	 SUBSYSTEM=net
 *
 * priority (facility * 8 + level), sequence number, microseconds since boot, flags, possibly more
 * fields; the text, with unprintable bytes written as \xNN; then lines of KEY=value, which are
 * skipped.
 */
#ifndef OUTPOST_KMSG_H
#define OUTPOST_KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kmsg_record {
	int level;    /* 0 emergency .. 7 debug */
	int facility; /* 0: the kernel; otherwise user space wrote to /dev/kmsg */
	uint64_t seq;
	uint64_t usec;
	bool continuation; /* a fragment of a line (flags c, +) */
	const char *text; /* in the caller's text_buf, NUL-terminated; may hold NULs and newlines */
	size_t len;
};

/*
 * Parses `n` bytes. Truncates text longer than text_size - 1. 0, or -EBADMSG if it is not a
 * record; `out` is then undefined.
 */
int kmsg_parse(const char *buf, size_t n, struct kmsg_record *out, char *text_buf,
	       size_t text_size);

#endif
