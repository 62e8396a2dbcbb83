/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of this folder, and used by their tests. */
#ifndef OUTPOST_CONTAINER_INTERNAL_H
#define OUTPOST_CONTAINER_INTERNAL_H

#include "common/fs.h"
#include "common/options.h"
#include "common/strbuf.h"
#include "host/container/container.h"

#include <stdatomic.h>

struct container_settings {
	char *engine;     /* container.engine: podman or docker; NULL: the first that works */
	char *image;      /* container.image */
	char *base;       /* container.base: the image to pull; NULL: debian:trixie */
	char *run_args;   /* container.run_args: arguments for `podman run`, or NULL */
	char *build_args; /* container.build_args: arguments for `podman build`, or NULL */
	char *env;        /* container.env: more variables that builds see, or NULL */
};

struct container {
	struct container_settings settings;
	struct container_image known; /* see container_is_there() */
	bool known_is_read, known_is_there;
	atomic_bool *said; /* a start was logged; shared with child processes */
	/* Set while a room is entered: */
	char *dir; /* its folder: see room.c */
	char *name;
	struct container_image image;
	int held; /* descriptor of the lock; -1: not held */
};

/* Adds the blank-separated words of a setting to `argv`; `words` may be NULL. */
void container_add_words(char ***argv, const char *words);

/*
 * Finds the configured engine, or the first one that works. The caller frees *engine. 0 or
 * -errno, logged.
 */
int container_find_engine(const struct container *container, char **engine);

/*
 * Runs the engine and waits for it. Its standard output goes to `output`, or if that is NULL,
 * where its standard error goes: shown with -v, and its last lines logged if the engine fails
 * (`doing`: "start the container") or exceeds `limit_ms` (0: no limit). 0 or -errno, logged.
 */
int container_engine(char *const *argv, struct strbuf *output, int limit_ms, const char *doing);

/*
 * The last lines of an engine's output, which have the reason of a failure, without its advice
 * to see the help. Removes trailing newlines from `text`.
 */
const char *container_last_lines(struct strbuf *text, int n);

/* Writes or removes the note of the image. 0 or -errno, logged. */
int container_image_write(const struct container_image *image);
int container_image_forget(void);

/*
 * Makes a base image from Debian's packages with mmdebstrap, if no registry can be reached. 0
 * or -errno, logged.
 */
int container_make_base(const char *engine, const char *tag);

/*
 * Writes a sources.list of `suite` for mmdebstrap, from the output of apt-get indextargets
 * --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' with tabs instead of the blanks.
 * Returns the number of mirrors.
 */
size_t container_format_sources(const char *targets, const char *suite, struct strbuf *out);

/* Adds a folder to the sorted list to mount, without folders that are below another. */
void container_add_folder(char ***folders, const char *folder);

/* Is the path one of the folders, or below one? */
bool container_reaches(char *const *folders, const char *path);

struct container_mount {
	char *source, *target;
	bool read_only;
};

struct container_mounts {
	struct container_mount *list; /* sorted, so that nested ones come later */
	size_t n;
};

/* What is mounted for a room. */
void container_mounts_of(const struct container_room *room, struct container_mounts *mounts);
void container_mounts_release(struct container_mounts *mounts);

/* Can these be mounted? 0, or -EINVAL, logged. */
int container_check_mounts(const struct container_mounts *mounts);

/* Adds --mount and its argument. */
void container_mount(char ***argv, const char *folder, const char *target, bool read_only);

/* -v SOURCE:TARGET as an argument of --mount, which takes any path. */
char *container_mount_word(const char *folder, const char *target, bool read_only);

/*
 * The name of the room with the folder `work` (NULL: none), and of all that may exist; the caller
 * frees them.
 */
char *container_name(const struct container *container, const char *engine, const char *work);
char **container_names(const struct container *container, const char *engine);

/*
 * The note of how a container was started. It differs if a folder was deleted and made again
 * since: the container does not see the new one.
 */
void container_format_note(struct strbuf *out, const char *image,
			   const struct container_mounts *mounts);
bool container_was_started_as(const char *name, const char *note, bool or_more);

/* Starts the container with these mounts, and waits for its builder. 0 or -errno, logged. */
int container_start(const struct container *container, const struct container_mounts *mounts);
/* Stops and removes the container, or what is left of an earlier one. 0 or -errno, logged. */
int container_end(const struct container *container);

/* Does the builder of the room with this folder answer? */
bool container_is_up(const char *dir);

/* Connects to the builder. Returns the descriptor, or -errno (not logged). */
int container_connect(const char *dir);

/*
 * Runs a command in the builder at `dir`. As process_run(), but output that goes to our stderr
 * appears when the command has ended; also -EPROTO if the builder is of another version.
 */
int container_call(const char *dir, char *const *argv, const struct process_options *options);

#endif
