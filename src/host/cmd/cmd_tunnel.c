// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/json_make.h"
#include "host/cmd/cmd_tunnel.h"
#include "host/report/out.h"
#include "host/tunnel/card.h"
#include "host/tunnel/gateway_board.h"
#include "host/tunnel/invite.h"
#include "host/tunnel/setup.h"

#include <errno.h>
#include <string.h>
#include <time.h>

struct tunnel_options {
	bool dry_run, undo;
	char *exempt;
	char *login;
	int port;
	char *expires;
	char *address;
	char *boot;
	bool watch;
	char *root;
};

static const struct tunnel_options defaults = { .expires = (char *)"1d" };

static const struct option_row options[] = {
	OPTION_FLAG(struct tunnel_options, dry_run, 'n', "dry-run", NULL,
		    "setup-gateway: print what would change, and change nothing"),
	OPTION_FLAG(struct tunnel_options, undo, 0, "undo", NULL,
		    "setup-gateway: remove what it created, and nothing else"),
	OPTION_STRING(
		struct tunnel_options, exempt, 0, "exempt", "LIST", NULL,
		"setup-gateway: addresses that sshd never penalizes for failures (OpenSSH 9.8 "
		"and later)"),
	OPTION_STRING(struct tunnel_options, login, 'l', "login", "USER", NULL,
		      "invite: the user on the board that developers log in as (default: pi)"),
	OPTION_INT(
		struct tunnel_options, port, 'p', "port", "PORT", 1, NULL,
		"invite: the board's port on the gateway's loopback (default: the next from 2222 "
		"on)"),
	OPTION_STRING(struct tunnel_options, expires, 0, "expires", "TIME", NULL,
		      "invite: until when it can be used: 30m, 12h, 1d, at most 30d (default: 1d)"),
	OPTION_STRING(
		struct tunnel_options, address, 0, "address", "HOST", NULL,
		"invite: where boards reach this gateway, with :PORT unless that is 22; remembered"),
	OPTION_STRING(
		struct tunnel_options, boot, 0, "boot", "DIR", NULL,
		"invite: write it to a flashed card, whose first partition is mounted on DIR"),
	OPTION_FLAG(struct tunnel_options, watch, 'w', "watch", NULL,
		    "status: print it again every 2s, until Ctrl-C"),
	OPTION_STRING(struct tunnel_options, root, 0, "root", "DIR", NULL,
		      "status, test: look for the gateway's files below DIR; for tests"),
	OPTION_END,
};

/* --- setup-gateway --- */

/* A line of a diff may have anything in it; out_print() prints one line. */
static void print_changes(const struct strbuf *changes)
{
	struct text rest = { changes->buf, changes->len }, line;

	while (text_line(&rest, &line))
		out_print("%.*s\n", (int)line.n, line.p);
}

static int run_setup(const struct tunnel_options *o)
{
	const struct setup_options setup = { .dry_run = o->dry_run, .exempt = o->exempt };
	_cleanup_(strbuf_release) struct strbuf changes = STRBUF_INIT;
	int r = o->undo ? setup_undo(o->dry_run, &changes) : setup_gateway(&setup, &changes);

	if (r < 0)
		return r;
	print_changes(&changes);
	if (!changes.len)
		log_info("Nothing to change");
	else if (o->dry_run)
		log_info("Nothing was changed");
	else if (!o->undo)
		log_info(
			"This machine is a gateway now. Add developers to its group with usermod -aG " TUNNEL_GROUP
			" USER, and boards with outpost tunnel invite NAME");
	return STATUS_OK;
}

/* --- invite, revoke --- */

static void print_time(struct strbuf *out, long long seconds)
{
	time_t t = (time_t)seconds;
	char text[32] = "?";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	strbuf_adds(out, text);
}

static void explain_invitation(const struct tunnel_options *o, const struct invite *invite)
{
	const struct invitation *i = &invite->invitation;
	_cleanup_(strbuf_release) struct strbuf until = STRBUF_INIT;

	print_time(&until, i->expires);
	if (o->boot)
		log_info("The card is ready: put it into the Pi, connect it to the network, and "
			 "switch it on before %s",
			 until.buf);
	else
		log_info(
			"Paste this line into a shell of the board before %s. Whoever has it can join "
			"in the board's place, once.",
			until.buf);
	log_info("Then, on this gateway: ssh %s, or ssh -p %d USER@localhost", i->name,
		 invite->board_port);
}

static int invite_board(const struct tunnel_options *o, const char *name)
{
	struct invite_options invite_options = {
		.name = name, .login = o->login, .port = o->port, .address = o->address
	};
	_cleanup_(invite_release) struct invite made = { .key = STRBUF_INIT,
							 .known_hosts = STRBUF_INIT };
	_cleanup_(strbuf_release) struct strbuf line = STRBUF_INIT;
	enum card_kind kind;
	int r;

	if (o->port > 65535)
		return usage_error("--port %d: a port is at most 65535", o->port);
	if (invite_parse_expiry(o->expires, &invite_options.expires_s) < 0)
		return usage_error(
			"--expires %s: expected a time such as 30m, 12h or 1d, at most 30d",
			o->expires);
	r = o->boot ? card_check(o->boot, &kind) : 0;
	if (r == 0)
		r = invite_create(&invite_options, &made);
	if (r == 0 && o->boot)
		r = card_write(o->boot, &made);
	if (r < 0)
		return r;
	explain_invitation(o, &made);
	if (o->boot)
		return STATUS_OK;
	invite_line(&line, &made);
	printf("%s", line.buf);
	return STATUS_OK;
}

static int revoke_board(const char *name)
{
	struct gateway_board board;
	_cleanup_close_ int lock = -1;
	int r;

	if (!tunnel_is_name(name)) {
		log_error("'%s' is not the name of a board behind a gateway", name);
		return STATUS_USAGE;
	}
	lock = setup_lock();
	r = lock < 0 ? lock : gateway_board_read(name, &board);
	if (r == -ENOENT) {
		log_error("This gateway has no board '%s'", name);
		log_hint("Run outpost tunnel list");
		return r;
	}
	if (lock < 0)
		return r;
	r = gateway_board_remove(name); /* also if its file has an error */
	if (r == 0)
		log_info("Board %s has no access any more, and its connections have ended", name);
	return r;
}

/* --- list --- */

static json_t *board_json(const struct gateway_board *board,
			  const struct gateway_board_state *state)
{
	json_t *json = object_json("{s:s, s:i, s:s, s:b, s:s*}", "name", board->name, "port",
				   board->port, "login", board->login, "joined", state->joined,
				   "hostname", state->hostname);

	if (state->invited_until)
		json_object_set_new(json, "invited_until", json_integer(state->invited_until));
	return json;
}

static void print_board(const struct gateway_board *board, const struct gateway_board_state *state)
{
	_cleanup_(strbuf_release) struct strbuf what = STRBUF_INIT;

	strbuf_adds(&what, state->joined ? "joined" : "");
	if (state->joined && state->hostname)
		strbuf_addf(&what, " as %s", state->hostname);
	if (state->invited_until) {
		strbuf_addf(&what, "%sinvited until ", what.len ? ", " : "");
		print_time(&what, state->invited_until);
	}
	out_print("%-24s %5d  %-16s %s\n", board->name, board->port, board->login,
		  what.len ? what.buf : "the invitation has expired");
}

static int list(bool json)
{
	_cleanup_strv_ char **names = NULL;
	json_t *boards = json_array();
	int r = gateway_board_names(&names), bad = 0;

	strv_foreach (name, names) {
		struct gateway_board board;
		struct gateway_board_state state;

		if (gateway_board_read(*name, &board) < 0) {
			bad = STATUS_TROUBLE;
			continue;
		}
		gateway_board_state(*name, &state);
		json_array_append_new(boards, board_json(&board, &state));
		if (!json)
			print_board(&board, &state);
		free(state.hostname);
	}
	if (r == 0 && !json && !strv_length(names))
		log_info("No boards yet; as root, run outpost tunnel invite NAME");
	if (r == 0 && json)
		return out_json(object_json("{s:s, s:o}", "schema", "outpost.tunnel-list/1",
					    "boards", boards)) < 0
			       ? STATUS_TROUBLE
			       : bad;
	json_decref(boards);
	return r < 0 ? r : bad;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct tunnel_options *o = arg;
	const char *verb = argv[0], *root = o->root ? o->root : "";

	(void)argc;
	if (strcmp(verb, "status") == 0)
		return cmd_tunnel_status(ctx, root, o->watch, argv[1]);
	if (strcmp(verb, "test") == 0)
		return cmd_tunnel_test(ctx, root, argv[1]);
	if (strcmp(verb, "setup-gateway") == 0)
		return run_setup(o);
	if (strcmp(verb, "invite") == 0)
		return invite_board(o, argv[1]);
	if (strcmp(verb, "revoke") == 0)
		return revoke_board(argv[1]);
	return list(ctx->json);
}

static const struct command_verb verbs[] = {
	{ "setup-gateway", "", 0, 0, "dry-run undo exempt", .no_json = true, .no_board = true },
	{ "invite", "NAME", 1, 1, "login port expires address boot", .no_json = true,
	  .no_board = true },
	{ "revoke", "NAME", 1, 1, .no_json = true, .no_board = true },
	{ "list", "", 0, 0, .no_board = true },
	{ "status", "[NAME]", 0, 1, "watch root", .no_board = true },
	{ "test", "NAME", 1, 1, "root", .no_board = true },
	{ NULL },
};

const struct command cmd_tunnel = {
	.name = "tunnel",
	.args = "setup-gateway | invite NAME | revoke NAME | list | status [NAME] | test NAME",
	.summary = "Reach boards behind NAT through this gateway",
	.help = "On the gateway, a public machine with sshd:\n"
		"  setup-gateway  makes it a gateway, once (root)\n"
		"  invite NAME    lets a board join: prints one line for a shell of the board, or\n"
		"                 with --boot writes a new card (root)\n"
		"  revoke NAME    ends a board's access at once (root)\n"
		"  list           prints the boards\n"
		"  status [NAME]  prints for each board whether its tunnel works and since when, round\n"
		"                 trips of the last four minutes (half took at most p50, 95% at most\n"
		"                 p95) and their jitter, lost pings, bytes as the board counts them, how\n"
		"                 often it was cut, and the last outage; with NAME, the last ten.\n"
		"                 Exit status 1 if NAME is given and is not up\n"
		"  test NAME      follows the way to a board, and prints the first leg that fails and\n"
		"                 how to mend it; as root, it also checks sshd's configuration. Exit\n"
		"                 status 1 if a leg fails\n"
		"On the gateway, the members of the group 'outpost' reach a board that has joined\n"
		"with outpost -b NAME, ssh NAME, scp and rsync.\n",
	.options = options,
	.options_size = sizeof(struct tunnel_options),
	.defaults = &defaults,
	.has_json = true,
	.verbs = verbs,
	.run = run,
};
