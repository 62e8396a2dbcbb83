/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Merges the files that pstore keeps across a reboot into one text.
 *
 * Formats: Linux fs/pstore/platform.c (a dump is written in parts, newest lines first, each
 * with a header "Panic#1 Part1"), fs/pstore/inode.c (names: type, backend, id, ".enc.z" if the
 * kernel could not unpack a record), fs/pstore/ram.c and fs/pstore/zone.c (console logs; a
 * line about error correction after a record), and systemd-pstore.service(8), which moves the
 * files to /var/lib/systemd/pstore and also joins the parts of a dump in a file dmesg.txt.
 */
#ifndef OUTPOST_PSTORE_H
#define OUTPOST_PSTORE_H

#include "common/strbuf.h"

#include <stddef.h>

struct pstore_file {
	const char *name; /* may include folders */
	const char *data;
	size_t size;
};

/*
 * Appends the kernel log in these files: first the consoles, then the dumps in the order in
 * which they were made, with the parts of each in chronological order. Leaves out headers,
 * text from user space (pmsg) and binary records. Every line ends with a newline. Duplicate
 * lines remain: each dump repeats the end of the log.
 *
 * Returns how many files hold compressed records that cannot be unpacked.
 */
unsigned int pstore_text(const struct pstore_file *files, size_t n, struct strbuf *out);

#endif
