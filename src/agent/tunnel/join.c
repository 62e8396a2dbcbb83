// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/join.h"

#include "agent/tunnel/unit.h"
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"

#include <errno.h>
#include <sys/stat.h>

/* Results that are not errors. */
enum { ACCEPTED, JOINED_ALREADY };

char *join_path(const struct join *join, const char *path)
{
	return xasprintf("%s%s", join->root, path);
}

static int denied(const struct join *join)
{
	if (!unit_is_up(join->root, join->invitation.name, join->invitation.gateway))
		return join_say_denied(join);
	log_info("This board has joined %s as %s already, and its tunnel works",
		 join->invitation.gateway, join->invitation.name);
	return JOINED_ALREADY;
}

/* The answer got lost. TUNNEL_NEW remains unless it is known to be in vain. */
static int unknown(const struct join *join)
{
	if (join_key_works(join))
		return ACCEPTED;
	log_hint(
		"Run the same line again. If the gateway then does not accept the invitation, run " TUNNEL_PROGRAM
		" tunnel join");
	return -ECONNRESET;
}

static int ask(struct join *join)
{
	int r = -EACCES;

	switch (join_ask(join)) {
	case JOIN_YES: return join_write(join);
	case JOIN_UNKNOWN: return unknown(join);
	case JOIN_DENIED:
		join->made_new = true; /* its key was tried, so an older one is of no use either */
		r = denied(join);
		break;
	case JOIN_NO: break;
	}
	join_take_back(join);
	return r;
}

static int accept_invitation(struct join *join)
{
	int r = join_read_invitation(join);

	if (r == 0)
		r = join_describe(join);
	if (r < 0)
		return r;
	r = join_prepare(join);
	if (r < 0) {
		join_take_back(join);
		return r;
	}
	if (!join->made_new && join_key_works(join)) {
		log_info(
			"The gateway has accepted this board in an earlier join, which was interrupted");
		return ACCEPTED;
	}
	return ask(join);
}

static int resume(struct join *join)
{
	int r = join_resume(join);

	if (r < 0)
		return r;
	if (join_key_works(join))
		return ACCEPTED;
	log_error("The gateway %s cannot be reached, or does not accept the key in %s%s",
		  join->invitation.gateway, join->root, TUNNEL_NEW);
	log_hint("If it can be reached (ping %s), run outpost tunnel invite %s there",
		 join->invitation.gateway, join->invitation.name);
	return -EACCES;
}

static void warn_of_login(const struct join *join)
{
	const char *login = join->reply.login;

	if (!*login || join_has_login(join, login))
		return;
	log_warn("The gateway is told to log in as %s, a user that this board does not have",
		 login);
	log_hint("Create the user, or run outpost tunnel invite %s --login USER on the gateway",
		 join->invitation.name);
}

static int start(const struct join *join)
{
	int r = unit_install(join->root);

	if (r == 0)
		r = unit_restart(join->root);
	if (r == 0)
		log_info("This board is now %s on %s: there, run ssh %s", join->invitation.name,
			 join->invitation.gateway, join->invitation.name);
	return r;
}

static int complete(struct join *join)
{
	int r = join_commit(join);

	if (r < 0) {
		log_hint(
			"The gateway has accepted this board. When that is fixed, run " TUNNEL_PROGRAM
			" tunnel join");
		return r;
	}
	warn_of_login(join);
	return join->start ? start(join) : 0;
}

int tunnel_join(struct join *join)
{
	int r = join_check_machine(join);

	umask(022); /* what is secret has its own mode; the line with the invitation sets 077 */
	if (r == 0)
		r = join->dir ? accept_invitation(join) : resume(join);
	if (r == ACCEPTED)
		r = complete(join);
	return r < 0;
}
