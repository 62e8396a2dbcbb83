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

/* Checks that the container works. 0 or -errno, logged. */
int buildenv_check(struct buildenv *env);

/*
 * The same, and if it does not work and was not requested by name, later builds use this machine:
 * false.
 */
bool buildenv_works(struct buildenv *env);

/* What commands see of this machine besides a kernel tree. */
struct buildenv_room {
	const char *tree; /* the folder of a kernel tree for make -C, or NULL */
	const char *work; /* see struct container_room */
	char *const *reads;
	const char *links, *links_at;
};

/*
 * Starts the container for this room if needed, and keeps it running until buildenv_leave(). 0 or
 * -errno, logged.
 */
int buildenv_enter(struct buildenv *env, const struct buildenv_room *room);
void buildenv_leave(struct buildenv *env);

/*
 * The id of the container's image: of the running one if it was entered, else of the last one
 * built; NULL if there is none. The caller frees it.
 */
char *buildenv_image(const struct buildenv *env);

/* May commands there see this variable of our environment, "NAME=VALUE"? */
bool buildenv_passes(const struct buildenv *env, bool in_container, const char *entry);

/* As process_run(), in the container or on this machine. */
int buildenv_run(struct buildenv *env, bool in_container, char *const *argv,
		 const struct process_options *options);

#endif
