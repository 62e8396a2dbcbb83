/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where compilers, make and kbuild's tools are run: on this machine, or in the
 * build container. It is decided for each kernel tree by who has its compiler.
 */
#ifndef OUTPOST_BUILDENV_H
#define OUTPOST_BUILDENV_H

#include "common/process.h"

#include <stdbool.h>

/* "container", "host" or "auto" (the container where there is one): build.in, --in. 0, or -EINVAL,
 * said. */
int buildenv_choose(const char *in);

/* Is it to be the container, where it has the compiler? And was it asked for by name? */
bool buildenv_wants_container(void);
bool buildenv_must_be_container(void);

/* Folders of sources that are going to be built: a container that is started for another reason
 * is shown them at once. */
void buildenv_expect(char *const *sources);

/*
 * Does the container run? Where it does not (said) and was not asked for by
 * name, it is no longer wanted: what is decided after this is this machine.
 */
bool buildenv_works(void);

/* Has the container run, with the folder for make -C and those of sources in it, until
 * buildenv_leave(). 0 or -errno, said. */
int buildenv_enter(const char *build, char *const *sources);
void buildenv_leave(void);

/* process_run() there. */
int buildenv_run(bool in_container, char *const *argv, const struct process_options *options);

/* The folder to be mounted for sources in `path`: what they may reach beside it is in it too. The
 * caller frees it. */
char *buildenv_project(const char *path);

#endif
