// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/join.h"

#include "agent/tunnel/carrier.h"
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "common/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ASK_TIMEOUT_MS 60000
#define STDERR_MAX     (16 * 1024)

/* `dir`: where its keys are. */
static void make_command(const struct join *join, const char *dir, const char *key_name,
			 const char *login, char ***argv)
{
	_cleanup_free_ char *key = xasprintf("%s/%s", dir, key_name);
	_cleanup_free_ char *hosts = xasprintf("%s/" TUNNEL_HOSTS_FILE, dir);
	_cleanup_free_ char *port = xasprintf("-p%d", join->invitation.port);

	strv_add(argv, "ssh");
	ssh_add_options(argv, key, hosts);
	strv_add(argv, "-oConnectTimeout=15");
	strv_add(argv, "-oLogLevel=VERBOSE"); /* says "Authenticated to ..." */
	strv_add(argv, port);
	strv_add(argv, "-l");
	strv_add(argv, login);
	strv_add(argv, "--");
	strv_add(argv, join->invitation.gateway);
}

static bool is_authenticated(const struct strbuf *said)
{
	return strstr(said->buf, "Authenticated to ");
}

/* Why ssh failed: the last line of its stderr that means something; *why is a copy, to be freed. */
static enum probe_cause find_cause(const struct strbuf *said, char **why)
{
	struct text rest = { said->buf, said->len }, line;
	enum probe_cause cause = PROBE_CAUSE_OTHER;

	*why = xstrdup("ssh failed");
	while (text_line(&rest, &line)) {
		_cleanup_free_ char *copy = NULL;
		enum probe_cause meaning;

		text_trim_end(&line);
		copy = xstrndup(line.p, line.n);
		meaning = ssh_meaning(copy);
		if (!line.n || (meaning == PROBE_CAUSE_NONE && cause != PROBE_CAUSE_OTHER))
			continue;
		if (meaning != PROBE_CAUSE_NONE)
			cause = meaning;
		free(*why);
		*why = TAKE_PTR(copy);
	}
	return cause;
}

/* ssh itself failed. */
static enum join_answer no_answer(const struct join *join, const struct strbuf *said)
{
	const struct invitation *i = &join->invitation;
	_cleanup_free_ char *why = NULL;
	enum probe_cause cause = find_cause(said, &why);

	if (is_authenticated(said)) {
		log_error("The connection to the gateway %s broke before it answered: %s",
			  i->gateway, why);
		return JOIN_UNKNOWN;
	}
	if (cause == PROBE_CAUSE_DENIED)
		return JOIN_DENIED;
	log_error("Cannot connect to the gateway %s, port %d: %s", i->gateway, i->port, why);
	switch (cause) {
	case PROBE_CAUSE_RESOLVE:
		log_hint("Check that this board has a network, and that getent hosts %s finds an "
			 "address",
			 i->gateway);
		break;
	case PROBE_CAUSE_TIMEOUT:
	case PROBE_CAUSE_UNREACHABLE:
		log_hint("Check this board's network, and that the gateway's firewall (EC2: its "
			 "security group) lets port %d in from here",
			 i->port);
		break;
	case PROBE_CAUSE_REFUSED:
		log_hint("Check that sshd runs on the gateway and listens on port %d", i->port);
		break;
	case PROBE_CAUSE_HOSTKEY:
		log_hint(
			"Unless its host keys were replaced, something poses as the gateway; if they "
			"were, run outpost tunnel invite %s there",
			i->name);
		break;
	default: break;
	}
	return JOIN_NO;
}

static enum join_answer read_answer(struct join *join, const struct strbuf *answer)
{
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	const char *name = join->invitation.name;

	if (!invitation_read_reply(&join->reply, (struct text){ answer->buf, answer->len }, &why)) {
		log_error("The gateway's answer is not valid: %s", why.buf);
		log_hint(
			"Check that Outpost on the gateway is of this version, and run outpost tunnel "
			"setup-gateway there");
		return JOIN_NO;
	}
	if (!join->reply.ok) {
		log_error("The gateway does not accept this board: %s", join->reply.error);
		return JOIN_NO;
	}
	if (strcmp(join->reply.name, name) != 0) {
		log_error("The gateway's answer is for board %s, and not %s", join->reply.name,
			  name);
		return JOIN_NO;
	}
	return JOIN_YES;
}

enum join_answer join_ask(struct join *join)
{
	_cleanup_(strbuf_release) struct strbuf request = STRBUF_INIT, answer = STRBUF_INIT,
						said = STRBUF_INIT;
	_cleanup_strv_ char **argv = NULL, **env = carrier_environment();
	struct process_options options = {
		.env = env,
		.output = &answer,
		.error = &said,
		.output_max = INVITATION_REPLY_MAX,
		.timeout_ms = ASK_TIMEOUT_MS,
	};
	int r;

	invitation_write_request(&request, &join->request);
	options.input = request.buf;
	options.input_len = request.len;
	make_command(join, join->dir, "key", TUNNEL_INVITE, &argv);
	strv_add(&argv, "accept");
	log_info("Asking %s to accept this board as %s", join->invitation.gateway,
		 join->invitation.name);
	r = process_run(argv, &options);
	if (r < 0) {
		log_error_errno(r, "Cannot ask the gateway %s", join->invitation.gateway);
		return JOIN_NO;
	}
	/* 255 is ssh's own status; the answer may be incomplete. */
	return r == 255 ? no_answer(join, &said) : read_answer(join, &answer);
}

/* No session is allowed there: ssh ends once it has logged in, or cannot. */
bool join_key_works(const struct join *join)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	_cleanup_strv_ char **argv = NULL, **env = carrier_environment();
	_cleanup_free_ char *dir = join_path(join, TUNNEL_NEW);
	const struct process_options options = {
		.env = env,
		.output = &said,
		.error = &said,
		.output_max = STDERR_MAX,
		.timeout_ms = ASK_TIMEOUT_MS,
	};

	make_command(join, dir, TUNNEL_KEY_FILE, join->account, &argv);
	strv_add(&argv, "true");
	return process_run(argv, &options) >= 0 && is_authenticated(&said);
}

/* --- an invitation that is not accepted --- */

static void add_time(struct strbuf *out, long long seconds)
{
	if (seconds >= 48 * 3600)
		strbuf_addf(out, "%lld days", seconds / (24 * 3600));
	else if (seconds >= 2 * 3600)
		strbuf_addf(out, "%lld hours", seconds / 3600);
	else
		strbuf_addf(out, "%lld minutes", seconds / 60);
}

int join_say_denied(const struct join *join)
{
	_cleanup_(strbuf_release) struct strbuf when = STRBUF_INIT;
	long long left = join->invitation.expires - (long long)time(NULL);

	log_error(
		"The gateway %s does not accept this invitation: it was used, replaced by a newer "
		"one, or has expired",
		join->invitation.gateway);
	add_time(&when, left < 0 ? -left : left);
	if (left < 0)
		log_info("By this board's clock, it expired %s ago", when.buf);
	else
		log_info("By this board's clock, which may be wrong, it is valid for another %s",
			 when.buf);
	log_hint("On the gateway, run outpost tunnel invite %s", join->invitation.name);
	return -EACCES;
}
