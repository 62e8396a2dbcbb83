/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sources that a copy was made from. File format: for each path "type mode mtime ctime
 * size inode path", NUL, the target if it is a link, NUL; then "end", NUL. The sources are compared
 * with this list instead of the copy, because a build may change the copy.
 */
#ifndef OUTPOST_INVENTORY_H
#define OUTPOST_INVENTORY_H

#include <stddef.h>

/* The source of one path in the copy. */
struct inventory_entry {
	char *path; /* relative to the folder */
	char type;  /* f, d or l */
	unsigned int mode;
	long long mtime, ctime; /* nanoseconds */
	long long size;
	unsigned long long inode;
	char *link; /* target of a link; else "" */
};

struct inventory {
	struct inventory_entry *list;
	size_t n;
};

/* Adds a copy of the entry. Call inventory_sort() before inventory_find(). */
void inventory_add(struct inventory *inventory, const struct inventory_entry *entry);
void inventory_sort(struct inventory *inventory);
struct inventory_entry *inventory_find(const struct inventory *sorted, const char *path);
void inventory_release(struct inventory *inventory);

/*
 * Reads the list; empty if it cannot be read or is truncated, which only means that everything
 * is copied again.
 */
void inventory_read(struct inventory *inventory, const char *path);

/*
 * Writes the list. 0 or -errno. Not synced: after a power cut the file may be truncated, and
 * is then read as empty.
 */
int inventory_write(const struct inventory *inventory, const char *path);

#endif
