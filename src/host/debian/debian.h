/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debian packages of any architecture, without touching the machine's dpkg and apt: apt-get
 * runs with its own state and cache under $XDG_CACHE_HOME/outpost/apt/<arch>, with the Debian
 * mirrors and keys from the machine's apt configuration. apt checks packages against the
 * signed lists; they are cached, and unpacked by dpkg-deb.
 */
#ifndef OUTPOST_DEBIAN_H
#define OUTPOST_DEBIAN_H

#include "common/cleanup.h"
#include "host/base/ini.h"

#include <stdbool.h>
#include <stddef.h>

struct config;
struct debian;

/*
 * `arch` is Debian's name ("arm64", "amd64"). Refreshes the package lists if they are older
 * than a day or the machine's sources have changed; debian_unpack() also does if the mirror no
 * longer has a version. 0 or -errno, logged. Each call takes its own lock: a process may have
 * several open, and processes wait for each other.
 */
int debian_open(struct debian **debian, const char *arch);

/* An archive other than Debian's: archive.NAME.url, .suite, .components, .key. */
struct debian_archive {
	char *name;
	char *url;
	char *suite;      /* "bookworm", or a path that ends in a slash */
	char *components; /* "main contrib"; NULL: main */
	char *key;        /* absolute path of its public key */
};

struct debian_archives {
	struct debian_archive *archives;
	size_t n;
};

/* The keys of the configuration that debian_archives_load() takes. */
extern const struct ini_key debian_archive_keys[];

/* The archives in the configuration. 0 or -errno, logged. */
int debian_archives_load(const struct config *config, struct debian_archives *list);
void debian_archives_release(struct debian_archives *list);

enum debian_outcome {
	DEBIAN_OPENED,
	DEBIAN_UNREACHABLE, /* no package lists: no network, no apt-get, or no source; logged */
};

/*
 * As debian_open(), with the packages of that archive only; NULL: Debian's. It must outlive
 * *debian. An enum debian_outcome, or -errno, logged.
 */
int debian_open_archive(struct debian **debian, const char *arch,
			const struct debian_archive *archive);

void debian_close(struct debian *debian);

/*
 * The package that `meta` depends on whose name starts with `prefix`: "linux-image-arm64"
 * depends on "linux-image-6.1.0-50-arm64". The caller frees *package. 0, -ENOENT (logged), or
 * -errno.
 */
int debian_resolve(struct debian *debian, const char *meta, const char *prefix, char **package);

/* Does the package exist? Refreshes the lists first if needed. 1, 0, or -errno, logged. */
int debian_has(struct debian *debian, const char *package);

/*
 * The newest package whose name is `prefix`, or `prefix` followed by something other than a
 * digit: "linux-kbuild-6.1" does not match "linux-kbuild-6.12". The caller frees *package. 0,
 * -ENOENT (not logged), or -errno, logged.
 */
int debian_newest(struct debian *debian, const char *prefix, char **package);

/*
 * Downloads what is not cached and unpacks everything below `dir`, which is created. With
 * `dependencies`, includes everything that the packages depend on, but not what they
 * recommend. 0 or -errno, logged.
 */
int debian_unpack(struct debian *debian, const char *dir, char *const *packages, bool dependencies);

/*
 * Downloads the packages and their dependencies: their files, in the order in which apt would
 * install them (strv_free()). 0 or -errno, logged.
 */
int debian_download(struct debian *debian, char *const *packages, char ***files);

/*
 * Makes `root` the root of a machine of that architecture on which dpkg has unpacked these
 * packages and their dependencies but configured none, with merged /usr: the first half of
 * debootstrap. This needs neither root nor the architecture. It leaves three things to do on
 * that machine before `dpkg --configure -a`: all files belong to the caller, and those that
 * belong to others or are setuid are listed in the file `owners` ("OCTAL-MODE USER:GROUP
 * /PATH" lines); and the packages' preinst scripts have not run. 0 or -errno, logged.
 */
int debian_unpack_root(struct debian *debian, const char *root, char *const *packages,
		       const char *owners);

/*
 * Copies the mirrors, proxies and package lists in use here to `root`. Proxies on this
 * machine's loopback become `here`. 0 or -errno, logged.
 */
int debian_configure_apt(struct debian *debian, const char *root, const char *here);

/* The first suite in the machine's sources ("bookworm"); the caller frees it. NULL: none. */
char *debian_suite(struct debian *debian);

/* Debian's name for this machine's architecture: "amd64", "arm64". */
const char *debian_host_arch(void);

DEFINE_CLEANUP(struct debian *, debian_close);

#endif
