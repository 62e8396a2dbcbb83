// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/legs_internal.h"

#include "common/alloc.h"
#include "common/options.h"
#include "common/process.h"
#include "common/strbuf.h"

#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const struct {
	const char *name;
	leg_try *try;
} table[] = {
	{ "account", leg_account },     { "key", leg_key },           { "sshd", leg_sshd },
	{ "socket", leg_socket },       { "listener", leg_listener }, { "probe", leg_probe },
	{ "board's sshd", leg_banner }, { "host key", leg_host_key }, { "login", leg_login },
	{ "port", leg_port },
};

_Static_assert(ARRAY_SIZE(table) <= TUNNEL_LEGS_MAX, "there is room for all legs");

static char *format(const char *fmt, va_list ap)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_vaddf(&sb, fmt, ap);
	return strbuf_detach(&sb);
}

#define SET(leg, new_state, field)               \
	do {                                     \
		va_list ap_;                     \
		va_start(ap_, fmt);              \
		(leg)->state = (new_state);      \
		free((leg)->field);              \
		(leg)->field = format(fmt, ap_); \
		va_end(ap_);                     \
	} while (0)

void leg_ok(struct tunnel_leg *leg, const char *fmt, ...)
{
	SET(leg, TUNNEL_LEG_OK, detail);
}

void leg_skip(struct tunnel_leg *leg, const char *fmt, ...)
{
	SET(leg, TUNNEL_LEG_SKIPPED, detail);
}

void leg_fail(struct tunnel_leg *leg, const char *fmt, ...)
{
	SET(leg, TUNNEL_LEG_FAILED, detail);
}

void leg_fix(struct tunnel_leg *leg, const char *fmt, ...)
{
	SET(leg, TUNNEL_LEG_FAILED, fix);
}

const char *leg_user(const struct trip *trip)
{
	const struct passwd *pw = trip->user ? NULL : getpwuid(geteuid());

	return trip->user ? trip->user : pw ? pw->pw_name : "USER";
}

/* Whoever could set this variable for root could only choose whose rights are used. */
static void find_caller(struct trip *trip)
{
	const char *text = geteuid() == 0 ? getenv("SUDO_UID") : NULL;
	const struct passwd *pw;
	int uid;

	if (!text || parse_int(text, 1, INT_MAX, &uid) < 0)
		return;
	pw = getpwuid((uid_t)uid);
	if (pw) {
		trip->user = xstrdup(pw->pw_name);
		trip->uid = pw->pw_uid;
	}
}

const struct tunnel_leg *tunnel_legs_try(const char *root, const char *name,
					 struct tunnel_legs *legs)
{
	struct trip trip = { .root = root, .name = name };
	const struct tunnel_leg *failed = NULL;

	snprintf(trip.account, sizeof(trip.account), TUNNEL_ACCOUNT "%s", name);
	trip.sockets = xasprintf("%s" TUNNEL_ROOTS "/%s/" TUNNEL_SOCKETS, root, trip.account);
	trip.keys = xasprintf("%s" TUNNEL_KEYS "/%s", root, name);
	find_caller(&trip);
	*legs = (struct tunnel_legs){ .n = ARRAY_SIZE(table) };
	for (size_t i = 0; i < legs->n; i++) {
		struct tunnel_leg *leg = &legs->list[i];

		leg->name = table[i].name;
		leg->state = TUNNEL_LEG_NOT_TRIED;
		if (failed || process_interrupted)
			continue;
		table[i].try(&trip, leg);
		if (leg->state == TUNNEL_LEG_FAILED)
			failed = leg;
	}
	free(trip.sockets);
	free(trip.keys);
	free(trip.user);
	return failed;
}

void tunnel_legs_release(struct tunnel_legs *legs)
{
	for (size_t i = 0; i < legs->n; i++) {
		free(legs->list[i].detail);
		free(legs->list[i].fix);
	}
	legs->n = 0;
}
