// SPDX-License-Identifier: GPL-2.0-only
#include "agent/provision/step.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX   (1024 * 1024)
#define OUTPUT_MAX (4 * 1024 * 1024)
#define PROGRAM_MS (60 * 60 * 1000)

void provision_note(struct provision *p, const char *fmt, ...)
{
	outpost_Provisioned *reply = p->reply;
	va_list ap;

	p->changed = true;
	if (reply->lines_count == ARRAY_SIZE(reply->lines)) {
		proto_set(reply->lines[reply->lines_count - 1], "... and more");
		return;
	}
	va_start(ap, fmt);
	vsnprintf(reply->lines[reply->lines_count++], sizeof(reply->lines[0]), fmt, ap);
	va_end(ap);
}

static void set_why(struct provision *p, const char *fmt, va_list ap)
{
	if (!*p->reply->why)
		vsnprintf(p->reply->why, sizeof(p->reply->why), fmt, ap);
}

int provision_fail(struct provision *p, int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_why(p, fmt, ap);
	va_end(ap);
	return r;
}

const char *provision_skip(struct provision *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_why(p, fmt, ap);
	va_end(ap);
	return p->reply->why;
}

/* --- files ------------------------------------------------------------------------ */

void provision_path(const struct provision *p, char full[DIRS_MAX], const char *path)
{
	snprintf(full, DIRS_MAX, "%s%s", p->dirs->root, path);
}

bool provision_exists(const struct provision *p, const char *path)
{
	char full[DIRS_MAX];

	provision_path(p, full, path);
	return fs_is_there(full);
}

int provision_read(const struct provision *p, const char *path, struct strbuf *text)
{
	char full[DIRS_MAX];

	provision_path(p, full, path);
	return fs_read(full, text, FILE_MAX);
}

static int make_parent(const char *full)
{
	_cleanup_free_ char *dir = xstrndup(full, (size_t)(strrchr(full, '/') - full));

	return fs_mkdir_p(dir, 0755);
}

int provision_write(const struct provision *p, const char *path, const char *text, mode_t mode)
{
	char full[DIRS_MAX];
	mode_t mask = umask(022);
	int r;

	provision_path(p, full, path);
	r = make_parent(full);
	if (r == 0)
		r = fs_write_atomic(full, text, strlen(text), mode);
	umask(mask);
	return r;
}

int provision_remove(const struct provision *p, const char *path)
{
	char full[DIRS_MAX];

	provision_path(p, full, path);
	return unlink(full) < 0 && errno != ENOENT ? -errno : 0;
}

int provision_no_file(struct provision *p, const char *path)
{
	int r;

	if (!provision_exists(p, path))
		return 0;
	provision_note(p, "remove %s", path);
	if (p->look)
		return 0;
	r = provision_remove(p, path);
	return r < 0 ? provision_fail(p, r, "Cannot remove %s: %s", path, log_reason(r)) : 0;
}

/* A link, say, is none of these. */
static bool is_as_wanted(const struct provision *p, const char *path, const char *text, mode_t mode)
{
	_cleanup_(strbuf_release) struct strbuf now = STRBUF_INIT;
	char full[DIRS_MAX];
	struct stat st;

	provision_path(p, full, path);
	return lstat(full, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == mode &&
	       st.st_uid == geteuid() && fs_read(full, &now, FILE_MAX) == 0 &&
	       strcmp(now.buf, text) == 0;
}

int provision_file(struct provision *p, const char *path, const char *text, mode_t mode)
{
	int r;

	if (p->undo)
		return provision_no_file(p, path);
	if (is_as_wanted(p, path, text, mode))
		return 0;
	provision_note(p, "write %s", path);
	if (p->look)
		return 0;
	r = provision_write(p, path, text, mode);
	return r < 0 ? provision_fail(p, r, "Cannot write %s: %s", path, log_reason(r)) : 0;
}

/* --- programs ------------------------------------------------------------------------ */

/* The same as root's; below the root of a test, only what the test put there. */
static char *search_path(const struct provision *p)
{
	const char *root = p->dirs->root;

	return xasprintf("PATH=%s/usr/local/sbin:%s/usr/local/bin:%s/usr/sbin:%s/usr/bin:%s/sbin:"
			 "%s/bin",
			 root, root, root, root, root, root);
}

bool provision_has_program(const struct provision *p, const char *name)
{
	static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };
	char full[DIRS_MAX], path[128];

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], name);
		provision_path(p, full, path);
		if (access(full, X_OK) == 0)
			return true;
	}
	return false;
}

bool provision_has_systemd(const struct provision *p)
{
	return provision_exists(p, "/run/systemd/system");
}

int provision_run(const struct provision *p, char *const *argv, struct strbuf *output)
{
	_cleanup_free_ char *path = search_path(p);
	_cleanup_(strbuf_release) struct strbuf unused = STRBUF_INIT;
	char *const env[] = { path,
			      (char *)"HOME=/root",
			      (char *)"LC_ALL=C",
			      (char *)"DEBIAN_FRONTEND=noninteractive",
			      (char *)"SYSTEMD_COLORS=0",
			      (char *)"NEEDRESTART_SUSPEND=1",
			      NULL };
	struct strbuf *to = output ? output : &unused;

	return process_run(argv, &(struct process_options){ .env = env,
							    .output = to,
							    .error = to,
							    .timeout_ms = PROGRAM_MS,
							    .output_max = OUTPUT_MAX });
}

/* The last line that says something. */
static const char *last_line(struct strbuf *text)
{
	char *line;

	while (text->len && strchr("\n\r ", text->buf[text->len - 1]))
		text->buf[--text->len] = '\0';
	line = strrchr(text->buf, '\n');
	return line ? line + 1 : text->buf;
}

int provision_must(struct provision *p, char *const *argv)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	int r = provision_run(p, argv, &said);
	const char *line = last_line(&said);

	if (r == 0)
		return 0;
	if (r < 0)
		return provision_fail(p, r, "Cannot run %s: %s", argv[0], log_reason(r));
	return provision_fail(p, -EIO, "%s %s failed with status %d%s%.200s", argv[0],
			      argv[1] ? argv[1] : "", r, *line ? ": " : "", line);
}

/* --- what must outlive a restart --------------------------------------------------- */

static void state_path(char path[128], const char *name)
{
	snprintf(path, 128, PROVISION_STATE "/%s", name);
}

int provision_remember(const struct provision *p, const char *name, const char *text)
{
	char path[128];

	state_path(path, name);
	return provision_write(p, path, text, 0644);
}

bool provision_recall(const struct provision *p, const char *name, char *text, size_t size)
{
	char path[128], full[DIRS_MAX];

	state_path(path, name);
	provision_path(p, full, path);
	dirs_read(full, text, size);
	return fs_exists(full);
}

void provision_forget(const struct provision *p, const char *name)
{
	char path[128];

	state_path(path, name);
	(void)provision_remove(p, path);
}
