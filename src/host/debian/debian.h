/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debian packages of any architecture, without touching the machine's own
 * dpkg and apt: apt-get runs with a state and cache of its own under
 * $XDG_CACHE_HOME/outpost/apt/<arch>, with the Debian mirrors (and their keys)
 * that the machine's apt configuration names. Packages are checked by apt
 * against the signed lists, kept, and unpacked by dpkg-deb.
 */
#ifndef OUTPOST_DEBIAN_H
#define OUTPOST_DEBIAN_H

#include "common/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

struct debian;

/*
 * `arch` in Debian's words ("arm64", "amd64"). Refreshes the package lists
 * when they are older than a day or the machine's sources have changed (and
 * debian_unpack() does when a package's version is gone from the mirror). 0 or
 * -errno, said. Each call works under a lock of its own: a process may have
 * several open, and two processes wait for each other.
 */
int debian_open(struct debian **debian, const char *arch);

/* Another archive than Debian's own: archive.NAME.url, .suite, .components, .key. */
struct debian_archive {
	char *name;
	char *url;
	char *suite;      /* "bookworm", or a path that ends in a slash */
	char *components; /* "main contrib"; NULL: main */
	char *key;        /* the absolute path of its public key */
};

struct debian_archives {
	struct debian_archive *archives;
	size_t n;
};

/* Those that the configuration names. 0 or -errno, said. */
int debian_archives_load(struct debian_archives *list);
void debian_archives_release(struct debian_archives *list);

/* As debian_open(), with the packages of that archive alone; NULL: Debian's. It must outlive
 * *debian. */
int debian_open_archive(struct debian **debian, const char *arch,
			const struct debian_archive *archive);

void debian_close(struct debian *debian);

/*
 * The package that `meta` depends on whose name starts with `prefix`, as
 * "linux-image-arm64" depends on "linux-image-6.1.0-50-arm64". The caller
 * frees *package. 0, -ENOENT (said), or -errno.
 */
int debian_resolve(struct debian *debian, const char *meta, const char *prefix, char **package);

/* Is there such a package, also in lists that are up to date? 1, 0, or -errno, said. */
int debian_has(struct debian *debian, const char *package);

/*
 * The newest package whose name is `prefix`, or starts with it and goes on with
 * something other than a digit: "linux-kbuild-6.1" is not "linux-kbuild-6.12".
 * The caller frees *package. 0, -ENOENT (not said), or -errno, said.
 */
int debian_newest(struct debian *debian, const char *prefix, char **package);

/*
 * Downloads what is not there yet and unpacks it all below `dir`, which is
 * made. With `dependencies`, also everything that the packages depend on
 * (not what they recommend). 0 or -errno, said.
 */
int debian_unpack(struct debian *debian, const char *dir, char *const *packages, bool dependencies);

/*
 * Downloads the packages and all that they depend on: their files, in the
 * order in which apt would install them (strv_free()). 0 or -errno, said.
 */
int debian_download(struct debian *debian, char *const *packages, char ***files);

/*
 * Makes `root` what a machine of that architecture is when dpkg has unpacked
 * these packages (and all that they depend on) but configured none, with /usr
 * merged: the first half of what debootstrap does. It needs neither root nor
 * the architecture here, and so leaves to be done on that machine, before
 * `dpkg --configure -a`: all files belong to whoever calls this, those that
 * are not root's, or run as another user, stand in `owners` (a file:
 * "OCTAL-MODE USER:GROUP /PATH" lines); and the packages' preinst scripts
 * have not run. 0 or -errno, said.
 */
int debian_unpack_root(struct debian *debian, const char *root, char *const *packages,
		       const char *owners);

/*
 * Gives `root` the mirrors, the proxies and the package lists that are used
 * here. Proxies on this machine's loopback are taken to be at `here` there.
 * 0 or -errno, said.
 */
int debian_configure_apt(struct debian *debian, const char *root, const char *here);

/* The first suite of the machine's sources ("bookworm"); the caller frees it. NULL: none. */
char *debian_suite(struct debian *debian);

/* The Debian architecture of this machine: "amd64", "arm64". */
const char *debian_host_arch(void);

DEFINE_CLEANUP(struct debian *, debian_close);

#endif
