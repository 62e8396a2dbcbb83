/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building modules out of tree. Sources are copied (only what changed) to
 * $XDG_CACHE_HOME/outpost/build/<hash of path>/<release> and built there, so
 * that the user's folder is never written to.
 */
#ifndef OUTPOST_BUILD_H
#define OUTPOST_BUILD_H

#include "common/options.h"
#include "host/kernel/kernel.h"
#include "host/module/module.h"

/* What a person may set for all that builds. */
struct build_settings {
	bool no_ccache;
	bool sparse, w1;
	bool clang;             /* in place of what the kernel was built with */
	char *compiler_wrapper; /* a command that runs the compiler, "distcc"; or NULL */
};

/* Rows for them; `in` is the member that holds them, with a dot. */
#define BUILD_SETTINGS(s, in)                                                                    \
	OPTION_FLAG(s, in sparse, 0, "sparse", "build.sparse", "have sparse check the sources"), \
		OPTION_FLAG(s, in w1, 0, "w1", "build.w1",                                       \
			    "show what the kernel's W=1 warns of, too"),                         \
		OPTION_FLAG(s, in clang, 0, "clang", "build.clang",                              \
			    "compile with clang, not with what built the kernel"),               \
		OPTION_FLAG(s, in no_ccache, 0, "no-ccache", "build.no_ccache",                  \
			    "do not use ccache, even if it is installed"),                       \
		OPTION_STRING(s, in compiler_wrapper, 0, "compiler-wrapper", "COMMAND",          \
			      "build.compiler_wrapper",                                          \
			      "have this run the compiler: distcc or icecc, for a cluster")

/* How many objects were compiled, and how many ccache had already. */
struct build_counts {
	size_t compiled, cached, warnings;
};

struct build_request {
	const struct kernel_tree *tree;
	char *const
		*paths; /* folders with obj-m or dkms.conf, .ko files, or folders of such folders */
	bool tests;     /* also build the test programs */
	int jobs;       /* 0: one per processor */
	const struct build_settings *settings; /* NULL: nothing is set */
	struct build_counts *counts;           /* or NULL: added up here, what was done */
	void (*progress)(const char *what, size_t done, size_t total, void *arg); /* or NULL */
	void *arg;
};

/*
 * Builds all of it and adds every module to `list`, ordered for loading. A
 * folder that does not compile is logged (the compiler's messages, with the
 * user's paths) and leaves one entry that has `error` set; the others are
 * built all the same. 0, or -errno (said) when nothing can be built at all:
 * a path that cannot be read, no obj-m in it.
 */
int build(const struct build_request *request, struct module_list *list);

/*
 * The same for several trees side by side, which share the jobs; `tree` of the
 * request is not looked at. lists[i] is for trees[i]. A tree that cannot be
 * built for at all does not stop the others: its list stays empty, and the
 * error is returned when they are done.
 */
int build_for(const struct build_request *request, struct kernel_tree *const *trees, size_t n,
	      struct module_list *lists);

/* These will be built: a build container that is started meanwhile, to look at a kernel's tools say,
 * can read their folders at once. 0 or -errno, logged. */
int build_expect(struct buildenv *env, char *const *paths);

/*
 * What `paths` were seen to reach beside their folders when they were last
 * built for `release`; the user's files and folders are added to *files. 0 or
 * -errno, logged.
 */
int build_neighbours(char *const *paths, const char *release, char ***files);

/*
 * Writes to `to`, as one compile_commands.json, how everything in `paths` was
 * compiled when it was last built for `release`. 0 or -errno, logged.
 */
int build_compile_commands(char *const *paths, const char *release, const char *to);

#endif
