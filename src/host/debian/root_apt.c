// SPDX-License-Identifier: GPL-2.0-only
/* Sets up a machine to use the same mirrors as this one. */
#include "host/debian/debian.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/debian/internal.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>

#define KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg" /* from the package of that name */

/* Settings that a machine behind the same network, with the same mirror, needs too. */
static const char *const options[] = { "Acquire::http::Proxy", "Acquire::https::Proxy",
				       "Acquire::Check-Valid-Until", "Acquire::Check-Date",
				       "Acquire::Retries" };

static int write_in(const char *root, const char *name, const struct strbuf *text)
{
	_cleanup_free_ char *path = path_join(root, name, NULL);
	_cleanup_free_ char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	int r = fs_mkdir_p(dir, 0755);

	if (r == 0)
		r = fs_write_atomic(path, text->buf, text->len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

void debian_sources_strip(const char *ours, struct strbuf *out)
{
	size_t n;

	for (const char *line = ours; *line; line += n + (line[n] != '\0')) {
		const char *close;

		n = strcspn(line, "\n");
		close = memchr(line, ']', n);
		if (close)
			strbuf_addf(out, "deb [signed-by=" KEYRING "]%.*s\n",
				    (int)(line + n - close - 1), close + 1);
	}
}

/* `line` of apt-config dump, with the loopback address replaced. */
static void add_option(struct strbuf *out, const char *line, size_t n, const char *here)
{
	static const char *const loopback[] = { "//127.0.0.1", "//localhost", "//[::1]" };
	_cleanup_free_ char *copy = xstrndup(line, n);

	for (size_t i = 0; i < ARRAY_SIZE(loopback); i++) {
		const char *at = strstr(copy, loopback[i]);

		if (!at)
			continue;
		strbuf_addf(out, "%.*s//%s%s\n", (int)(at - copy), copy, here,
			    at + strlen(loopback[i]));
		return;
	}
	strbuf_addf(out, "%s\n", copy);
}

static int write_options(const char *root, const char *here)
{
	_cleanup_(strbuf_release) struct strbuf dump = STRBUF_INIT, text = STRBUF_INIT;
	int r = process_run(ARGV("apt-config", "dump"),
			    &(struct process_options){ .output = &dump });
	size_t n;

	if (r)
		return log_error_errno(r < 0 ? r : -EIO, "Cannot run apt-config");
	for (const char *line = dump.buf; *line; line += n + (line[n] != '\0')) {
		n = strcspn(line, "\n");
		for (size_t i = 0; i < ARRAY_SIZE(options); i++)
			if (strncmp(line, options[i], strlen(options[i])) == 0 &&
			    line[strlen(options[i])] == ' ')
				add_option(&text, line, n, here);
	}
	return write_in(root, "etc/apt/apt.conf.d/90outpost", &text);
}

static int copy_lists(const struct debian *debian, const char *root)
{
	_cleanup_free_ char *from = path_join(debian->dir, "lists", NULL);
	_cleanup_free_ char *to = path_join(root, "var/lib/apt/lists", NULL);
	_cleanup_strv_ char **names = NULL;
	int r = fs_mkdir_p(to, 0755);

	if (r == 0)
		r = fs_list(from, &names);
	strv_foreach (name, names) {
		_cleanup_free_ char *file = path_join(from, *name, NULL);
		_cleanup_free_ char *copy = path_join(to, *name, NULL);

		if (r == 0 && strstr(*name, "_dists_"))
			r = fs_copy(file, copy);
	}
	return r < 0 ? log_error_errno(r, "Cannot copy apt's lists to %s", to) : 0;
}

static int read_sources(struct debian *debian, struct strbuf *sources)
{
	_cleanup_free_ char *path = path_join(debian->dir, "sources.list", NULL);
	_cleanup_(strbuf_release) struct strbuf ours = STRBUF_INIT;
	int r = fs_read(path, &ours, 0);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", path);
	debian_sources_strip(ours.buf, sources);
	return 0;
}

int debian_configure_apt(struct debian *debian, const char *root, const char *here)
{
	_cleanup_(strbuf_release) struct strbuf sources = STRBUF_INIT;
	_cleanup_close_ int lock = debian_lock(debian);
	int r = lock < 0 ? lock : read_sources(debian, &sources);

	if (r == 0)
		r = write_in(root, "etc/apt/sources.list", &sources);
	if (r == 0)
		r = write_options(root, here);
	return r < 0 ? r : copy_lists(debian, root);
}

char *debian_suite(struct debian *debian)
{
	_cleanup_(strbuf_release) struct strbuf sources = STRBUF_INIT;
	char *save = NULL, *suite;

	if (read_sources(debian, &sources) < 0)
		return NULL;
	suite = strtok_r(sources.buf, " \n", &save);
	for (int i = 0; suite && i < 3; i++) /* "deb [signed-by=FILE] URI SUITE main" */
		suite = strtok_r(NULL, " \n", &save);
	return suite ? xstrdup(suite) : NULL;
}
