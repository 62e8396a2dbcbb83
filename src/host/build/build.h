/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds modules out of tree. Sources are copied (only what changed) to
 * $XDG_CACHE_HOME/outpost/build/<hash of path>/<kernel tree> and built there, so that the user's
 * folder is never written to.
 */
#ifndef OUTPOST_BUILD_H
#define OUTPOST_BUILD_H

#include "common/options.h"
#include "host/kernel/kernel.h"
#include "host/module/module.h"

/* Settings for all builds. */
struct build_settings {
	bool no_ccache;
	bool sparse, w1;
	bool clang;             /* instead of the compiler that built the kernel */
	char *compiler_wrapper; /* a command that runs the compiler, such as "distcc"; or NULL */
};

/* Option rows for the settings; `in` is the member that holds them, with a dot. */
#define BUILD_SETTINGS(s, in)                                                                    \
	OPTION_FLAG(s, in sparse, 0, "sparse", "build.sparse", "check the sources with sparse"), \
		OPTION_FLAG(s, in w1, 0, "w1", "build.w1",                                       \
			    "also show the warnings of the kernel's W=1"),                       \
		OPTION_FLAG(s, in clang, 0, "clang", "build.clang",                              \
			    "compile with clang instead of the kernel's compiler"),              \
		OPTION_FLAG(s, in no_ccache, 0, "no-ccache", "build.no_ccache",                  \
			    "do not use ccache, even if it is installed"),                       \
		OPTION_STRING(s, in compiler_wrapper, 0, "compiler-wrapper", "COMMAND",          \
			      "build.compiler_wrapper",                                          \
			      "run the compiler with COMMAND, such as distcc or icecc")

/* The number of objects compiled and of those that ccache had already. */
struct build_counts {
	size_t compiled, cached, warnings;
};

struct build_request {
	const struct kernel_tree *tree;
	char *const *paths; /* folders with obj-m or dkms.conf, folders of these, or .ko files */
	bool tests;         /* build the test programs, too */
	int jobs;           /* parallel jobs; 0: one per processor */
	const struct build_settings *settings; /* or NULL for the defaults */
	struct build_counts *counts;           /* or NULL; counts are added */
	void (*progress)(const char *what, size_t done, size_t total, void *arg); /* or NULL */
	void *arg;
};

/*
 * Builds everything and adds every module to `list`, ordered for loading. If a folder does not
 * compile, the compiler's messages are logged (with the user's paths), it gets one entry with
 * `error` set, and the others are still built. 0, or -errno (logged) if nothing can be built,
 * for example because a path cannot be read or has no obj-m.
 */
int build(const struct build_request *request, struct module_list *list);

/*
 * As build(), for several trees in parallel, which share the jobs; the request's `tree` is
 * ignored. lists[i] is for trees[i]. If nothing can be built for one tree, its list stays
 * empty, the others are still built, and the error is returned at the end.
 */
int build_for(const struct build_request *request, struct kernel_tree *const *trees, size_t n,
	      struct module_list *lists);

/* Checks that there is something to build at these paths. 0 or -errno, logged. */
int build_check_paths(char *const *paths);

/*
 * Adds to *files the user's files and folders that `paths` reached outside their folders when
 * they were last built for the kernel tree of this name. 0 or -errno, logged.
 */
int build_neighbours(char *const *paths, const char *tree, char ***files);

/*
 * Writes one compile_commands.json to `to`, with the commands that compiled everything in
 * `paths` when it was last built for the kernel tree of this name. 0 or -errno, logged.
 */
int build_compile_commands(char *const *paths, const char *tree, const char *to);

#endif
