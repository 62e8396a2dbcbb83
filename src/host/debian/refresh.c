// SPDX-License-Identifier: GPL-2.0-only
/* The package lists: where they come from, and how old they may be. */
#include "host/debian/debian.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/debian/internal.h"
#include "host/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BACKPORTS     "sources.list.d/backports.list"
#define LISTS_MAX_AGE (24 * 3600) /* seconds */
#define STAMP         "refreshed" /* an empty file; its time is that of the last refresh */

/* For messages. */
static const char *debian_name(const struct debian *debian)
{
	return debian->archive ? debian->archive->name : "Debian";
}

/* The machine's list of sources, converted to lines for ours. */
static int read_sources(const struct debian *debian, struct strbuf *sources)
{
	char *const *argv = ARGV("apt-get", "indextargets", "--format",
				 "$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)\t$(ORIGIN)\t$(SIGNED_BY)",
				 "Created-By: Packages");
	_cleanup_(strbuf_release) struct strbuf targets = STRBUF_INIT, error = STRBUF_INIT;
	_cleanup_free_ char *why = NULL;
	int r = process_run(argv, &(struct process_options){ .output = &targets, .error = &error });

	if (r < 0)
		return log_error_errno(r, "Cannot run apt-get, which fetches Debian's packages");
	if (r > 0) {
		why = debian_apt_reason(&error);
		log_error("apt-get cannot list this machine's package sources: %s", why);
		return -EIO;
	}
	if (debian_sources_format(targets.buf, debian->arch, sources) > 0)
		return 0;
	if (targets.len == 0) {
		log_error("The package lists of this machine's apt are empty: it does not know a "
			  "Debian mirror");
		log_hint("Run apt-get update as root, then try again");
	} else {
		log_error("This machine's apt has no source of Debian's own packages (origin "
			  "Debian, component main)");
		log_hint("Add one below /etc/apt/sources.list.d, run apt-get update as root, then "
			 "try again");
	}
	return -ENOENT;
}

/* Writes sources.list. Lists of other sources are useless and removed. */
static int update_sources(const struct debian *debian)
{
	_cleanup_(strbuf_release) struct strbuf sources = STRBUF_INIT, old = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(debian->dir, "sources.list", NULL);
	_cleanup_free_ char *stamp = path_join(debian->dir, STAMP, NULL);
	int r = 0;

	if (debian->archive)
		debian_archive_format(debian->archive, debian->arch, &sources);
	else
		r = read_sources(debian, &sources);
	if (r < 0)
		return r;
	if (fs_read(path, &old, 0) == 0 && strcmp(old.buf, sources.buf) == 0)
		return 0;
	if (unlink(stamp) < 0 && errno != ENOENT)
		return log_error_errno(-errno, "Cannot remove %s", stamp);
	return debian_write(debian, "sources.list", sources.buf);
}

/* Newer kernels than the release's and their headers; "" if it has no backports. */
static int write_backports(const struct debian *debian)
{
	_cleanup_(strbuf_release) struct strbuf sources = STRBUF_INIT, backports = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(debian->dir, "sources.list", NULL);
	int r = fs_read(path, &sources, 0);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", path);
	debian_backports_format(sources.buf, &backports);
	return debian_write(debian, BACKPORTS, backports.buf);
}

/* apt's exit status, or -errno, logged. */
static int run_update(const struct debian *debian, struct strbuf *error)
{
	int r = debian_apt(debian, error, error, NULL, ARGV("apt-get", "update"));

	return r >= 0 || r == -EINTR ? r : log_error_errno(r, "Cannot run apt-get update");
}

/* Includes the backports if the mirror has them. apt's exit status, or -errno, logged. */
static int update_lists(const struct debian *debian, struct strbuf *error)
{
	_cleanup_(strbuf_release) struct strbuf first = STRBUF_INIT;
	int r = write_backports(debian);

	if (r == 0)
		r = run_update(debian, &first);
	if (r <= 0)
		return r;
	r = debian_write(debian, BACKPORTS, "");
	if (r == 0)
		r = run_update(debian, error);
	if (r > 0) /* the cause was something else: earlier downloads stay valid */
		(void)write_backports(debian);
	if (r == 0)
		log_info("The mirror has no backports, and so no kernels newer than the release's");
	return r;
}

/*
 * 0, or -errno, logged except for -EHOSTUNREACH: apt cannot get the lists, and *why has its
 * message.
 */
static int refresh(struct debian *debian, char **why)
{
	_cleanup_(strbuf_release) struct strbuf error = STRBUF_INIT;
	int r = update_sources(debian);

	if (r < 0)
		return r;
	log_info("Refreshing %s's package lists (%s)", debian_name(debian), debian->arch);
	r = debian->archive ? run_update(debian, &error) : update_lists(debian, &error);
	if (r < 0)
		return r;
	if (r > 0) {
		*why = debian_apt_reason(&error);
		return -EHOSTUNREACH;
	}
	debian->refreshed = true;
	return debian_write(debian, STAMP, "");
}

static void say_unreachable(const struct debian *debian, const char *why)
{
	log_error("Cannot fetch %s's package lists (%s): %s", debian_name(debian), debian->arch,
		  why);
	debian_hint(why, debian->dir,
		    debian->archive
			    ? "Is its url right in the configuration, and is there a network?"
			    : "Is there a network, or a proxy to set? apt-get update as "
			      "root uses the same mirror.");
}

int debian_refresh(struct debian *debian)
{
	_cleanup_free_ char *why = NULL;
	int r = refresh(debian, &why);

	if (why)
		say_unreachable(debian, why);
	return r;
}

static bool is_newer(const char *path, time_t than)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_mtime > than;
}

/* Have the machine's sources changed since? */
static bool sources_changed(time_t since)
{
	static const char parts[] = "/etc/apt/sources.list.d";
	_cleanup_strv_ char **names = NULL;

	if (is_newer("/etc/apt/sources.list", since) || is_newer(parts, since))
		return true;
	if (fs_list(parts, &names) < 0)
		return false;
	strv_foreach (name, names) {
		_cleanup_free_ char *path = path_join(parts, *name, NULL);

		if (is_newer(path, since))
			return true;
	}
	return false;
}

int debian_refresh_when_due(struct debian *debian)
{
	_cleanup_free_ char *stamp = path_join(debian->dir, STAMP, NULL), *why = NULL;
	_cleanup_close_ int lock = debian_lock(debian);
	time_t now = time(NULL);
	const struct timespec in_an_hour = { .tv_sec = now - LISTS_MAX_AGE + 3600 };
	struct stat st;
	int r = lock;

	if (r < 0)
		return r;
	if (debian->archive && update_sources(debian) < 0) /* the configuration may have changed */
		return -EIO;
	if (stat(stamp, &st) == 0 && now >= st.st_mtime && now - st.st_mtime < LISTS_MAX_AGE &&
	    !sources_changed(st.st_ctime)) /* ctime: the last refresh */
		return 0;
	r = refresh(debian, &why);
	if (!why)
		return r;
	/* Old lists are better than none. */
	if (utimensat(AT_FDCWD, stamp, (struct timespec[]){ in_an_hour, in_an_hour }, 0) == 0) {
		log_warn("Using %s's older package lists: %s", debian_name(debian), why);
		return 0;
	}
	say_unreachable(debian, why);
	return r;
}
