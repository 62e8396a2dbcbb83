/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The build container: an image with compilers and kbuild's tools, built from
 * container/Containerfile by podman or docker, and containers of it that stay up until they have
 * been idle for a while. In each, outpost-builder (src/builder) runs commands that it gets over a
 * socket. Paths are the same inside and outside.
 */
#ifndef OUTPOST_CONTAINER_H
#define OUTPOST_CONTAINER_H

#include "common/cleanup.h"
#include "common/options.h"
#include "common/process.h"

#include <stdbool.h>
#include <stddef.h>

struct config;

/* The configuration keys of container_new(). */
extern const struct option_row container_rows[];

/* The build container as configured, and this process's state of it. */
struct container;

/* 0, or -EINVAL (logged) if a configuration key is not valid. */
int container_new(const struct config *config, struct container **container);
/* Leaves the container if it was entered. */
void container_free(struct container *container);
DEFINE_CLEANUP(struct container *, container_free);

/* The image, as `outpost container build` made and noted it. */
struct container_image {
	char *engine;
	char *id;
	char *base;      /* the base image */
	char **programs; /* its compilers, and ccache, sparse and clang if it has them */
};

/* 0, -ENOENT if there is no image, or -EBADMSG; not logged. */
int container_image_read(struct container_image *image);
void container_image_release(struct container_image *image);

struct container_build {
	const char *compilers; /* major versions of gcc; NULL: "14 13 12" */
	const char *packages;  /* additional Debian packages, or NULL */
	bool offline;          /* do not pull the base image from a registry */
	bool fresh;            /* rebuild it, ignoring the engine's cache */
};

/* Makes the image and checks that commands run in it. 0 or -errno, logged. */
int container_build(struct container *container, const struct container_build *request);

/* Stops all containers and removes the images. 0 or -errno, logged. */
int container_remove(struct container *container);

/* Is there an image, and its engine? Checked once. */
bool container_is_there(struct container *container);

/* Does the image have this program? False without an image. */
bool container_has_program(struct container *container, const char *program);

/* What commands see of this machine. Folders are absolute, without links. */
struct container_room {
	const char *work;   /* the folder that they may write to, which nobody else sees; or NULL */
	char *const *reads; /* folders that they may read */
	const char *links;  /* a folder that they also see under the name */
	const char *links_at; /* `links_at`; both may be NULL */
};

/*
 * Starts a container for this room if there is none; NULL: one without sources, which sees all of
 * our kernel trees. Nobody restarts it until container_leave(). Does nothing if one was entered. 0
 * or -errno, logged.
 */
int container_enter(struct container *container, const struct container_room *room);
void container_leave(struct container *container);

/* The id of the image that was entered; NULL if the container was not entered. */
const char *container_entered_image(const struct container *container);

/* May commands see this variable of our environment, "NAME=VALUE"? */
bool container_passes(const struct container *container, const char *entry);

/* What they see of our environment. The caller frees it with strv_free(). */
char **container_environment(const struct container *container);

/*
 * As process_run(), in the container; enters it if it was not entered. Without options->env, in
 * container_environment().
 */
int container_run(struct container *container, char *const *argv,
		  const struct process_options *options);

/* Stops all containers, each after builds in it have ended. 0 or -errno, logged. */
int container_stop(struct container *container);

/* Starts one to see whether that works, unless one has worked before. 0 or -errno, logged. */
int container_works(struct container *container);

struct container_state {
	char *name;
	char *writes; /* the folder that it may write to, or NULL */
	char **reads;
};

/* Those that run. */
struct container_states {
	struct container_state *list;
	size_t n;
};
void container_list(const struct container *container, struct container_states *states);
void container_states_release(struct container_states *states);

#endif
