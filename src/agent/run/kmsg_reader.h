/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/kmsg: one record a read(2), each with its sequence number. EPIPE means
 * that records were overwritten before they were read, never the end.
 */
#ifndef OUTPOST_AGENT_KMSG_READER_H
#define OUTPOST_AGENT_KMSG_READER_H

#include "common/kmsg.h"

#include <stdbool.h>
#include <stdint.h>

struct kmsg_reader {
	int fd;
	uint64_t next;  /* sequence number that the next record should have; 0: not known yet */
	char raw[8192]; /* PRINTK_MESSAGE_MAX and more: escapes make a record longer than its text
			 */
	char text[2048];
};

/* Opens it at its oldest record, or behind its newest one. 0 or -errno. */
int kmsg_reader_open(struct kmsg_reader *reader, bool from_start);
void kmsg_reader_close(struct kmsg_reader *reader);

/*
 * The next record: 1 and *record (its text is the reader's), *lost how many
 * are missing before it; 0 when there is none now; or -errno.
 */
int kmsg_reader_next(struct kmsg_reader *reader, struct kmsg_record *record, uint64_t *lost);

#endif
