/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that pstore keeps over a reboot, made into one text.
 *
 * Formats: Linux fs/pstore/platform.c (a dump is written in parts, the newest
 * lines first, each headed "Panic#1 Part1"), fs/pstore/inode.c (names: type,
 * backend, id, ".enc.z" where the kernel could not unpack a record),
 * fs/pstore/ram.c and fs/pstore/zone.c (console logs; a line about the error
 * correction behind a record), and
 * systemd-pstore.service(8), which moves the files to /var/lib/systemd/pstore
 * and puts the parts of one dump into a file dmesg.txt as well.
 */
#ifndef OUTPOST_PSTORE_H
#define OUTPOST_PSTORE_H

#include "common/strbuf.h"

#include <stddef.h>

struct pstore_file {
	const char *name; /* folders may stand before it */
	const char *data;
	size_t size;
};

/*
 * Appends the kernel log in those files: consoles first, then the dumps in the
 * order they were made, the parts of each in the order of time. Headers are
 * left out, and so are what user space wrote (pmsg) and binary records. Every
 * line ends with a newline. What lines are there twice (each dump tells the
 * end of the log again) stay so.
 *
 * Returns how many files hold compressed records that cannot be unpacked.
 */
unsigned int pstore_text(const struct pstore_file *files, size_t n, struct strbuf *out);

#endif
