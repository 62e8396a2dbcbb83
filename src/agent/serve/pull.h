/* SPDX-License-Identifier: GPL-2.0-only */
/* Sends a compressed archive to the host: tar (ustar), then gzip, then BLOB frames. */
#ifndef OUTPOST_AGENT_PULL_H
#define OUTPOST_AGENT_PULL_H

#include "agent/serve/serve.h"

#include <limits.h>
#include <zlib.h>

#define PULL_PATH_MAX 512

struct roots; /* in pull_tree.c */

/* Parts of a module that are sent as they are; the rest becomes zeroes. */
struct pull_kept {
	struct {
		uint64_t from, to;
	} ranges[32];
	size_t n;
};

struct pull {
	struct serve *serve;
	z_stream packer;
	uint8_t out[FRAME_MAX]; /* the frame being filled */
	size_t used;            /* bytes used in out */
	uint32_t every, seen;   /* send only every such file; files seen so far */
	uint32_t files;
	uint64_t bytes;
	char at[PULL_PATH_MAX]; /* the path that failed */
	bool symbols_only;      /* send only the symbols of a module, and zeroes for the rest */
	struct pull_kept kept;  /* of the module being sent */
	struct roots *roots;    /* gets each symbolic link; NULL: links are left out */
	/* What to send of a folder; `below` is the path relative to it, `name` its last part. */
	bool (*wants_folder)(const char *below);
	bool (*wants_file)(const char *below, const char *name);
};

/* All return 0 or -errno, with the path that failed in `at`. -EPIPE: the host is gone. */
int pull_begin(struct pull *pull, struct serve *serve, uint32_t every);
int pull_file(struct pull *pull, const char *path, const char *name);
int pull_folder(struct pull *pull, const char *root);
/* Sends the lines of a text in /proc that `take` accepts; it may shorten them. */
int pull_lines(struct pull *pull, const char *path, const char *name, bool (*take)(char *line));
/* Ends the archive if r is 0, and frees the packer. Returns r, or the error of doing so. */
int pull_end(struct pull *pull, int r);

/* pull_symbols.c: decides which parts of this file of `size` bytes are kept. */
void pull_symbols_look(struct pull_kept *kept, int fd, uint64_t size);
/* Reads n bytes at offset `at`, with zeroes for what is not kept. n, or -1 with errno. */
ssize_t pull_symbols_read(const struct pull_kept *kept, int fd, uint8_t *buffer, size_t n,
			  uint64_t at);

/*
 * pull_tree.c: sends what modules for the running kernel are built against. build: the real
 * path of the folder for make -C.
 */
int pull_tree(struct pull *pull, char build[PATH_MAX]);

/* The real path of /lib/modules/RELEASE/NAME. 0 or -errno. */
int pull_find(struct pull *pull, const char *name, char real[PATH_MAX]);

/* Notes a symbolic link of the tree at `path`. 0 or -E2BIG. */
int pull_note_link(struct roots *roots, const char *path);
/* Is this a folder that is sent separately? A name must not be in the archive twice. */
bool pull_is_root(const struct roots *roots, const char *path);

#endif
