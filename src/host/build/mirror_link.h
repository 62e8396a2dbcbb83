/* SPDX-License-Identifier: GPL-2.0-only */
/* A link in a copy of a folder. */
#ifndef OUTPOST_MIRROR_LINK_H
#define OUTPOST_MIRROR_LINK_H

/*
 * The target that the link `from`, which is at `rel` below the folder `dir`, gets in the copy:
 * unchanged if it is relative and stays within the folder, or leads nowhere; relative to the same
 * place in the copy if it comes back to the folder from outside; NULL if it leads out. The caller
 * frees it.
 */
char *mirror_link(const char *dir, const char *from, const char *rel);

#endif
