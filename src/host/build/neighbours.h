/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makefiles and sources reach outside their folder: "-I$(src)/../include", #include
 * "../../common/x.h", "../lib/list.o". Such files and folders, up to two levels up, appear at
 * the same place next to the copy: as links to the user's, or as copies if objects are built
 * in them.
 */
#ifndef OUTPOST_NEIGHBOURS_H
#define OUTPOST_NEIGHBOURS_H

#include <stdbool.h>
#include <stddef.h>

struct neighbour {
	int level;                /* how many folders up: 1 or 2 */
	bool is_copy, is_missing; /* a link if neither */
	char *name;
};

struct neighbours {
	struct neighbour *list;
	size_t n;
};

/* A folder and its copy. */
struct neighbours_of {
	const char *user;    /* the user's folder */
	const char *project; /* the project that it belongs to: only what is in that counts */
	int work;         /* descriptor of the folder that the copy is in, and what is beside it */
	const char *copy; /* the copy below that; the two folders above it are ours */
	const char *dir; /* has the list, `neighbours`, and the manifests of copies, `beside-...` */
	const char *stamp;        /* removed if a copy changes: see mirror.h */
	char ***left_out;         /* the files and folders outside the project are added here */
	struct mirror_size *size; /* what is in the copies is added here: see mirror.h */
};

/*
 * With `search`, searches the copy's files for references and writes the list; else only updates
 * existing copies, unless something that was missing exists now. Sets *changed if they changed.
 * 0 or -errno, logged.
 */
int neighbours_update(const struct neighbours_of *of, bool search, bool *changed);

/* Its place: `path` is the user's folder, or the copy below work/. */
char *neighbours_place(const struct neighbour *neighbour, const char *path)
	__attribute__((returns_nonnull));

/* The path of the list of a copy's sources in `dir`. */
char *neighbours_manifest(const struct neighbour *neighbour, const char *dir)
	__attribute__((returns_nonnull));

/* The last list, which is empty if there is none. */
void neighbours_read(const char *dir, struct neighbours *neighbours);
void neighbours_release(struct neighbours *neighbours);

/* Adds the user's files and folders that were found by the last search. */
void neighbours_list(const char *dir, const char *user, char ***paths);

/*
 * The user's file that `path`, below `work` and without "..", reaches through a link next to the
 * copy; NULL if it does not. The caller frees it.
 */
char *neighbours_resolve(const struct neighbours *neighbours, const char *user, const char *copy,
			 const char *path);

#endif
