/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of this folder and their tests. */
#ifndef OUTPOST_DEBIAN_INTERNAL_H
#define OUTPOST_DEBIAN_INTERNAL_H

#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

struct debian_archive;

struct debian {
	const struct debian_archive *archive; /* NULL: Debian's own */
	char *arch;
	char *dir;      /* folder of the private state */
	char *config;   /* dir/apt.conf */
	char *archives; /* dir/archives: the cached .debs */
	bool refreshed; /* this process has refreshed the lists */
};

/*
 * Runs one of apt's programs with the private configuration; stdout goes to `output`, stderr
 * to `error`. The exit status or -errno, not logged.
 */
int debian_apt(const struct debian *debian, struct strbuf *output, struct strbuf *error,
	       const char *dir, char *const *words);

/* Only one process at a time uses a state. The file descriptor to close, or -errno, logged. */
int debian_lock(const struct debian *debian);

/* Replaces a file of the state. 0 or -errno, logged. */
int debian_write(const struct debian *debian, const char *name, const char *text);

/* Refreshes the lists; the lock must be held. 0 or -errno, logged. */
int debian_refresh(struct debian *debian);

/*
 * Takes the lock, and refreshes only if the lists are old or the machine's sources have
 * changed. 0 or -errno, logged.
 */
int debian_refresh_when_due(struct debian *debian);

/*
 * The first "E:" line of apt's output, without the prefix, or else the last line. Freed by the
 * caller.
 */
char *debian_apt_reason(const struct strbuf *error);

/*
 * A hint for the message `said` of apt or dpkg-deb; `otherwise` (or NULL) unless the disk of
 * `dir` is full.
 */
void debian_hint(const char *said, const char *dir, const char *otherwise);

/*
 * sources.list for `arch`, of the lines that
 *	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN) $(SIGNED_BY)'
 * writes with tabs for the blanks: Debian's own and its backports, main only. How many it took. apt
 *of Debian 12 does not know SIGNED_BY and leaves it as it stands.
 */
size_t debian_sources_format(const char *targets, const char *arch, struct strbuf *out);

/*
 * The backports of each release in `sources` that are not included yet: most mirrors have
 * them, but not all.
 */
void debian_backports_format(const char *sources, struct strbuf *out);

/* The line of sources.list for it. */
void debian_archive_format(const struct debian_archive *archive, const char *arch,
			   struct strbuf *out);

/*
 * One line of tar -vv, "-rwxr-sr-x root/shadow 31184 2023-03-23 12:00 ./usr/bin/expiry", which is
 * changed: the path in it as dpkg lists it, or NULL. What is not plainly root's goes to `owners`,
 * as debian_unpack_root() says.
 */
const char *debian_take_entry(char *line, struct strbuf *owners);

/* Adds those lines in the form for another machine: "deb [signed-by=FILE] URI SUITE main". */
void debian_sources_strip(const char *ours, struct strbuf *out);

/*
 * The first package in a "Depends:" line of `show` (apt-cache show) that starts with `prefix`;
 * NULL: none.
 */
char *debian_find_dependency(const char *show, const char *prefix);

/* A package file, from `apt-get download --print-uris`: 'URI' FILE SIZE SHA256:HASH */
struct debian_file {
	char *name; /* the .deb's */
	char *sha256;
	long long size; /* bytes */
};

struct debian_files {
	struct debian_file *files;
	size_t n;
};

/* Adds the files in these lines. 0, or -EBADMSG if a line has no SHA256. */
int debian_files_parse(struct debian_files *list, const char *uris);
void debian_files_release(struct debian_files *list);

/* The name of the package: the file name up to its first underscore; the caller frees it. */
char *debian_file_package(const struct debian_file *file);

#endif
