// SPDX-License-Identifier: GPL-2.0-only
/*
 * The forced command of an invitation's key: whoever holds that key is the only one who can call
 * this, and may be hostile. What he asked for is in SSH_ORIGINAL_COMMAND.
 */
#include "gateway/gateway.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

/* For a request, and for an agent over a slow line. */
#define REQUEST_S 60
#define AGENT_S   (15 * 60)

#define CONF_MAX      4096
#define HOST_KEYS_MAX (16 * 1024)

static void refuse(struct invitation_reply *reply, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void refuse(struct invitation_reply *reply, const char *fmt, ...)
{
	va_list ap;

	*reply = (struct invitation_reply){ 0 };
	va_start(ap, fmt);
	vsnprintf(reply->error, sizeof(reply->error), fmt, ap);
	va_end(ap);
}

static void refuse_invitation(struct invitation_reply *reply, int r)
{
	if (r == -ETIME)
		refuse(reply, "The invitation has expired");
	else if (r == -ENOENT)
		refuse(reply,
		       "The invitation was used already, replaced by a newer one, or revoked");
	else
		refuse(reply, "The gateway cannot read the invitation: %s", log_reason(r));
}

/* --- what the reply has --- */

/* Reads "login = pi" from the file that `outpost tunnel invite` wrote. */
static int read_login(const struct gateway_places *places, const char *name,
		      struct invitation_reply *reply)
{
	_cleanup_free_ char *path = xasprintf("%s/%s.conf", places->conf, name);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct text rest, line;
	int r = fs_read(path, &text, CONF_MAX);

	if (r < 0)
		return r;
	rest = (struct text){ text.buf, text.len };
	while (text_line(&rest, &line))
		if (text_take(&line, "login = ") &&
		    text_copy(reply->login, sizeof(reply->login), line) &&
		    tunnel_is_login(reply->login))
			return 0;
	return -EBADMSG;
}

static int read_host_keys(const struct gateway_places *places, struct invitation_reply *reply)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct text rest, line;
	int r = fs_read(places->host_keys, &text, HOST_KEYS_MAX);

	if (r < 0)
		return r;
	rest = (struct text){ text.buf, text.len };
	while (text_line(&rest, &line) && reply->n_host_keys < INVITATION_HOST_KEYS) {
		if (!ssh_key_parse(&reply->host_keys[reply->n_host_keys], line, SSH_KEY_HOST))
			return -EBADMSG;
		reply->n_host_keys++;
	}
	return reply->n_host_keys ? 0 : -ENODATA;
}

static int prepare_reply(const struct gateway_places *places, const char *name,
			 struct invitation_reply *reply)
{
	int r;

	*reply = (struct invitation_reply){ .ok = true };
	snprintf(reply->name, sizeof(reply->name), "%s", name);
	snprintf(reply->account, sizeof(reply->account), TUNNEL_ACCOUNT "%s", name);
	r = read_login(places, name, reply);
	return r < 0 ? r : read_host_keys(places, reply);
}

/* --- what is stored --- */

static int put(const char *dir, const char *name, const struct strbuf *text)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);

	return fs_write_atomic(path, text->buf, text->len, 0644);
}

/* The key comes last: with it, the board can connect. */
static int store(const char *dir, const char *name, const struct invitation_request *request)
{
	_cleanup_(strbuf_release) struct strbuf key = STRBUF_INIT, host_keys = STRBUF_INIT,
						board = STRBUF_INIT;
	_cleanup_free_ char *alias = xasprintf(TUNNEL_BOARD_ALIAS "%s", name);
	int r;

	if (*request->hostname)
		strbuf_addf(&board, "hostname %s\n", request->hostname);
	for (size_t i = 0; i < request->n_logins; i++)
		strbuf_addf(&board, "login %s\n", request->logins[i]);
	invitation_write_known_hosts(&host_keys, alias, request->host_keys, request->n_host_keys);
	strbuf_addf(&key, "%s\n", request->key.text);
	r = put(dir, "board", &board);
	if (r == 0)
		r = put(dir, "host_keys", &host_keys);
	return r < 0 ? r : put(dir, "key", &key);
}

/*
 * Renames the invitation, which only one of several processes can do, and stores the keys. If they
 * cannot be stored, the invitation can be used again.
 */
static int claim_and_store(const struct gateway_places *places, const char *name, const char *id,
			   const struct invitation_request *request)
{
	_cleanup_free_ char *dir = xasprintf("%s/%s", places->keys, name);
	_cleanup_free_ char *from = xasprintf("%s/" INVITATION_PREFIX "%s", dir, id);
	_cleanup_free_ char *to = xasprintf("%s/claimed.%s", dir, id);
	int r;

	if (rename(from, to) < 0)
		return -errno;
	r = store(dir, name, request);
	if (r < 0)
		(void)!rename(to, from);
	else
		unlink(to);
	return r;
}

void accept_request(const struct gateway_places *places, const char *name, const char *id,
		    struct text request, time_t now, struct invitation_reply *reply)
{
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct invitation_record record;
	struct invitation_request wanted;
	int r = invitation_find(places, name, id, now, &record);

	if (r < 0) {
		refuse_invitation(reply, r);
		return;
	}
	if (!invitation_read_request(&wanted, request, &why)) {
		refuse(reply, "The gateway does not understand the board's request: %s", why.buf);
		return;
	}
	r = prepare_reply(places, name, reply);
	if (r < 0) {
		refuse(reply, "The gateway is not set up completely (%s)", log_reason(r));
		return;
	}
	r = claim_and_store(places, name, id, &wanted);
	if (r == -ENOENT)
		refuse_invitation(reply, r);
	else if (r < 0)
		refuse(reply, "The gateway cannot store the board's keys: %s", log_reason(r));
}

/* --- the commands of the session --- */

static void note(const char *name, const char *what)
{
	const char *connection = getenv("SSH_CONNECTION");

	openlog("outpost-gateway", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_INFO, "board %s: %s, from %s", name, what, connection ? connection : "?");
	closelog();
}

static int run_accept(const char *name, const char *id)
{
	_cleanup_(strbuf_release) struct strbuf request = STRBUF_INIT, out = STRBUF_INIT;
	struct invitation_reply reply;
	int r;

	alarm(REQUEST_S);
	r = fs_read_fd(STDIN_FILENO, &request, INVITATION_REQUEST_MAX);
	if (r < 0)
		refuse(&reply, "The gateway cannot read the board's request: %s", log_reason(r));
	else
		accept_request(&gateway_places, name, id, (struct text){ request.buf, request.len },
			       time(NULL), &reply);
	note(name, reply.ok ? "invitation accepted" : reply.error);
	invitation_write_reply(&out, &reply);
	r = fs_write_all(STDOUT_FILENO, out.buf, out.len);
	return r < 0 || !reply.ok;
}

static bool is_machine(const char *text)
{
	size_t n = strlen(text);

	return n && n <= 32 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static int run_agent(const char *machine)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", gateway_places.agents, machine);
	_cleanup_close_ int fd = -1;
	int r;

	if (!is_machine(machine)) {
		log_error("This is not the name of a machine");
		return 1;
	}
	fd = fs_open_regular(path);
	if (fd == -ENOENT) {
		log_error("There is no agent for %s", machine);
		log_hint("Use a 64-bit Raspberry Pi OS, whose kernel is aarch64 (uname -m)");
		return 1;
	}
	if (fd < 0)
		return log_error_errno(fd, "Cannot read the agent for %s", machine) < 0;
	alarm(AGENT_S);
	r = fs_copy_data(fd, STDOUT_FILENO);
	return r < 0 && log_error_errno(r, "Cannot send the agent for %s", machine) < 0;
}

/* A connection may open sessions long after its key was accepted, so look again. */
int cmd_accept(int argc, char **argv)
{
	const char *name = argv[0], *id = argv[1], *asked = getenv("SSH_ORIGINAL_COMMAND");
	struct invitation_record record;
	struct invitation_reply reply;
	int r;

	(void)argc;
	if (!tunnel_is_name(name) || !invitation_is_id(id)) {
		log_error("usage: outpost-gateway accept NAME ID");
		return 2;
	}
	if (asked && strcmp(asked, "accept") == 0)
		return run_accept(name, id);
	r = invitation_find(&gateway_places, name, id, time(NULL), &record);
	if (r < 0) {
		refuse_invitation(&reply, r);
		log_error("%s", reply.error);
		return 1;
	}
	if (asked && strncmp(asked, "agent ", 6) == 0)
		return run_agent(asked + 6);
	log_error("This key is an invitation for a board: it accepts 'agent MACHINE' and 'accept'");
	return 1;
}
