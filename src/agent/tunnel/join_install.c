// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/join.h"

#include "agent/tunnel/tunnel.h"
#include "agent/tunnel/unit.h"
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#define FILE_MAX (64 * 1024)

/* Runs a program that should succeed silently. */
static int run(char *const *argv)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	const struct process_options options = {
		.output = &said, .error = &said, .output_max = FILE_MAX, .timeout_ms = 60000
	};
	int r = process_run(argv, &options);

	if (r < 0)
		return log_error_errno(r, "Cannot run %s", argv[0]);
	if (r == 0)
		return 0;
	log_lines(LOG_LEVEL_ERROR, said.buf, "%s failed with status %d", argv[0], r);
	return -EIO;
}

/* --- the user --- */

static int make_user(struct join *join)
{
	const char *prefix = *join->root ? join->root : "/";
	int r;

	if (join_find_user(join))
		return 0;
	r = run(ARGV("useradd", "--prefix", prefix, "--system", "--user-group", "--no-create-home",
		     "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", TUNNEL_USER));
	if (r < 0)
		return r;
	join->made_user = true;
	if (join_find_user(join))
		return 0;
	log_error("useradd has added no user " TUNNEL_USER " to %s/etc/passwd", join->root);
	return -ENOENT;
}

/* --- the program --- */

static bool same_content(const char *a, const char *b)
{
	_cleanup_(strbuf_release) struct strbuf x = STRBUF_INIT, y = STRBUF_INIT;

	return fs_read(a, &x, 0) == 0 && fs_read(b, &y, 0) == 0 && x.len == y.len &&
	       memcmp(x.buf, y.buf, x.len) == 0;
}

static int make_program(struct join *join)
{
	_cleanup_free_ char *path = join_path(join, TUNNEL_PROGRAM);
	_cleanup_free_ char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	_cleanup_(strbuf_release) struct strbuf self = STRBUF_INIT;
	bool was_there = fs_is_there(path);
	int r;

	if (same_content("/proc/self/exe", path))
		return 0;
	r = fs_mkdir_p(dir, 0755);
	if (r == 0)
		r = fs_read("/proc/self/exe", &self, 0);
	if (r == 0)
		r = fs_write_atomic(path, self.buf, self.len, 0755);
	if (r < 0)
		return log_error_errno(r, "Cannot write %s", path);
	join->made_program = !was_there;
	return 0;
}

/* --- the folder --- */

static char *new_path(const struct join *join, const char *name)
{
	return xasprintf("%s" TUNNEL_NEW "/%s", join->root, name);
}

/* The key is for the group that the supervisor runs as; the rest is no secret. */
static int put(const struct join *join, const char *name, const struct strbuf *text, mode_t mode)
{
	_cleanup_free_ char *path = new_path(join, name);
	int r = fs_write_atomic(path, text->buf, text->len, mode);

	if (r == 0 && chown(path, 0, join->gid) < 0)
		r = -errno;
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int put_config(const struct join *join)
{
	_cleanup_(tunnel_config_release) struct tunnel_config config;
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	tunnel_config_init(&config, join->root);
	config.name = xstrdup(join->invitation.name);
	config.gateway = xstrdup(join->invitation.gateway);
	config.account = xstrdup(join->account);
	config.port = join->invitation.port;
	strbuf_adds(
		&text,
		"# Written by outpost-agent tunnel join. Afterwards: systemctl restart " TUNNEL_UNIT
		"\n");
	tunnel_config_write(&text, &config);
	return put(join, TUNNEL_CONFIG_FILE, &text, 0644);
}

/* The first line differs each time: see tunnel_config_pin(). */
static int put_hosts(const struct join *join, const char *lines, size_t n)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	strbuf_addf(&text, "# joined %lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
	strbuf_add(&text, lines, n);
	return put(join, TUNNEL_HOSTS_FILE, &text, 0644);
}

static int put_invited_hosts(const struct join *join)
{
	_cleanup_free_ char *path = xasprintf("%s/" TUNNEL_HOSTS_FILE, join->dir);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_read(path, &text, FILE_MAX);

	return r < 0 ? log_error_errno(r, "Cannot read the invitation's host keys, %s", path)
		     : put_hosts(join, text.buf, text.len);
}

static int make_key(const struct join *join)
{
	_cleanup_free_ char *path = new_path(join, TUNNEL_KEY_FILE);
	_cleanup_free_ char *comment = xasprintf("outpost-%s", join->invitation.name);
	int r;

	if (fs_exists(path))
		return 0;
	r = run(ARGV("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path));
	if (r == 0 && (chown(path, 0, join->gid) < 0 || chmod(path, 0640) < 0))
		r = log_error_errno(-errno, "Cannot protect %s", path);
	return r;
}

static int read_public_key(struct join *join)
{
	_cleanup_free_ char *path = new_path(join, TUNNEL_KEY_FILE ".pub");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_read_trimmed(path, &text, FILE_MAX);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", path);
	if (ssh_key_parse(&join->request.key, (struct text){ text.buf, text.len }, SSH_KEY_LOGIN))
		return 0;
	log_error("%s is not the key that ssh-keygen was to make", path);
	return -EBADMSG;
}

static int load_new(const struct join *join, struct tunnel_config *config)
{
	_cleanup_free_ char *path = new_path(join, TUNNEL_CONFIG_FILE);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_read(path, &text, FILE_MAX);

	tunnel_config_init(config, join->root);
	return r < 0 ? r : tunnel_config_parse(config, path, text.buf);
}

/* What an interrupted join has left is of use only for the same board and gateway. */
static bool is_ours(const struct join *join)
{
	_cleanup_(tunnel_config_release) struct tunnel_config config;

	return load_new(join, &config) == 0 && strcmp(config.name, join->invitation.name) == 0 &&
	       strcmp(config.gateway, join->invitation.gateway) == 0;
}

/* The configuration comes last: with it, the folder is complete. */
static int make_new(struct join *join)
{
	_cleanup_free_ char *dir = join_path(join, TUNNEL_NEW);
	int r;

	if (is_ours(join))
		return read_public_key(join);
	join->made_new = true;
	r = fs_remove_tree(dir);
	if (r == 0)
		r = fs_mkdir_p(dir, 0755);
	if (r == 0 && (chown(dir, 0, join->gid) < 0 || chmod(dir, 0750) < 0))
		r = -errno;
	if (r < 0)
		return log_error_errno(r, "Cannot make the folder %s", dir);
	r = make_key(join);
	if (r == 0)
		r = read_public_key(join);
	if (r == 0)
		r = put_invited_hosts(join);
	return r == 0 ? put_config(join) : r;
}

int join_prepare(struct join *join)
{
	int r;

	snprintf(join->account, sizeof(join->account), TUNNEL_ACCOUNT "%s", join->invitation.name);
	r = make_user(join);
	if (r == 0)
		r = make_program(join);
	return r == 0 ? make_new(join) : r;
}

void join_take_back(struct join *join)
{
	_cleanup_free_ char *dir = join_path(join, TUNNEL_NEW);
	_cleanup_free_ char *program = join_path(join, TUNNEL_PROGRAM);
	const char *prefix = *join->root ? join->root : "/";
	int r = join->made_new ? fs_remove_tree(dir) : 0;

	if (r < 0)
		log_warn_errno(r, "Cannot remove %s", dir);
	if (join->made_program && unlink(program) < 0)
		log_warn_errno(-errno, "Cannot remove %s", program);
	if (join->made_user)
		(void)run(ARGV("userdel", "--prefix", prefix, TUNNEL_USER));
}

/* --- after the gateway has said yes --- */

int join_write(struct join *join)
{
	_cleanup_(strbuf_release) struct strbuf hosts = STRBUF_INIT;
	int r;

	snprintf(join->account, sizeof(join->account), "%s", join->reply.account);
	invitation_write_known_hosts(&hosts, TUNNEL_GATEWAY_ALIAS, join->reply.host_keys,
				     join->reply.n_host_keys);
	r = put_hosts(join, hosts.buf, hosts.len);
	return r == 0 ? put_config(join) : r;
}

int join_commit(struct join *join)
{
	_cleanup_free_ char *from = join_path(join, TUNNEL_NEW);
	_cleanup_free_ char *to = join_path(join, TUNNEL_DIR);
	int r = 0;

	if (rename(from, to) == 0)
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return log_error_errno(-errno, "Cannot put %s in the place of %s", from, to);
	if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 2 /* RENAME_EXCHANGE */) < 0)
		return log_error_errno(-errno, "Cannot put %s in the place of %s", from, to);
	r = fs_remove_tree(from);
	if (r < 0)
		log_warn_errno(r, "Cannot remove the earlier settings, %s", from);
	return 0;
}

int join_resume(struct join *join)
{
	_cleanup_(tunnel_config_release) struct tunnel_config config;
	int r = load_new(join, &config);

	if (r < 0) {
		log_error("There is no interrupted join to complete");
		log_hint(
			"Run outpost tunnel invite NAME on the gateway, and here the line that it prints");
		return r;
	}
	snprintf(join->invitation.name, sizeof(join->invitation.name), "%s", config.name);
	snprintf(join->invitation.gateway, sizeof(join->invitation.gateway), "%s", config.gateway);
	snprintf(join->account, sizeof(join->account), "%s", config.account);
	join->invitation.port = config.port;
	return join_find_user(join) ? 0 : log_error_errno(-ENOENT, "There is no user " TUNNEL_USER);
}
