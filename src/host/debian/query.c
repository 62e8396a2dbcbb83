// SPDX-License-Identifier: GPL-2.0-only
/* Reads apt's output: sources, dependencies, files. */
#include "host/debian/debian.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/debian/internal.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Backports have newer kernels; apt takes only what is nowhere else from there. */
static bool is_debian(const char *origin)
{
	return strcmp(origin, "Debian") == 0 || strcmp(origin, "Debian Backports") == 0;
}

size_t debian_sources_format(const char *targets, const char *arch, struct strbuf *out)
{
	size_t taken = 0, n;

	for (const char *line = targets; *line; line += n + (line[n] != '\0')) {
		_cleanup_(strbuf_release) struct strbuf entry = STRBUF_INIT;
		_cleanup_free_ char *copy = NULL;
		char *uri, *release, *component, *origin, *signed_by, *rest;

		n = strcspn(line, "\n");
		copy = xstrndup(line, n);
		uri = strtok_r(copy, "\t", &rest);
		release = strtok_r(NULL, "\t", &rest);
		component = strtok_r(NULL, "\t", &rest);
		origin = strtok_r(NULL, "\t", &rest);
		signed_by = strtok_r(NULL, "\t", &rest);
		if (!origin || !is_debian(origin) || strcmp(component, "main") != 0)
			continue;
		/* Packages only: the machine may also fetch Contents and others. */
		strbuf_addf(&entry, "deb [arch=%s target=Packages", arch);
		if (signed_by && *signed_by == '/')
			strbuf_addf(&entry, " signed-by=%s", signed_by);
		strbuf_addf(&entry, "] %s %s main\n", uri, release);
		if (strstr(out->buf, entry.buf))
			continue; /* a machine with several architectures lists each source several times */
		strbuf_add(out, entry.buf, entry.len);
		taken++;
	}
	return taken;
}

void debian_backports_format(const char *sources, struct strbuf *out)
{
	size_t n;

	for (const char *line = sources; *line; line += n + (line[n] != '\0')) {
		_cleanup_(strbuf_release) struct strbuf backports = STRBUF_INIT;
		const char *suite;

		n = strcspn(line, "\n");
		suite = strstr(line, "] ");
		suite = suite ? suite + 2 + strcspn(suite + 2, " \n") : NULL;
		/* "bookworm", but not "bookworm-updates" or a mirror's "./" */
		if (!suite || *suite != ' ' || suite[1 + strcspn(suite + 1, "-/ \n")] != ' ')
			continue;
		strbuf_addf(&backports, " %.*s-backports ", (int)strcspn(suite + 1, " "),
			    suite + 1);
		if (strstr(sources, backports.buf) || strstr(out->buf, backports.buf))
			continue;
		strbuf_add(out, line, (size_t)(suite - line));
		strbuf_addf(out, "%smain\n", backports.buf);
	}
}

char *debian_find_dependency(const char *show, const char *prefix)
{
	static const char field[] = "\nDepends: ";
	const char *p = strncmp(show, field + 1, strlen(field + 1)) == 0 ? show + strlen(field + 1)
									 : strstr(show, field);

	if (!p)
		return NULL;
	if (*p == '\n')
		p += strlen(field);
	while (*p && *p != '\n') {
		size_t n = strcspn(p, " ,|(:\n");

		if (n && strncmp(p, prefix, strlen(prefix)) == 0)
			return xstrndup(p, n);
		p += strcspn(p, ",|\n");
		p += strspn(p, ",| ");
	}
	return NULL;
}

/* The record of the candidate. 0, -ENOENT if there is none (not logged), or -errno, logged. */
static int show(struct debian *debian, const char *package, struct strbuf *record)
{
	char *const *words = ARGV("apt-cache", "show", "--no-all-versions", package);
	_cleanup_(strbuf_release) struct strbuf error = STRBUF_INIT;
	_cleanup_close_ int lock = debian_lock(debian);
	_cleanup_free_ char *why = NULL;
	int r = lock;

	if (r < 0)
		return r;
	r = debian_apt(debian, record, &error, NULL, words);
	if (r < 0)
		return r == -EINTR ? r : log_error_errno(r, "Cannot run apt-cache");
	if (strncmp(record->buf, "Package: ", 9) == 0)
		return 0;
	if (!r || strstr(error.buf, "No packages found"))
		return -ENOENT;
	why = debian_apt_reason(&error);
	log_error("Cannot look for the Debian package %s: %s", package, why);
	debian_hint(error.buf, debian->dir, NULL);
	return -EIO;
}

int debian_has(struct debian *debian, const char *package)
{
	_cleanup_(strbuf_release) struct strbuf record = STRBUF_INIT;
	int r = show(debian, package, &record);

	if (r == -ENOENT &&
	    !debian->refreshed) { /* it may have been published since this morning */
		_cleanup_close_ int lock = debian_lock(debian);

		r = lock < 0 ? lock : debian_refresh(debian);
		if (r == 0) {
			close(TAKE_FD(lock));
			r = show(debian, package, &record);
		}
	}
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

int debian_newest(struct debian *debian, const char *prefix, char **package)
{
	_cleanup_(strbuf_release) struct strbuf names = STRBUF_INIT, error = STRBUF_INIT;
	_cleanup_close_ int lock = debian_lock(debian);
	_cleanup_free_ char *best = NULL;
	char *rest;
	int r = lock;

	if (r < 0)
		return r;
	r = debian_apt(debian, &names, &error, NULL, ARGV("apt-cache", "pkgnames", prefix));
	if (r < 0)
		return r == -EINTR ? r : log_error_errno(r, "Cannot run apt-cache");
	for (char *name = strtok_r(names.buf, "\n", &rest); name;
	     name = strtok_r(NULL, "\n", &rest)) {
		if (isdigit((unsigned char)name[strlen(prefix)]) ||
		    (best && strverscmp(name, best) <= 0))
			continue;
		free(best);
		best = xstrdup(name);
	}
	*package = TAKE_PTR(best);
	return *package ? 0 : -ENOENT;
}

int debian_resolve(struct debian *debian, const char *meta, const char *prefix, char **package)
{
	_cleanup_(strbuf_release) struct strbuf record = STRBUF_INIT;
	char *found;
	int r = show(debian, meta, &record);

	if (r == -ENOENT)
		log_error("No package %s for %s in Debian's lists", meta, debian->arch);
	if (r < 0)
		return r;
	found = debian_find_dependency(record.buf, prefix);
	if (!found) {
		log_error("Debian package %s (%s) does not depend on a package %s*", meta,
			  debian->arch, prefix);
		return -ENOENT;
	}
	*package = found;
	return 0;
}

int debian_files_parse(struct debian_files *list, const char *uris)
{
	size_t n;

	for (const char *line = uris; *line; line += n + (line[n] != '\0')) {
		_cleanup_free_ char *copy = NULL;
		char *name, *size, *hash, *rest;

		n = strcspn(line, "\n");
		if (*line != '\'')
			continue; /* "Reading package lists..." */
		copy = xstrndup(line, n);
		strtok_r(copy, " ", &rest);
		name = strtok_r(NULL, " ", &rest);
		size = strtok_r(NULL, " ", &rest);
		hash = strtok_r(NULL, " ", &rest);
		if (!hash || strncmp(hash, "SHA256:", 7) != 0 || strlen(hash) != 7 + 64 ||
		    strchr(name, '/'))
			return -EBADMSG;
		GROW(list->files, list->n);
		list->files[list->n++] = (struct debian_file){
			.name = xstrdup(name),
			.sha256 = xstrdup(hash + 7),
			.size = strtoll(size, NULL, 10),
		};
	}
	return 0;
}

void debian_files_release(struct debian_files *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->files[i].name);
		free(list->files[i].sha256);
	}
	free(list->files);
	*list = (struct debian_files){ 0 };
}

char *debian_file_package(const struct debian_file *file)
{
	return xstrndup(file->name, strcspn(file->name, "_"));
}
