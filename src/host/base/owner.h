/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may have written a file. Only the user and root are trusted. */
#ifndef OUTPOST_OWNER_H
#define OUTPOST_OWNER_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Does it belong to the user or root, and can nobody else write to it? A group may, if it is
 * the owner's own: it has his name, and no other member.
 */
bool owner_is_trusted(const struct stat *st);

/* The same for a folder or file; a link is not followed. False if it does not exist. */
bool owner_is_trusted_at(const char *path);

/* What is wrong with it, as part of a message: "it belongs to another user (mallory)". */
char *owner_problem(const struct stat *st) __attribute__((returns_nonnull));

#endif
