// SPDX-License-Identifier: GPL-2.0-only
/* Packages are fetched into the archives folder, compared with the signed lists, and unpacked. */
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
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* What has to be there: the packages' files, with those of all they depend on where that is wanted.
 */
static int list_files(struct debian *debian, char *const *packages, bool dependencies,
		      struct debian_files *list)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT, error = STRBUF_INIT;
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *why = NULL;
	int r;

	strv_add(&words, "apt-get");
	strv_add(&words, dependencies ? "install" : "download");
	strv_add(&words, "--print-uris");
	strv_add(&words, "--yes");
	strv_foreach (package, packages)
		strv_add(&words, *package);
	r = debian_apt(debian, &output, &error, NULL, words);
	if (r < 0)
		return r == -EINTR ? r : log_error_errno(r, "Cannot run apt-get");
	if (r == 0)
		r = debian_files_parse(list, output.buf);
	if (r == 0)
		return 0;
	why = debian_apt_reason(&error);
	log_error("apt-get cannot find the Debian packages for %s: %s", debian->arch, why);
	return -ENOENT;
}

static bool has_size(const char *path, long long size)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == size;
}

/* Leaves in missing[] the files that are not in `archives` as the lists have them; a damaged one is
 * removed. */
static int find_missing(const struct debian *debian, const struct debian_files *list, bool *missing)
{
	char *const *argv = ARGV("sha256sum", "--check", "--quiet");
	_cleanup_(strbuf_release) struct strbuf sums = STRBUF_INIT, output = STRBUF_INIT;
	_cleanup_(strbuf_release) struct strbuf error = STRBUF_INIT;
	int r;

	for (size_t i = 0; i < list->n; i++) {
		_cleanup_free_ char *path = path_join(debian->archives, list->files[i].name, NULL);

		missing[i] = !has_size(path, list->files[i].size);
		if (!missing[i])
			strbuf_addf(&sums, "%s  %s\n", list->files[i].sha256, list->files[i].name);
	}
	if (!sums.len)
		return 0;
	r = process_run(argv, &(struct process_options){ .dir = debian->archives,
							 .input = sums.buf,
							 .input_len = sums.len,
							 .output = &output,
							 .error = &error });
	if (r < 0)
		return r == -EINTR ? r : log_error_errno(r, "Cannot run sha256sum");
	for (size_t i = 0; i < list->n && r > 0; i++) {
		_cleanup_free_ char *failed = xasprintf("%s: FAILED", list->files[i].name);

		if (missing[i] || !strstr(output.buf, failed))
			continue;
		log_warn("Cached package %s/%s is damaged; downloading it again", debian->archives,
			 list->files[i].name);
		missing[i] = true;
	}
	return 0;
}

static void say_download(const struct debian_files *list, const bool *missing)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	long long bytes = 0;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		_cleanup_free_ char *package = debian_file_package(&list->files[i]);

		if (!missing[i])
			continue;
		bytes += list->files[i].size;
		if (n++ < 3)
			strbuf_addf(&text, "%s%s", n > 1 ? ", " : "", package);
	}
	if (n > 3)
		strbuf_addf(&text, " and %zu more", n - 3);
	if (bytes < 1000 * 1000)
		log_info("Downloading %s (%lld kB)", text.buf, (bytes + 999) / 1000);
	else
		log_info("Downloading %s (%lld MB)", text.buf, (bytes + 500000) / 1000000);
}

/* Into a folder beside, then by rename: what is interrupted leaves nothing that looks whole. */
static int fetch(struct debian *debian, const struct debian_files *list, const bool *missing,
		 struct strbuf *error)
{
	_cleanup_free_ char *partial = path_join(debian->dir, "partial", NULL);
	_cleanup_strv_ char **words = NULL;
	int r = fs_remove_tree(partial);

	if (r == 0)
		r = fs_mkdir_p(partial, 0755);
	if (r < 0)
		return log_error_errno(r, "Cannot create %s", partial);
	strv_add(&words, "apt-get");
	strv_add(&words, "download");
	for (size_t i = 0; i < list->n; i++) {
		_cleanup_free_ char *package = debian_file_package(&list->files[i]);

		if (missing[i])
			strv_add(&words, package);
	}
	say_download(list, missing);
	r = debian_apt(debian, error, error, partial, words);
	if (r < 0)
		return r == -EINTR ? r : log_error_errno(r, "Cannot run apt-get download");
	for (size_t i = 0; i < list->n; i++) {
		_cleanup_free_ char *from = path_join(partial, list->files[i].name, NULL);
		_cleanup_free_ char *to = path_join(debian->archives, list->files[i].name, NULL);

		if (missing[i] && has_size(from, list->files[i].size) && rename(from, to) < 0)
			return log_error_errno(-errno, "Cannot rename %s to %s", from, to);
	}
	fs_remove_tree(partial);
	return r;
}

static bool any(const bool *missing, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (missing[i])
			return true;
	return false;
}

/* All files of the list into the archives. 0, 1 when some cannot be had (*why is set), or -errno,
 * logged. */
static int complete(struct debian *debian, const struct debian_files *list, char **why)
{
	_cleanup_(strbuf_release) struct strbuf error = STRBUF_INIT;
	_cleanup_free_ bool *missing = xcalloc(list->n, sizeof(*missing));
	int r = find_missing(debian, list, missing);

	if (r < 0 || !any(missing, list->n))
		return r;
	r = fetch(debian, list, missing, &error);
	if (r < 0)
		return r;
	r = find_missing(debian, list, missing);
	if (r < 0 || !any(missing, list->n))
		return r;
	free(*why);
	*why = error.len ? debian_apt_reason(&error) : xstrdup("does not match the package lists");
	return 1;
}

/* A mirror forgets versions: lists that name one that is gone are brought up to date, once. */
static int obtain(struct debian *debian, char *const *packages, bool dependencies,
		  struct debian_files *list)
{
	_cleanup_free_ char *why = NULL;
	int r;

	for (;;) {
		r = list_files(debian, packages, dependencies, list);
		if (r == 0)
			r = complete(debian, list, &why);
		if (r <= 0)
			return r;
		if (debian->refreshed)
			break;
		r = debian_refresh(debian);
		if (r < 0)
			return r;
		debian_files_release(list);
	}
	log_error("Cannot download Debian packages (%s): %s", debian->arch, why);
	debian_hint(why, debian->dir,
		    "Is there a network, or a proxy to set? apt-get uses the same mirror.");
	return -EHOSTUNREACH;
}

static int unpack_one(const struct debian *debian, const char *name, const char *dir)
{
	_cleanup_free_ char *path = path_join(debian->archives, name, NULL);
	char *const *argv = ARGV("dpkg-deb", "-x", path, dir);
	_cleanup_(strbuf_release) struct strbuf error = STRBUF_INIT;
	int r = process_run(argv, &(struct process_options){ .output = &error, .error = &error });

	if (r == 0 || r == -EINTR)
		return r;
	if (r < 0)
		return log_error_errno(r, "Cannot run dpkg-deb");
	log_error("Cannot unpack %s into %s: %.*s", path, dir, (int)strcspn(error.buf, "\n"),
		  error.buf);
	debian_hint(error.buf, dir, NULL);
	return -EIO;
}

int debian_unpack(struct debian *debian, const char *dir, char *const *packages, bool dependencies)
{
	_cleanup_(debian_files_release) struct debian_files list = { 0 };
	_cleanup_close_ int lock = debian_lock(debian);
	int r = lock;

	if (r < 0)
		return r;
	r = obtain(debian, packages, dependencies, &list);
	if (r < 0)
		return r;
	r = fs_mkdir_p(dir, 0755);
	if (r < 0)
		return log_error_errno(r, "Cannot create %s", dir);
	for (size_t i = 0; i < list.n; i++) {
		r = unpack_one(debian, list.files[i].name, dir);
		if (r < 0)
			return r;
	}
	return 0;
}

int debian_download(struct debian *debian, char *const *packages, char ***files)
{
	_cleanup_(debian_files_release) struct debian_files list = { 0 };
	_cleanup_close_ int lock = debian_lock(debian);
	int r = lock < 0 ? lock : obtain(debian, packages, true, &list);

	for (size_t i = 0; r == 0 && i < list.n; i++) {
		_cleanup_free_ char *path = path_join(debian->archives, list.files[i].name, NULL);

		strv_add(files, path);
	}
	return r;
}
