// SPDX-License-Identifier: GPL-2.0-only
/* What the gateway must have before a board can connect. */
#include "host/tunnel/legs_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/invitation.h"
#include "common/log.h"
#include "common/process.h"
#include "common/ssh_key.h"
#include "common/strv.h"
#include "host/tunnel/sshd.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SSHD       "/usr/sbin/sshd"
#define OUTPUT_MAX (256 * 1024)
#define PASSWD_MAX 1024

/* Of this machine, or of the root that a test has made. */
static bool find_account(const char *root, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/etc/passwd", root);
	_cleanup_fclose_ FILE *f = NULL;
	const struct passwd *pw;

	if (!*root)
		return getpwnam(name);
	f = fopen(path, "re");
	while (f && (pw = fgetpwent(f)))
		if (strcmp(pw->pw_name, name) == 0)
			return true;
	return false;
}

void leg_account(const struct trip *trip, struct tunnel_leg *leg)
{
	if (find_account(trip->root, trip->account)) {
		leg_ok(leg, "%s", trip->account);
		return;
	}
	leg_fail(leg, "this gateway has no account %s", trip->account);
	leg_fix(leg, "As root, run outpost tunnel invite %s", trip->name);
}

/* --- its key -------------------------------------------------------------------------------- */

static bool is_invited(const struct trip *trip)
{
	_cleanup_strv_ char **names = NULL;

	if (fs_list(trip->keys, &names) < 0)
		return false;
	strv_foreach (name, names)
		if (strncmp(*name, INVITATION_PREFIX, strlen(INVITATION_PREFIX)) == 0)
			return true;
	return false;
}

void leg_key(const struct trip *trip, struct tunnel_leg *leg)
{
	_cleanup_free_ char *path = xasprintf("%s/key", trip->keys);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct ssh_key key;
	int r = fs_read_trimmed(path, &text, 2 * SSH_KEY_SIZE);

	if (r == 0 && !ssh_key_parse(&key, (struct text){ text.buf, text.len }, SSH_KEY_LOGIN))
		r = -EBADMSG;
	if (r == 0) {
		leg_ok(leg, "%s", path);
		return;
	}
	if (r != -ENOENT) {
		leg_fail(leg, "cannot use %s: %s", path,
			 r == -EBADMSG ? "it is not a key" : log_reason(r));
		leg_fix(leg, "As root, run outpost tunnel invite %s, and accept that on the board",
			trip->name);
	} else if (is_invited(trip)) {
		leg_fail(leg, "the board is invited, but has not accepted");
		leg_fix(leg,
			"On the board, as root, run the line that came with the invitation; for "
			"another one, as root, run outpost tunnel invite %s",
			trip->name);
	} else {
		leg_fail(leg, "the board has no key here, and no invitation");
		leg_fix(leg, "As root, run outpost tunnel invite %s", trip->name);
	}
}

/* --- sshd ----------------------------------------------------------------------------------- */

/* What a board needs, and what it must not have: see gateway/sshd_config.conf. */
static const struct {
	const char *name, *value;
} needed[] = {
	{ "authenticationmethods", "publickey" },
	{ "authorizedkeysfile", "none" },
	{ "authorizedkeyscommand", TUNNEL_LIB "/outpost-gateway keys %u" },
	{ "authorizedkeyscommanduser", TUNNEL_INVITE },
	{ "chrootdirectory", TUNNEL_ROOTS "/%u" },
	{ "allowstreamlocalforwarding", "remote" },
	{ "allowtcpforwarding", "remote" },
	{ "permitlisten", "none" },
	{ "permitopen", "none" },
	{ "maxsessions", "0" },
	{ "gatewayports", "no" },
	{ "streamlocalbindunlink", "yes" },
	{ "streamlocalbindmask", "0117" },
};

static bool is_same(struct text value, const char *expected)
{
	return value.n == strlen(expected) && strncasecmp(value.p, expected, value.n) == 0;
}

static void compare_settings(const struct strbuf *settings, const char *account,
			     struct tunnel_leg *leg)
{
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		/* "none" is the default of some, which are then not printed. */
		struct text value = { "none", strlen("none") };

		(void)sshd_setting(settings, needed[i].name, &value);
		if (is_same(value, needed[i].value))
			continue;
		leg_fail(leg, "for %s, sshd uses %s %.*s instead of %s", account, needed[i].name,
			 (int)value.n, value.p, needed[i].value);
		leg_fix(leg, "As root, run outpost tunnel setup-gateway; if that changes nothing, "
			     "another file in /etc/ssh/sshd_config.d sets it first");
		return;
	}
	leg_ok(leg, "its configuration for %s is the right one", account);
}

void leg_sshd(const struct trip *trip, struct tunnel_leg *leg)
{
	_cleanup_(strbuf_release) struct strbuf settings = STRBUF_INIT, said = STRBUF_INIT;
	_cleanup_free_ char *config = xasprintf("%s/etc/ssh/sshd_config", trip->root);
	_cleanup_free_ char *who =
		xasprintf("user=%s,host=localhost,addr=127.0.0.1", trip->account);
	const struct process_options options = {
		.output = &settings, .error = &said, .timeout_ms = 20000, .output_max = OUTPUT_MAX
	};
	int r;

	if (geteuid() != 0) {
		leg_skip(leg, "only root can read sshd's configuration");
		return;
	}
	r = process_run(ARGV(SSHD, "-T", "-f", config, "-C", who), &options);
	if (r == 0) {
		compare_settings(&settings, trip->account, leg);
		return;
	}
	leg_fail(leg, "sshd -T fails: %s", r < 0 ? log_reason(r) : said.buf);
	leg_fix(leg, r == -ENOENT ? "As root, run apt-get install openssh-server"
				  : "Correct what sshd -T names");
}
