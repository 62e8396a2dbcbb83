/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extracts messages of the compiler, the linker and modpost from make's output, and replaces
 * paths of the copy by the user's. Formats: GCC and Clang ("file:line:col: error: ...", then
 * lines with "12 | code" and carets), GNU make ("file:line: *** ..."), GNU ld, and "ERROR:
 * modpost: ..." of the kernel's scripts/mod/modpost.c.
 */
#ifndef OUTPOST_MESSAGES_H
#define OUTPOST_MESSAGES_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* The names of a folder and its copy. */
struct path_map {
	const char *copy;  /* the copy that was built, absolute */
	const char *alias; /* another name of the copy (through a link), or NULL */
	const char *user;  /* the user's folder, absolute */
	const char *shown; /* the user's folder in messages: see path_shown() */
};

struct messages {
	struct strbuf text; /* errors and warnings with their context */
	size_t errors, warnings;
	char *first_error; /* one line, or NULL */
};

/* clang-format off */
#define MESSAGES_INIT { .text = STRBUF_INIT }
/* clang-format on */

void messages_release(struct messages *messages);

/* Extracts errors and warnings. If `failed` and none is found, takes the end of the output. */
void messages_read(struct messages *messages, const struct path_map *map, const char *output,
		   bool failed);

/*
 * Appends `text` with each path in the copy replaced by the user's, if the user has that file;
 * files that the build made keep their path. The user's own paths are shown as by
 * path_shown().
 */
void path_map_text(const struct path_map *map, const char *text, size_t n, struct strbuf *out);

/*
 * Makes an absolute path relative if it is below the current folder ("." for that folder). The
 * caller frees it.
 */
char *path_shown(const char *path);

#endif
