/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decides where compilers, make and kbuild's tools run: on this machine or in the build
 * container. The choice is made for each kernel tree, by which of the two has its compiler.
 */
#ifndef OUTPOST_BUILDENV_H
#define OUTPOST_BUILDENV_H

#include "common/cleanup.h"
#include "common/process.h"

#include <stdbool.h>

struct config;
struct container;

/*
 * The build environment. main() makes one and passes it to everything that builds or looks for
 * a kernel tree. Functions that only read it (const), buildenv_expect() and buildenv_leave()
 * also accept NULL, and so does buildenv_run() outside the container: everything then runs on
 * this machine.
 */
struct buildenv;

/* `config` must outlive it. 0, or -EINVAL (logged) if a configuration key is not valid. */
int buildenv_new(const struct config *config, struct buildenv **env);
/* Leaves the container if it was entered. */
void buildenv_free(struct buildenv *env);
DEFINE_CLEANUP(struct buildenv *, buildenv_free);

/* Its configuration and its container; NULL if `env` is NULL. */
const struct config *buildenv_config(const struct buildenv *env);
struct container *buildenv_container(const struct buildenv *env);

/*
 * "container", "host" or "auto" (the container if there is one), from build.in or --in. 0, or
 * -EINVAL, logged.
 */
int buildenv_choose(struct buildenv *env, const char *in);

/* Should the container be used if it has the compiler? Was it requested by name? */
bool buildenv_wants_container(const struct buildenv *env);
bool buildenv_must_be_container(const struct buildenv *env);

/* Is there a container, whether or not it should be used? */
bool buildenv_has_container(const struct buildenv *env);

/* Does the container have this program? False without a container. */
bool buildenv_container_has(const struct buildenv *env, const char *program);

/*
 * Announces the folders of sources that will be built, so that a container that is started for
 * another reason mounts them at once.
 */
void buildenv_expect(struct buildenv *env, char *const *sources);

/*
 * Checks that the container runs. If it does not (logged) and was not requested by name, later
 * builds use this machine.
 */
bool buildenv_works(struct buildenv *env);

/*
 * Starts the container if needed, with the folder for make -C and those of the sources in it,
 * and keeps it running until buildenv_leave(). 0 or -errno, logged.
 */
int buildenv_enter(struct buildenv *env, const char *build, char *const *sources);
void buildenv_leave(struct buildenv *env);

/*
 * The id of the container's image: of the running one if it was entered, else of the last one
 * built; NULL if there is none. The caller frees it.
 */
char *buildenv_image(const struct buildenv *env);

/* As process_run(), in the container or on this machine. */
int buildenv_run(struct buildenv *env, bool in_container, char *const *argv,
		 const struct process_options *options);

/*
 * The folder to mount for sources in `path`; it includes what they may reach by "../". The
 * caller frees it.
 */
char *buildenv_project(const char *path);

#endif
