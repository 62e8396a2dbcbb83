/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a copy was made from: for each path "type mode mtime size inode path", a NUL,
 * what a link says, a NUL; then "end" and a NUL. Comparing with this and not with the copy lets a
 * build change the copy.
 */
#ifndef OUTPOST_INVENTORY_H
#define OUTPOST_INVENTORY_H

#include <stddef.h>

/* What one path in the copy was made from. */
struct inventory_entry {
	char *path; /* below the folder */
	char type;  /* f, d or l */
	unsigned int mode;
	long long mtime; /* nanoseconds */
	long long size;
	unsigned long long inode;
	char *link; /* what a link says; else "" */
};

struct inventory {
	struct inventory_entry *list;
	size_t n;
};

/* Adds copies of the strings; inventory_sort() before anything is looked for. */
void inventory_add(struct inventory *inventory, const struct inventory_entry *entry);
void inventory_sort(struct inventory *inventory);
struct inventory_entry *inventory_find(const struct inventory *sorted, const char *path);
void inventory_release(struct inventory *inventory);

/* One that cannot be read, or not to its end, is empty: that costs copying everything, no more. */
void inventory_read(struct inventory *inventory, const char *path);

/*
 * 0 or -errno. Not synced: after a power cut it may be torn, and then is read as
 * an empty one.
 */
int inventory_write(const struct inventory *inventory, const char *path);

#endif
