/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The build container: an image with compilers and kbuild's tools, made from
 * container/Containerfile by podman or docker, and one container of it that
 * stays up. In it outpost-builder (src/builder) takes commands over a socket;
 * paths are the same inside and outside.
 */
#ifndef OUTPOST_CONTAINER_H
#define OUTPOST_CONTAINER_H

#include "common/cleanup.h"
#include "common/options.h"
#include "common/process.h"

#include <stdbool.h>

struct config;

/* The keys of the configuration that container_new() takes. */
extern const struct option_row container_rows[];

/* The build container as it is configured, and what this process holds of it. */
struct container;

/* 0, or -EINVAL, logged, where a key of the configuration is not valid. */
int container_new(const struct config *config, struct container **container);
/* Leaves it, where it was entered. */
void container_free(struct container *container);
DEFINE_CLEANUP(struct container *, container_free);

/* What `outpost container build` made and left a note of. */
struct container_image {
	char *engine;
	char *id;
	char *base;      /* what it was made from */
	char **programs; /* the compilers in it, and what goes with them: ccache, sparse, clang */
};

/* 0, -ENOENT when none was made, or -EBADMSG; not logged. */
int container_image_read(struct container_image *image);
void container_image_release(struct container_image *image);

struct container_build {
	const char *compilers; /* "14 13 12": major versions of gcc; NULL: those */
	const char *packages;  /* of Debian, beside what it takes to build; or NULL */
	bool offline;          /* do not ask a registry for the base image */
	bool fresh;            /* rebuild it, ignoring the engine's cache */
};

/* Makes the image, and sees that commands run in it. 0 or -errno, logged. */
int container_build(struct container *container, const struct container_build *request);

/* Ends the container and removes the images. 0 or -errno, logged. */
int container_remove(struct container *container);

/* Is there an image, and its engine? It is looked for once. */
bool container_is_there(struct container *container);

/* Is it among its programs? False without an image. */
bool container_has_program(struct container *container, const char *program);

/*
 * Has the container run, with these folders (absolute, without links; NULL:
 * none) to be read in it, beside the caches. Nobody restarts it until
 * container_leave(). 0 or -errno, logged.
 */
int container_enter(struct container *container, char *const *folders);
void container_leave(struct container *container);

/* The id of the image that it was entered with; NULL: it was not. */
const char *container_entered_image(const struct container *container);

/* process_run() in the container; enters it where nobody has. */
int container_run(struct container *container, char *const *argv,
		  const struct process_options *options);

/* Ends it; nobody is building when this returns. 0 or -errno, logged. */
int container_stop(struct container *container);

struct container_state {
	char *name;
	bool is_up;
	char **folders; /* what can be read in it */
};
void container_ask(const struct container *container, struct container_state *state);
void container_state_release(struct container_state *state);

#endif
