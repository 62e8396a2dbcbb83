// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/setup_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX    (1024 * 1024)
#define PROGRAM_MAX (64 * 1024 * 1024)

static int not_ours(const char *label, const char *name)
{
	log_error("%s%s exists already, and setup-gateway did not create it", label, name);
	log_hint("Rename or remove it, and run the command again");
	return -EEXIST;
}

/* Notes that a new thing is made; 1 if it must be made now. */
static int begin(struct setup *s, enum made_kind kind, const char *name)
{
	int r;

	strbuf_addf(s->changes, "+ %s%s\n", made_label(kind), name);
	if (s->dry_run)
		return 0;
	r = made_add(&s->made, kind, name);
	return r < 0 ? r : 1;
}

/* An administrator may have created the group, and keeps it then. */
int setup_put_group(struct setup *s, const char *name)
{
	int r = 0;

	if (!account_group_exists(name)) {
		r = begin(s, MADE_GROUP, name);
		if (r > 0)
			r = account_add_group(name);
	}
	return r;
}

int setup_put_user(struct setup *s, const struct account *account)
{
	int r;

	if (account_exists(account->name))
		return made_has(&s->made, MADE_USER, account->name)
			       ? 0
			       : not_ours("user ", account->name);
	r = begin(s, MADE_USER, account->name);
	return r > 0 ? account_add(account) : r;
}

static int make_dir(const char *path, const char *owner)
{
	const struct passwd *user = owner ? getpwnam(owner) : NULL;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (chmod(path, 0755) < 0)
		return -errno;
	if (owner && (!user || chown(path, user->pw_uid, user->pw_gid) < 0))
		return user ? -errno : -ESRCH;
	return 0;
}

/*
 * The first of them has the record, so it exists before it is recorded. An empty one without a
 * record is from a command that was killed in between.
 */
static int put_first_dir(struct setup *s)
{
	_cleanup_strv_ char **names = NULL;
	int r;

	if (made_has(&s->made, MADE_DIR, TUNNEL_STATE) ||
	    (fs_list(TUNNEL_STATE, &names) == 0 && strv_length(names)))
		return 0;
	if (!s->dry_run) {
		r = make_dir(TUNNEL_STATE, NULL);
		if (r < 0)
			return log_error_errno(r, "Cannot create " TUNNEL_STATE);
	}
	r = begin(s, MADE_DIR, TUNNEL_STATE);
	return r < 0 ? r : 0;
}

int setup_put_dir(struct setup *s, const char *path, const char *owner)
{
	int r;

	if (strcmp(path, TUNNEL_STATE) == 0)
		return put_first_dir(s);
	if (fs_is_there(path))
		return 0;
	r = begin(s, MADE_DIR, path);
	if (r <= 0)
		return r;
	r = make_dir(path, owner);
	return r < 0 ? log_error_errno(r, "Cannot create %s", path) : 0;
}

/* Adds the lines that change, as diff(1) shows them. */
static void add_diff(struct setup *s, const char *path, bool exists, const char *text, size_t n)
{
	const struct process_options options = { .input = text,
						 .input_len = n,
						 .output = s->changes,
						 .timeout_ms = 20000,
						 .output_max = TEXT_MAX };
	const char *old = exists ? path : "/dev/null";

	(void)process_run(ARGV("diff", "-u", "--label", old, "--label", path, old, "-"), &options);
}

/* 1 if the file is to be written, 0 if it is as it should be. */
static int begin_file(struct setup *s, const char *path, const struct strbuf *old, bool exists,
		      const char *text, size_t n, mode_t mode)
{
	int r = 1;

	if (exists && old->len == n && memcmp(old->buf, text, n) == 0)
		return 0;
	if (exists && !made_has(&s->made, MADE_FILE_OR_LINK, path))
		return not_ours("", path);
	if (exists)
		strbuf_addf(s->changes, "~ %s\n", path);
	else
		r = begin(s, MADE_FILE_OR_LINK, path);
	if (s->dry_run && mode == 0644)
		add_diff(s, path, exists, text, n);
	return s->dry_run ? 0 : r;
}

static int put_file(struct setup *s, const char *path, const char *text, size_t n, mode_t mode)
{
	_cleanup_(strbuf_release) struct strbuf old = STRBUF_INIT;
	int r = fs_read(path, &old, PROGRAM_MAX);

	if (r < 0 && r != -ENOENT)
		return log_error_errno(r, "Cannot read %s", path);
	r = begin_file(s, path, &old, r == 0, text, n, mode);
	if (r <= 0)
		return r;
	s->files_changed = true;
	r = fs_write_atomic(path, text, n, mode);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

int setup_put_text(struct setup *s, const char *path, const char *text, size_t n)
{
	return put_file(s, path, text, n, 0644);
}

/* Where Outpost is installed in /usr/local, the program is there already. */
int setup_put_program(struct setup *s, const char *path, const char *source)
{
	_cleanup_(strbuf_release) struct strbuf program = STRBUF_INIT;
	int r = fs_read(source, &program, PROGRAM_MAX);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", source);
	return put_file(s, path, program.buf, program.len, 0755);
}

int setup_put_link(struct setup *s, const char *path, const char *target)
{
	int r;

	if (fs_is_link_to(path, target))
		return 0;
	if (fs_is_there(path) && !made_has(&s->made, MADE_FILE_OR_LINK, path))
		return not_ours("", path);
	r = begin(s, MADE_FILE_OR_LINK, path);
	if (r <= 0)
		return r;
	s->files_changed = true;
	r = fs_put_link(path, target);
	return r < 0 ? log_error_errno(r, "Cannot create %s", path) : 0;
}

static int check_one(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : log_error_errno(-errno, "Cannot read %s", path);
	if (st.st_uid == 0 && !(st.st_mode & 022))
		return 0;
	log_error("sshd does not trust what is in %s: others than root can write to it", path);
	log_hint("As root, run chown root %s; chmod go-w %s", path, path);
	return -EPERM;
}

int setup_check_trusted(const char *path)
{
	_cleanup_free_ char *copy = xstrdup(path);
	int r = check_one("/");

	for (char *p = copy + 1; r == 0; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		r = check_one(copy);
		*p = c;
		if (c == '\0')
			break;
	}
	return r;
}
