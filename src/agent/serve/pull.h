/* SPDX-License-Identifier: GPL-2.0-only */
/* A packed archive on its way to the host: tar (ustar), then gzip, then BLOB frames. */
#ifndef OUTPOST_AGENT_PULL_H
#define OUTPOST_AGENT_PULL_H

#include "agent/serve/serve.h"

#include <limits.h>
#include <zlib.h>

#define PULL_PATH_MAX 512

struct roots; /* pull_tree.c's */

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
	size_t used;            /* of it */
	uint32_t every, seen;   /* only each such file; seen so far */
	uint32_t files;
	uint64_t bytes;
	char at[PULL_PATH_MAX]; /* where it went wrong */
	bool symbols_only;      /* of a module what tells of symbols; the rest is zeroes */
	struct pull_kept kept;  /* of the one that is being sent */
	struct roots *roots;    /* told of each symbolic link; NULL: links are left out */
	/* What is taken of a folder; `below` it is the path, `name` its last part. */
	bool (*wants_folder)(const char *below);
	bool (*wants_file)(const char *below, const char *name);
};

/* All give 0 or -errno; *at says with which file. A host that is gone is -EPIPE. */
int pull_begin(struct pull *pull, struct serve *serve, uint32_t every);
int pull_file(struct pull *pull, const char *path, const char *name);
int pull_folder(struct pull *pull, const char *root);
/* Of a text of /proc the lines that `take` wants; it may make them shorter. */
int pull_lines(struct pull *pull, const char *path, const char *name, bool (*take)(char *line));
/* Ends the archive where r is 0, and frees. r, or what went wrong now. */
int pull_end(struct pull *pull, int r);

/* pull_symbols.c: decides which parts of this file, which is `size` bytes long, are kept. */
void pull_symbols_look(struct pull_kept *kept, int fd, uint64_t size);
/* Reads n bytes from there, with zeroes for what is not kept: n, or -1 with errno. */
ssize_t pull_symbols_read(const struct pull_kept *kept, int fd, uint8_t *buffer, size_t n,
			  uint64_t at);

/*
 * pull_tree.c: what modules of the running kernel are built against. *build: the real path of the
 * folder for make -C.
 */
int pull_tree(struct pull *pull, char build[PATH_MAX]);

/* The real path of /lib/modules/RELEASE/NAME. */
int pull_find(struct pull *pull, const char *name, char real[PATH_MAX]);

/* A symbolic link of the tree at `path`. 0, or -E2BIG. */
int pull_note_link(struct roots *roots, const char *path);
/* Is it a folder that is sent by itself? A name must not be in the archive twice. */
bool pull_is_root(const struct roots *roots, const char *path);

#endif
