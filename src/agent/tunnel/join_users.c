// SPDX-License-Identifier: GPL-2.0-only
/* Users of this machine, from /etc/passwd: a static program cannot ask the C library for others. */
#include "agent/tunnel/join.h"

#include "agent/tunnel/tunnel.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define PASSWD_MAX (1024 * 1024)

/* See passwd(5). */
enum { NAME, PASSWORD, UID, GID, GECOS, HOME, SHELL, N_FIELDS };

/* The fields of a line, in place; false if some are missing. */
static bool split(char *line, char *fields[N_FIELDS])
{
	for (int i = 0; i < N_FIELDS; i++) {
		fields[i] = strsep(&line, ":");
		if (!fields[i])
			return false;
	}
	return true;
}

typedef bool (*see_user)(char *const fields[N_FIELDS], void *arg);

/* Calls `see` for each user until it returns true; false if it never does. */
static bool find(const struct join *join, see_user see, void *arg)
{
	_cleanup_free_ char *path = join_path(join, "/etc/passwd");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	char *rest, *line, *fields[N_FIELDS];

	if (fs_read(path, &text, PASSWD_MAX) < 0)
		return false;
	for (rest = text.buf; (line = strsep(&rest, "\n"));)
		if (split(line, fields) && see(fields, arg))
			return true;
	return false;
}

static bool can_log_in(char *const fields[N_FIELDS])
{
	long uid = strtol(fields[UID], NULL, 10);

	return (uid == 0 || (uid >= 1000 && uid < 60000)) &&
	       !text_ends_with(fields[SHELL], "nologin") && !text_ends_with(fields[SHELL], "false");
}

static bool add_login(char *const fields[N_FIELDS], void *arg)
{
	struct invitation_request *request = arg;

	if (request->n_logins < INVITATION_LOGINS && can_log_in(fields) &&
	    tunnel_is_login(fields[NAME]))
		strcpy(request->logins[request->n_logins++], fields[NAME]); /* it fits */
	return request->n_logins == INVITATION_LOGINS;
}

void join_add_logins(struct join *join)
{
	(void)find(join, add_login, &join->request);
}

static bool is_login(char *const fields[N_FIELDS], void *arg)
{
	return strcmp(fields[NAME], arg) == 0 && can_log_in(fields);
}

bool join_has_login(const struct join *join, const char *login)
{
	return find(join, is_login, (void *)login);
}

static bool take_user(char *const fields[N_FIELDS], void *arg)
{
	struct join *join = arg;

	if (strcmp(fields[NAME], TUNNEL_USER) != 0)
		return false;
	join->gid = (gid_t)strtoul(fields[GID], NULL, 10);
	return true;
}

bool join_find_user(struct join *join)
{
	return find(join, take_user, join);
}
