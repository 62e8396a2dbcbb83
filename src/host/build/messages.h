/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the compiler, the linker and modpost have to say, taken out of make's
 * output, with the paths of the copy that was built turned back into the
 * user's. Formats: GCC and Clang ("file:line:col: error: ...", then lines with
 * "12 | code" and carets), GNU make ("file:line: *** ..."), GNU ld, and
 * "ERROR: modpost: ..." of the kernel's scripts/mod/modpost.c.
 */
#ifndef OUTPOST_MESSAGES_H
#define OUTPOST_MESSAGES_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* The same folder under its names. */
struct path_map {
	const char *copy;  /* where it was built, absolute */
	const char *alias; /* another name of that (by way of a link), or NULL */
	const char *user;  /* the user's folder, absolute */
	const char *shown; /* how that is shown: see path_shown() */
};

struct messages {
	struct strbuf text; /* errors and warnings with their context, for people */
	size_t errors, warnings;
	char *first_error; /* one line, or NULL */
};

/* clang-format off */
#define MESSAGES_INIT { .text = STRBUF_INIT }
/* clang-format on */

void messages_release(struct messages *messages);

/* Takes out what is worth reading. With `failed` and nothing recognised, it is the end of the
 * output. */
void messages_read(struct messages *messages, const struct path_map *map, const char *output,
		   bool failed);

/*
 * Appends `text` with each path in the copy replaced by the user's, where the
 * user has such a file; what the build made keeps its path. The user's own
 * become as they are shown.
 */
void path_map_text(const struct path_map *map, const char *text, size_t n, struct strbuf *out);

/* An absolute path, relative to the current folder when it is below that ("." when it is that). */
char *path_shown(const char *path);

#endif
