/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A unit is one folder (or .ko) that is built as a whole. What it needs lives
 * below $XDG_CACHE_HOME/outpost/build/<hash>-<name>/<release>:
 *
 *	tree/up/<name>/         the copy that is built; what its makefiles and sources
 *	                        reach by "../x" and "../../x" stands beside it
 *	dkms/<package>/<version>/build/    the copy, where there is a dkms.conf; a link
 *	                        beside it, `source`, leads to it
 *	copy                    a link to the one of the two that there is
 *	compiler/               what stands before the compiler in PATH: ccache, under its name
 *	ccache.stats            what ccache did in the last build
 *	bin/uname               answers for the board, first in PATH for a MAKE of dkms.conf
 *	stripped/, test/        what is sent: modules without debug info, test programs
 *	build.log               all that make said, the last time it ran
 *	messages, error         what is worth reading of it; why there is no module
 *	toolchain               tools and tree that what is here was built with
 *	headers                 which there are, for ccache
 *	probes.mk, asked        what make reads first, and writes: see kbuild_probes.c
 *	stamp                   what the last good build was made with
 *	outside                 files beside the copy, and older, that were read
 *	compile_commands.json
 *	lock                    held (flock) by who builds
 *
 * make is given another name for a folder with obj-m: by way of the link
 * $XDG_CACHE_HOME/outpost/build/at/<release>/<first module> to the folder above.
 * So ccache, for which a file is what it is called, knows the same sources in
 * another folder again. While one is built the link is locked, and leads there.
 */
#ifndef OUTPOST_HOST_UNIT_H
#define OUTPOST_HOST_UNIT_H

#include "host/build/dkms.h"
#include "host/build/messages.h"
#include "host/module/module.h"
#include "host/build/sources.h"

#include <stdbool.h>

/*
 * What debug info calls the copy, on every host: this, and the name of its first
 * module. So the same sources give the same .ko wherever they are.
 */
#define UNIT_DEBUG_ROOT "/usr/src/outpost/"

/* In the copy: it is not kbuild that is called, but its own Makefile. It goes with what was made. */
#define UNIT_OWN_MAKEFILE ".own-makefile"
#define UNIT_HEADERS      "headers"

struct build_settings;

struct unit {
	struct source source;
	const struct kernel_tree *tree;
	char *dir;       /* the folder described above */
	char *copy;      /* in it */
	char *shown;     /* the user's folder, for messages */
	char *name;      /* its last component */
	char *link;      /* another name of `dir`, for kbuild; NULL: none */
	char *alias;     /* of the copy, by way of that; or NULL */
	char *dkms_tree; /* "dir"/dkms */
	char *debug_dir; /* UNIT_DEBUG_ROOT... */
	struct dkms_conf conf;
	char **provides; /* names by which others may want it: modules, folder, package */
	char **wants;    /* names of what must be built before */
	char **symvers;  /* Module.symvers of those */
	const struct build_settings *settings; /* or NULL */
	bool tests;                            /* test programs too */
	int jobs;
	int ms;      /* how long it took */
	char *error; /* why it cannot be built, one line; logged */
};

/* Where things are: see above. Nothing is made. `path` is the user's, absolute. */
char *unit_dir(const char *path, const char *release) __attribute__((returns_nonnull));
char *unit_file(const struct unit *unit, const char *name) __attribute__((returns_nonnull));

/* What the copy of the user's `path` reaches beside it; see neighbours_list(). */
void unit_neighbours(const char *path, const char *release, char ***files);

/* Fills in all but symvers, tests and jobs; takes `source` over. What cannot be used gets its
 * `error`. */
void unit_prepare(struct unit *unit, struct source *source, const struct kernel_tree *tree);
void unit_release(struct unit *unit);

/* Where a file really is that make names by the alias; the caller frees it. */
char *unit_real_path(const struct unit *unit, const char *path) __attribute__((returns_nonnull));

struct path_map unit_path_map(const struct unit *unit);

/*
 * Brings its folder up to date and runs make; with the lock held. 0, or a
 * negative number with the reason in *error, one line; says nothing but with -v.
 */
int unit_build(struct unit *unit, char **error);

/* The .ko files that are there after building, by path; for dkms.conf those that it names. */
char **unit_modules(const struct unit *unit);

/* Where the stripped one of such a .ko is. */
char *unit_stripped(const struct unit *unit, const char *ko) __attribute__((returns_nonnull));

/* Adds what was built, or what went wrong, to the list; with the lock held. */
void unit_collect(struct unit *unit, struct module_list *list);

#endif
