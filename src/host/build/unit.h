/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A unit is one folder (or .ko) that is built as a whole. Its files are in
 * $XDG_CACHE_HOME/outpost/build/<hash>-<name>/<release>:
 *
 *	tree/up/<name>/         the copy that is built; files that its makefiles and sources
 *	                        reach by "../x" and "../../x" are next to it
 *	dkms/<package>/<version>/build/    the copy, if there is a dkms.conf; a link next to it,
 *	                        `source`, leads to it
 *	copy                    link to the copy in use
 *	compiler/               first in PATH for the compiler: ccache or a wrapper, under its name
 *	ccache.stats            ccache's counts of the last build
 *	bin/uname               answers as the board would; first in PATH for a MAKE of dkms.conf
 *	stripped/, test/        what is sent: modules without debug info, test programs
 *	build.log               output of the last make
 *	messages, error         the errors and warnings in it; why there is no module
 *	toolchain               tools and tree of the last build
 *	headers                 list of headers, for ccache
 *	probes.mk, asked        makefile that make reads first, and what it writes: see
 *	                        kbuild_probes.c
 *	stamp                   what the last successful build was made from
 *	outside                 files outside the copy that the last make read
 *	compile_commands.json
 *	lock                    held (flock) during the build
 *
 * For a folder with obj-m, make gets another name of the unit's folder: the link
 * $XDG_CACHE_HOME/outpost/build/at/<release>/<first module>. ccache identifies files by their
 * path, so this lets it recognise the same sources in another folder. During the build the link
 * is locked, and leads to this unit.
 */
#ifndef OUTPOST_HOST_UNIT_H
#define OUTPOST_HOST_UNIT_H

#include "host/build/dkms.h"
#include "host/build/messages.h"
#include "host/module/module.h"
#include "host/build/sources.h"

#include <stdbool.h>

/*
 * The name of the copy in debug info, on every host: this, followed by the name of its first
 * module. So the same sources give the same .ko everywhere.
 */
#define UNIT_DEBUG_ROOT "/usr/src/outpost/"

/*
 * In the copy: marks that its own Makefile is called instead of kbuild. Removed with other
 * products.
 */
#define UNIT_OWN_MAKEFILE ".own-makefile"
#define UNIT_HEADERS      "headers"

struct build_settings;

struct unit {
	struct source source;
	const struct kernel_tree *tree;
	char *dir;       /* the folder described above */
	char *copy;      /* the copy in it */
	char *shown;     /* the user's folder, for messages */
	char *name;      /* last component of the user's folder */
	char *link;      /* another name of `dir`, for kbuild, or NULL */
	char *alias;     /* another name of the copy, through `link`, or NULL */
	char *dkms_tree; /* "dir"/dkms */
	char *debug_dir; /* UNIT_DEBUG_ROOT... */
	struct dkms_conf conf;
	char **provides; /* names that others may depend on: modules, folder, package */
	char **wants;    /* names of dependencies */
	char **symvers;  /* Module.symvers of the dependencies */
	const struct build_settings *settings; /* or NULL */
	bool tests;                            /* build test programs, too */
	int jobs;
	int ms;      /* duration of the build */
	char *error; /* why it cannot be built, one line, logged */
};

/* Paths as described above; nothing is created. `path` is the user's, absolute. */
char *unit_dir(const char *path, const char *release) __attribute__((returns_nonnull));
char *unit_file(const struct unit *unit, const char *name) __attribute__((returns_nonnull));

/* The files that the copy of the user's `path` reaches outside: see neighbours_list(). */
void unit_neighbours(const char *path, const char *release, char ***files);

/*
 * Initialises all but symvers, tests and jobs. Takes ownership of `source`. If the unit cannot
 * be built, sets its `error`.
 */
void unit_prepare(struct unit *unit, struct source *source, const struct kernel_tree *tree);
void unit_release(struct unit *unit);

/* The real path of a file that make names by the alias; the caller frees it. */
char *unit_real_path(const struct unit *unit, const char *path) __attribute__((returns_nonnull));

struct path_map unit_path_map(const struct unit *unit);

/*
 * Updates its folder and runs make; call with the lock held. Logs nothing except with -v. 0,
 * or a negative number with the reason (one line) in *error.
 */
int unit_build(struct unit *unit, char **error);

/* The .ko files after a build, as paths; with dkms.conf, those that it lists. */
char **unit_modules(const struct unit *unit);

/* The path of the stripped version of such a .ko; the caller frees it. */
char *unit_stripped(const struct unit *unit, const char *ko) __attribute__((returns_nonnull));

/* Adds the modules, or the error, to the list; call with the lock held. */
void unit_collect(struct unit *unit, struct module_list *list);

#endif
