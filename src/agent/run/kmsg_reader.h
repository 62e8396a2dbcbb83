/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/kmsg: each read(2) returns one record with its sequence number. EPIPE means that
 * records were overwritten before they were read, never the end.
 */
#ifndef OUTPOST_AGENT_KMSG_READER_H
#define OUTPOST_AGENT_KMSG_READER_H

#include "common/kmsg.h"

#include <stdbool.h>
#include <stdint.h>

struct kmsg_reader {
	int fd;
	uint64_t next;  /* sequence number that the next record should have; 0: unknown */
	char raw[8192]; /* over PRINTK_MESSAGE_MAX: escapes make a record longer than its text */
	char text[2048];
};

/* Opens the log at its oldest record, or after its newest. 0 or -errno. */
int kmsg_reader_open(struct kmsg_reader *reader, bool from_start);
void kmsg_reader_close(struct kmsg_reader *reader);

/*
 * Reads the next record. Returns 1 with *record (its text belongs to the reader) and in *lost
 * how many are missing before it; 0 if there is none now; or -errno.
 */
int kmsg_reader_next(struct kmsg_reader *reader, struct kmsg_record *record, uint64_t *lost);

#endif
