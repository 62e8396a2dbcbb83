// SPDX-License-Identifier: GPL-2.0-only
/*
 * sshd limits neither the connections of an account nor the sockets that they leave behind. A board
 * gets no more of them if it has far more than any tunnel needs, so that it cannot take the gateway's
 * memory, or the inodes of its disk, from the other boards.
 */
#include "gateway/gateway.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"

#include <ctype.h>
#include <pwd.h>
#include <sys/stat.h>
#include <syslog.h>

/* One process for each connection. A dead one stays for 90 s: see ClientAliveInterval. */
#define PROCESSES_MAX 50

/* Of the folder itself: it has two sockets, and with a thousand it takes some 20 KiB. */
#define FOLDER_MAX (64 * 1024)

/* 0 if /proc hides the processes of others (hidepid). */
static size_t count_processes(uid_t uid)
{
	_cleanup_strv_ char **names = NULL;
	size_t n = 0;

	(void)fs_list("/proc", &names);
	strv_foreach (name, names) {
		_cleanup_free_ char *path = xasprintf("/proc/%s", *name);
		struct stat st;

		n += isdigit((unsigned char)**name) && stat(path, &st) == 0 && st.st_uid == uid;
	}
	return n;
}

static void note(const char *account, const char *what)
{
	openlog("outpost-gateway", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_WARNING, "%s has %s; refusing its next connection", account, what);
	closelog();
}

bool board_is_crowded(const struct gateway_places *places, const char *account)
{
	_cleanup_free_ char *sockets = xasprintf("%s/%s/" TUNNEL_SOCKETS, places->roots, account);
	const struct passwd *user = getpwnam(account);
	struct stat st;

	if (stat(sockets, &st) == 0 && st.st_size > FOLDER_MAX) {
		note(account, "filled its folder with sockets");
		return true;
	}
	if (!user || count_processes(user->pw_uid) < PROCESSES_MAX)
		return false;
	note(account, "too many connections");
	return true;
}
