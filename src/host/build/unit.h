/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A unit is one folder (or .ko) that is built as a whole. Its files are in
 * $XDG_CACHE_HOME/outpost/build/<hash>-<name>/<name of the kernel tree>:
 *
 *	work/                   all that a build may write. Its files are what a Makefile made of
 *	                        them: the host uses them only through common/beneath.h
 *	  tree/up/<name>/       the copy that is built; files that its makefiles and sources
 *	                        reach by "../x" and "../../x" are next to it
 *	  dkms/<package>/<version>/build/    the copy, if there is a dkms.conf; a link next to it,
 *	                        `source`, leads to it
 *	  asked                 what makefiles asked the tools: see kbuild_probes.c
 *	  ccache/, ccache.stats in the container: its ccache; counts of the last build
 *	  stripped/, test/      modules without debug info, test programs, as they are made
 *	given/                  what a build reads besides its copy and the kernel tree
 *	  compiler/             first in PATH for the compiler: ccache or a wrapper, under its name
 *	  bin/uname             answers as the board would; first in PATH for a MAKE of dkms.conf
 *	  symvers/<hash>/       Module.symvers of each dependency
 *	  headers               list of headers, for ccache
 *	  probes.mk, answers-*  makefiles that make reads first: see kbuild_probes.c
 *	made/                   the modules as built, copied out of work/
 *	stripped/, test/        what is sent: modules without debug info, test programs
 *	copy                    link to the copy in use
 *	manifest, beside-*      what the copy, and those next to it, were made from
 *	neighbours              what is next to the copy: see neighbours.h
 *	patched                 the patches of dkms.conf were applied
 *	build.log               output of the last make
 *	messages, error         the errors and warnings in it; why there is no module
 *	toolchain               tools and tree of the last build
 *	stamp                   what the last successful build was made from
 *	outside                 files outside the copy that the last make read
 *	around                  files beside the folder that it could read: see around.h
 *	compile_commands.json
 *	lock                    held (flock) during the build
 *
 * For a folder with obj-m, make gets another name of the unit's folder: the link
 * $XDG_CACHE_HOME/outpost/build/at/<tree>/<first module>. ccache identifies files by their
 * path, so this lets it recognise the same sources in another folder. During the build the link
 * is locked, and leads to work/.
 */
#ifndef OUTPOST_HOST_UNIT_H
#define OUTPOST_HOST_UNIT_H

#include "host/build/dkms.h"
#include "host/build/messages.h"
#include "host/module/module.h"
#include "host/build/sources.h"

#include <stdbool.h>
#include <sys/stat.h>

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

struct build_settings;
struct process_options;

struct unit {
	struct source source;
	const struct kernel_tree *tree;
	char *dir;       /* the folder described above */
	char *work;      /* "dir"/work */
	char *copy;      /* the copy in that */
	char *project;   /* see project_root() */
	char *shown;     /* the user's folder, for messages */
	char *name;      /* last component of the user's folder */
	char *link;      /* another name of `work`, for kbuild, or NULL */
	char *alias;     /* another name of the copy, through `link`, or NULL */
	char *dkms_tree; /* "work"/dkms */
	char *debug_dir; /* UNIT_DEBUG_ROOT... */
	struct dkms_conf conf;
	char **provides; /* names that others may depend on: modules, folder, package */
	char **wants;    /* names of dependencies */
	char **symvers;  /* copies of the Module.symvers of the dependencies */
	const struct build_settings *settings; /* or NULL */
	bool tests;                            /* build test programs, too */
	int jobs;
	int ms;      /* duration of the build */
	char *error; /* why it cannot be built, one line, logged */
};

/* Paths as described above; nothing is created. `path` is the user's, absolute. */
char *unit_dir(const char *path, const char *tree) __attribute__((returns_nonnull));
char *unit_file(const struct unit *unit, const char *name) __attribute__((returns_nonnull));
char *unit_given(const struct unit *unit, const char *name) __attribute__((returns_nonnull));
char *unit_in_work(const struct unit *unit, const char *name) __attribute__((returns_nonnull));

/* Descriptors of work/ and of the copy, for common/beneath.h; -errno, not logged. */
int unit_open_work(const struct unit *unit);
int unit_open_copy(const struct unit *unit);

/* The part of a path below work/, such as the copy. */
const char *unit_below_work(const struct unit *unit, const char *path) __attribute__((pure));

/* The files that the copy of the user's `path` reaches outside: see neighbours_list(). */
void unit_neighbours(const char *path, const char *tree, char ***files);

/*
 * Initialises all but symvers, tests and jobs. Takes ownership of `source`. If the unit cannot
 * be built, sets its `error`.
 */
void unit_prepare(struct unit *unit, struct source *source, const struct kernel_tree *tree);
void unit_release(struct unit *unit);

/*
 * Copies the Module.symvers of a unit that was built, if it has one, to where a build of this one
 * can read it, and adds that to `symvers`. 0 or -errno, logged.
 */
int unit_add_symvers(struct unit *unit, const struct unit *other);

struct path_map unit_path_map(const struct unit *unit);

/*
 * Updates its folder and runs make; call with the lock held. Logs nothing except with -v. 0,
 * or a negative number with the reason (one line) in *error.
 */
int unit_build(struct unit *unit, char **error);

/* Is this -errno trouble of the machine, such as a full disk, and not of the unit? */
bool unit_is_trouble(int r) __attribute__((const));

/*
 * As buildenv_run() for the unit's tree. In the container, commands see work/, given/, the kernel
 * tree and the unit's project, and may write only to the first. unit_enter() starts it; 0 or
 * -errno, logged.
 */
int unit_run(const struct unit *unit, char *const *argv, const struct process_options *options);
int unit_enter(const struct unit *unit);

/*
 * The .ko files after a build, as names in the copy; with dkms.conf, those that it lists. A given
 * .ko as its path.
 */
char **unit_modules(const struct unit *unit);

/* What such a .ko is; -errno if there is none, or no regular file of that name. */
int unit_stat_module(const struct unit *unit, const char *ko, struct stat *st);

/* The path of a copy of such a .ko, and of its stripped version; the caller frees it. */
char *unit_made(const struct unit *unit, const char *ko) __attribute__((returns_nonnull));
char *unit_stripped(const struct unit *unit, const char *ko) __attribute__((returns_nonnull));

/* Adds the modules, or the error, to the list; call with the lock held. */
void unit_collect(struct unit *unit, struct module_list *list);

#endif
