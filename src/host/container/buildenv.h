/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where compilers, make and kbuild's tools run: on this machine, or in the build container. It is
 * decided for each kernel tree by who has its compiler.
 */
#ifndef OUTPOST_BUILDENV_H
#define OUTPOST_BUILDENV_H

#include "common/cleanup.h"
#include "common/process.h"

#include <stdbool.h>

struct config;
struct container;

/*
 * The build environment: main() makes one, and who builds or looks for a kernel tree is given it.
 * Functions below take NULL as well: then all runs on this machine.
 */
struct buildenv;

/* `config` must outlive it. 0, or -EINVAL, logged, if a key of the configuration is not valid. */
int buildenv_new(const struct config *config, struct buildenv **env);
/* Leaves the container, if it was entered. */
void buildenv_free(struct buildenv *env);
DEFINE_CLEANUP(struct buildenv *, buildenv_free);

/* What it was made from; NULL without one. */
const struct config *buildenv_config(const struct buildenv *env);
struct container *buildenv_container(const struct buildenv *env);

/* "container", "host" or "auto" (the container if there is one): build.in, --in. 0, or -EINVAL,
 * logged. */
int buildenv_choose(struct buildenv *env, const char *in);

/* Use the container if it has the compiler? And was the container requested by name? */
bool buildenv_wants_container(const struct buildenv *env);
bool buildenv_must_be_container(const struct buildenv *env);

/* Does the container have this program? False without a container. */
bool buildenv_container_has(const struct buildenv *env, const char *program);

/* Folders of sources that are going to be built: a container that is started for another reason
 * is shown them at once. */
void buildenv_expect(struct buildenv *env, char *const *sources);

/*
 * Does the container run? If it does not (logged) and was not requested by name, it is no longer
 * wanted: later decisions are for this machine.
 */
bool buildenv_works(struct buildenv *env);

/* Has the container run, with the folder for make -C and those of sources in it, until
 * buildenv_leave(). 0 or -errno, logged. */
int buildenv_enter(struct buildenv *env, const char *build, char *const *sources);
void buildenv_leave(struct buildenv *env);

/* The id of the container's image: of the one that runs, if it was entered; NULL if there is none.
 * The caller frees it. */
char *buildenv_image(const struct buildenv *env);

/* process_run() there. */
int buildenv_run(struct buildenv *env, bool in_container, char *const *argv,
		 const struct process_options *options);

/* The folder to be mounted for sources in `path`: what they may reach beside it is in it too. The
 * caller frees it. */
char *buildenv_project(const char *path);

#endif
