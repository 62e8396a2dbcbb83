// SPDX-License-Identifier: GPL-2.0-only
#include "host/board/board_behind.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/ssh_key.h"
#include "common/tunnel.h"
#include "host/base/paths.h"
#include "host/board/board.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX (32 * 1024)
#define ASK_MS     60000

void board_behind_release(struct board_behind *behind)
{
	free(behind->login);
	strbuf_release(&behind->known_hosts);
}

static bool read_port(struct text value, int *port)
{
	uint64_t n;

	if (!text_take_u64(&value, &n) || value.n || n < 1 || n > 65535)
		return false;
	*port = (int)n;
	return true;
}

static bool read_login(struct text value, char **login)
{
	char name[TUNNEL_LOGIN_MAX + 1];

	if (*login || !text_copy(name, sizeof(name), value) || !tunnel_is_login(name))
		return false;
	*login = xstrdup(name);
	return true;
}

static bool read_line(struct text line, const char *alias, struct board_behind *behind)
{
	struct ssh_key key;

	if (text_take(&line, "port = "))
		return read_port(line, &behind->port);
	if (text_take(&line, "login = "))
		return read_login(line, &behind->login);
	if (!text_take(&line, alias) || !ssh_key_parse(&key, line, SSH_KEY_HOST))
		return false;
	strbuf_addf(&behind->known_hosts, "%s%s\n", alias, key.text);
	return true;
}

int board_behind_read(const char *name, const struct strbuf *answer, struct board_behind *behind)
{
	_cleanup_free_ char *alias = xasprintf(TUNNEL_BOARD_ALIAS "%s ", name);
	struct text rest = { answer->buf, answer->len }, line;

	*behind = (struct board_behind){ .known_hosts = STRBUF_INIT };
	while (text_line(&rest, &line))
		if (!read_line(line, alias, behind))
			return -EBADMSG;
	return behind->port && behind->login && behind->known_hosts.len ? 0 : -EBADMSG;
}

/* The name is plain, so it may go through the gateway's shell. */
static int ask(const char *name, const char *gateway, struct board_behind *behind)
{
	_cleanup_free_ char *command =
		xasprintf("cat " TUNNEL_CONF "/%s.conf " TUNNEL_KEYS "/%s/host_keys", name, name);
	_cleanup_(strbuf_release) struct strbuf answer = STRBUF_INIT;
	const struct process_options options = { .output = &answer,
						 .timeout_ms = ASK_MS,
						 .output_max = ANSWER_MAX };
	int r = process_run(ARGV("ssh", "-T", "--", gateway, command), &options);

	if (r < 0)
		return log_error_errno(r, "Cannot ask the gateway %s", gateway);
	if (r > 0) {
		log_error("The gateway %s did not tell about board %s (status %d)", gateway, name,
			  r);
		log_hint(
			"Check that ssh %s works, and on the gateway that outpost tunnel list has the "
			"board and says that it has joined",
			gateway);
		return -ENOENT;
	}
	r = board_behind_read(name, &answer, behind);
	return r < 0 ? log_error_errno(r, "Cannot read what the gateway %s says about board %s",
				       gateway, name)
		     : 0;
}

static char *file_of(const char *name, const char *suffix)
{
	_cleanup_free_ char *file = xasprintf("%s%s", name, suffix);

	return path_configuration("boards", file, NULL);
}

static int put(const char *path, const struct strbuf *text)
{
	int r = fs_write_atomic(path, text->buf, text->len, 0600);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

/* ssh reads only this file, also for the way to the gateway; so it includes the user's own. */
static void make_config(struct strbuf *out, const char *name, const char *gateway,
			const struct board_behind *behind, const char *known_hosts)
{
	strbuf_addf(out,
		    "# Board %s behind the gateway %s, written by Outpost.\n"
		    "Host %s\n"
		    "\tHostName localhost\n"
		    "\tPort %d\n"
		    "\tUser %s\n"
		    "\tProxyJump %s\n"
		    "\tHostKeyAlias " TUNNEL_BOARD_ALIAS "%s\n"
		    "\tUserKnownHostsFile \"%s\"\n"
		    "\tGlobalKnownHostsFile none\n"
		    "\tStrictHostKeyChecking yes\n"
		    "\tUpdateHostKeys no\n"
		    "Match all\n"
		    "\tInclude ~/.ssh/config\n"
		    "\tInclude /etc/ssh/ssh_config\n",
		    name, gateway, name, behind->port, behind->login, gateway, name, known_hosts);
}

/* A ProxyJump is a word that ssh parses: what could be another option or host is refused. */
static bool is_gateway(const char *text)
{
	return *text && *text != '-' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._-") ==
		       strlen(text);
}

static int check(const char *name, const char *gateway)
{
	if (!tunnel_is_name(name)) {
		log_error("'%s' cannot be the name of a board behind a gateway", name);
		log_hint("Use the name that outpost tunnel list prints on the gateway");
		return -EINVAL;
	}
	if (is_gateway(gateway))
		return 0;
	log_error("'%s' is not the ssh destination of a gateway", gateway);
	log_hint("Use [USER@]HOST, or a Host in your ssh configuration");
	return -EINVAL;
}

static int write_files(const char *name, const char *gateway, const char *power_cycle,
		       const struct board_behind *behind)
{
	_cleanup_free_ char *config = file_of(name, ".ssh_config"),
			    *known_hosts = file_of(name, ".known_hosts");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct board board = { .name = (char *)name,
			       .destination = (char *)name,
			       .ssh_config = config,
			       .power_cycle = (char *)power_cycle };
	int r = board_add(&board);

	if (r < 0)
		return r;
	make_config(&text, name, gateway, behind, known_hosts);
	r = put(known_hosts, &behind->known_hosts);
	if (r == 0)
		r = put(config, &text);
	if (r < 0) {
		_cleanup_(board_freep) struct board *removed = NULL;

		(void)board_remove(name, &removed);
	}
	return r;
}

int board_add_behind(const char *name, const char *gateway, const char *power_cycle,
		     struct strbuf *line)
{
	_cleanup_(board_behind_release) struct board_behind behind = { .known_hosts = STRBUF_INIT };
	int r = check(name, gateway);

	if (r == 0)
		r = ask(name, gateway, &behind);
	if (r == 0)
		r = write_files(name, gateway, power_cycle, &behind);
	if (r == 0)
		strbuf_addf(line, "ssh -J %s -p %d %s@localhost\n", gateway, behind.port,
			    behind.login);
	return r;
}

int board_remove_behind(const char *name)
{
	static const char *const suffixes[] = { ".ssh_config", ".known_hosts" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		_cleanup_free_ char *path = file_of(name, suffixes[i]);

		if (unlink(path) < 0 && errno != ENOENT)
			r = log_error_errno(-errno, "Cannot remove %s", path);
	}
	return r;
}
