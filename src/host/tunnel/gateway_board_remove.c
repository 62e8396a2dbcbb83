// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes a board away. Its key goes first, so that no new connection gets in; then the processes of
 * its account are killed, which could go on making sockets; and its root goes before its account, so
 * that a connection which was being made meanwhile finds no folder to create a socket in.
 */
#include "host/tunnel/gateway_board_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/tunnel/account.h"
#include "host/tunnel/systemd.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define END_MS 10000
#define IDLE   3 /* looks without a process until it is believed */

/* One that has ended already, and whose parent has not noticed yet. */
static bool is_zombie(const char *dir)
{
	_cleanup_free_ char *path = xasprintf("%s/stat", dir);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *end;

	if (fs_read(path, &text, 4096) < 0)
		return true;
	end = strrchr(text.buf, ')'); /* of its name, which may have any character */
	return end && strncmp(end, ") Z", 3) == 0;
}

/* The folder of a process belongs to its effective user. sshd's monitor ends with its child. */
static int kill_all_of(uid_t uid)
{
	_cleanup_strv_ char **names = NULL;
	int n = 0, r = fs_list("/proc", &names);

	if (r < 0)
		return r;
	strv_foreach (name, names) {
		_cleanup_free_ char *path = xasprintf("/proc/%s", *name);
		struct stat st;
		char *end;
		long pid = strtol(*name, &end, 10);

		if (*end || pid <= 1 || stat(path, &st) < 0 || st.st_uid != uid || is_zombie(path))
			continue;
		n++;
		if (kill((pid_t)pid, SIGKILL) < 0 && errno != ESRCH)
			return -errno;
	}
	return n;
}

int gateway_board_end_processes(const char *account)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	const struct passwd *user = getpwnam(account);
	long long until = monotonic_ms() + END_MS;
	uid_t uid;
	int r;

	if (!user || user->pw_uid == 0)
		return 0;
	uid = user->pw_uid;
	for (int idle = 0; idle < IDLE; idle = r ? 0 : idle + 1) {
		r = kill_all_of(uid);
		if (r < 0)
			return log_error_errno(r, "Cannot end the connections of %s", account);
		if (monotonic_ms() > until)
			return log_error_errno(-EBUSY, "Cannot end the connections of %s", account);
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int remove_one(const char *path)
{
	int r = fs_remove_tree(path);

	return r < 0 ? log_error_errno(r, "Cannot remove %s", path) : 0;
}

/* Only a connection that was being made when the key went can put a socket into the root now. */
static int end_connections(const struct gateway_board_paths *p)
{
	int r = gateway_board_end_processes(p->account);

	if (r == 0 && fs_remove_tree(p->root) < 0)
		r = gateway_board_end_processes(p->account);
	if (r == 0)
		r = remove_one(p->root);
	return r < 0 ? r : gateway_board_end_processes(p->account);
}

static int stop_units(const struct gateway_board_paths *p)
{
	int r = 0;

	if (systemd_is_active(p->socket_unit))
		r = systemd_call("stop", p->socket_unit);
	if (r == 0 && systemd_is_active(p->service_unit))
		r = systemd_call("stop", p->service_unit);
	return r;
}

/* The file that makes it a board goes last: until then, revoke can be repeated. */
static int remove_files(const struct gateway_board_paths *p)
{
	const char *const paths[] = { p->root,   p->host_entry, p->unit_link, p->unit_dir,
				      p->status, p->history,    p->conf };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(paths); i++)
		r = remove_one(paths[i]);
	return r;
}

/* The file goes first: without its account, nobody would know whose it is. */
static int remove_account(const char *name)
{
	_cleanup_free_ char *file = gateway_board_uid_file(name);
	int r = file ? remove_one(file) : 0;

	return r < 0 ? r : account_remove(name);
}

int gateway_board_remove(const char *name)
{
	_cleanup_(gateway_board_paths_release) struct gateway_board_paths p;
	int r;

	gateway_board_paths(name, &p);
	r = remove_one(p.keys);
	if (r == 0)
		r = stop_units(&p);
	if (r == 0)
		r = end_connections(&p);
	if (r == 0)
		r = remove_account(p.account);
	if (r == 0)
		r = remove_files(&p);
	if (r == 0)
		r = systemd_call("daemon-reload", NULL);
	return r < 0 ? r : systemd_call("reload-or-restart", "outpost-nft.service");
}
