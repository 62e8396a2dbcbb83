/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of container.c share, and what its tests reach. */
#ifndef OUTPOST_CONTAINER_INTERNAL_H
#define OUTPOST_CONTAINER_INTERNAL_H

#include "common/fs.h"
#include "common/options.h"
#include "common/strbuf.h"
#include "host/container/container.h"

struct container_settings {
	char *engine;     /* container.engine: podman, docker; NULL: the first that works */
	char *image;      /* container.image */
	char *base;       /* container.base: what a registry is asked for; NULL: debian:trixie */
	char *run_args;   /* container.run_args: words for `podman run`, or NULL */
	char *build_args; /* container.build_args: words for `podman build`, or NULL */
};

struct container {
	struct container_settings settings;
	struct container_image known; /* see container_is_there() */
	bool known_is_read, known_is_there;
	/* What was entered: */
	char *dir; /* of its socket, lock and note; NULL: none was */
	char *name;
	struct container_image image;
	int held; /* the lock; -1: not */
};

/* Adds the blank-separated words of a setting, which may be NULL. */
void container_add_words(char ***argv, const char *words);

/* The first engine that works, or the configured one. The caller frees it. 0 or -errno, logged. */
int container_find_engine(const struct container *container, char **engine);

/*
 * Runs the engine, and waits. Its standard output goes to `output`, or with NULL
 * the way of what it complains of: shown with -v, and the last lines when it fails
 * (`doing`: "start the container"), or has not ended within its limit (0: none).
 * 0 or -errno, logged.
 */
int container_engine(char *const *argv, struct strbuf *output, int limit_ms, const char *doing);

/* The end of what an engine says, where it says why, without the advice to see its help. The
 * newlines after it are cut off. */
const char *container_last_lines(struct strbuf *text, int n);

/* The note of what was made. 0 or -errno, logged. */
int container_image_write(const struct container_image *image);
int container_image_forget(void);

/* A base image where no registry can be reached: Debian's packages, by mmdebstrap. 0 or -errno,
 * logged. */
int container_make_base(const char *engine, const char *tag);

/*
 * sources.list of `suite` for mmdebstrap, of the lines that apt-get indextargets --format
 * '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' writes with tabs for the blanks. How many
 * mirrors it found.
 */
size_t container_format_sources(const char *targets, const char *suite, struct strbuf *out);

/* Adds a folder to those that are mounted, sorted; what is below another is left out. */
void container_add_folder(char ***folders, const char *folder);

/* Is it one of them, or below one? */
bool container_reaches(char *const *folders, const char *path);

/*
 * Which folder is at this path: what a mount of it shows, whatever happens to the
 * path. Never NULL; the caller frees it.
 */
char *container_identify(const char *path);
/* Of the caches that are mounted, all in one word for each. The caller frees it. */
char *container_identify_caches(void);

/* The folders of the caches that builds need. 0 or -errno, logged. */
int container_make_caches(void);
/* Adds --mount and its words. */
void container_mount_caches(char ***argv);
void container_mount(char ***argv, const char *folder, const char *target, bool read_only);
/* Is it in one of the caches that every container is shown? */
bool container_is_cached(const char *path);

/* -v SOURCE:TARGET in the words that take any path. */
char *container_mount_word(const char *folder, const char *target, bool read_only);

/* Where the socket, the lock and the note of the running container are; the caller frees it. */
char *container_dir(const struct container *container, const char *engine);

/* Can it be shown these folders? 0, or -EINVAL, logged. */
int container_check_folders(char *const *folders);
/* Starts it with these folders to be read in it, and waits for its builder. 0 or -errno, logged. */
int container_start(const struct container *container, char *const *folders);
/* Ends and removes it, and whatever an earlier one left. 0 or -errno, logged. */
int container_end(const struct container *container);

bool container_is_up(const char *dir);

/* Connects to the builder. The descriptor, or -errno, not logged. */
int container_connect(const char *dir);

/*
 * The builder at `dir` runs a command. As process_run(), and -EPROTO when it is of another version.
 */
int container_call(const char *dir, char *const *argv, const struct process_options *options);

#endif
