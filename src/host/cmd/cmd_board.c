// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/json_make.h"
#include "host/board/board.h"
#include "host/board/board_behind.h"
#include "host/cmd/command.h"
#include "host/report/out.h"
#include "host/base/paths.h"
#include "host/board/session.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

struct board_options {
	char *ssh_config;
	char *power_cycle;
	char *gateway;
};

static const struct option_row options[] = {
	OPTION_STRING(struct board_options, ssh_config, 'F', "ssh-config", "FILE", NULL,
		      "add: use this ssh configuration instead of your own"),
	OPTION_STRING(struct board_options, power_cycle, 0, "power-cycle", "COMMAND", NULL,
		      "add: a command that switches the board off and on; runs without a shell, "
		      "and must exit with 0 within 2m"),
	OPTION_STRING(struct board_options, gateway, 0, "gateway", "DESTINATION", NULL,
		      "add: reach the board through this gateway, which knows it by the same NAME"),
	OPTION_END,
};

/* Prints a line for plain ssh. */
static int add_behind(const struct board_options *o, int argc, char **argv)
{
	_cleanup_(strbuf_release) struct strbuf line = STRBUF_INIT;
	int r;

	if (argc != 1 || o->ssh_config)
		return usage_error("'board add --gateway' takes only a name: the gateway knows the "
				   "rest");
	r = board_add_behind(argv[0], o->gateway, o->power_cycle, &line);
	if (r < 0)
		return r == -EINVAL ? STATUS_USAGE : r;
	log_info("Run outpost -b %s board show to check that it answers. Programs that do not know "
		 "of Outpost can use:",
		 argv[0]);
	out_print("%s", line.buf);
	return STATUS_OK;
}

static int add(const struct board_options *o, int argc, char **argv)
{
	struct board board = { .power_cycle = o->power_cycle };
	_cleanup_free_ char *config = o->ssh_config ? realpath(o->ssh_config, NULL) : NULL;
	int r;

	if (o->gateway)
		return add_behind(o, argc, argv);
	if (argc != 2)
		return usage_error("'board add' requires a name and an ssh destination");
	if (o->ssh_config && !config)
		return log_error_errno(-ENOENT, "Cannot find the ssh configuration %s",
				       o->ssh_config);
	if (config && fs_is_dir(config))
		return log_error_errno(-EISDIR, "Cannot read the ssh configuration %s",
				       o->ssh_config);
	board.name = argv[0];
	board.destination = argv[1];
	board.ssh_config = config;
	r = board_add(&board);
	if (r == -EINVAL)
		return STATUS_USAGE;
	if (r == 0)
		log_info("Run outpost -b %s board show to check that it answers", board.name);
	return r;
}

static json_t *board_json(const struct board *board)
{
	return object_json("{s:s, s:s, s:s, s:s*, s:s*}", "name", board->name, "destination",
			   board->destination, "kind", board->is_vm ? "vm" : "ssh", "ssh_config",
			   board->ssh_config, "power_cycle", board->power_cycle);
}

static int print_json(json_t *boards)
{
	return out_json(object_json("{s:s, s:o}", "schema", "outpost.board/1", "boards", boards));
}

static int list(const struct context *ctx)
{
	_cleanup_strv_ char **names = NULL;
	json_t *boards;
	int r = board_list(&names);

	if (r < 0)
		return r;
	boards = json_array();
	strv_foreach (name, names) {
		_cleanup_(board_freep) struct board *board = NULL;

		/* A board that cannot be read is logged, and does not hide the others. */
		r = board_find(*name, &board) < 0 ? STATUS_TROUBLE : r;
		if (!board)
			continue;
		json_array_append_new(boards, board_json(board));
		if (!ctx->json)
			out_print("%-16s %-4s %s\n", board->name, board->is_vm ? "vm" : "ssh",
				  board->destination);
	}
	if (!*names && !ctx->json) {
		log_info("No boards yet");
		log_info("Run outpost board add NAME DESTINATION to add one, or outpost vm up to "
			 "create a virtual one");
	}
	if (ctx->json)
		return print_json(boards) < 0 ? STATUS_TROUBLE : r;
	json_decref(boards);
	return r;
}

static json_t *clean_json(const char *text)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_add_clean(&sb, text, strlen(text));
	return json_string(sb.buf);
}

static json_t *welcome_json(const struct board *board, const outpost_Welcome *w)
{
	json_t *json = board_json(board);
	const struct {
		const char *key, *text;
	} texts[] = {
		{ "model", w->model },
		{ "kernel", w->release },
		{ "kernel_version", w->kernel_version },
		{ "machine", w->machine },
		{ "home", w->home },
		{ "agent", w->build_id },
		{ "boot_id", w->boot_id },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		json_object_set_new(json, texts[i].key, clean_json(texts[i].text));
	json_object_set_new(json, "page_size", json_integer(w->page_size));
	json_object_set_new(json, "free_bytes", json_integer((json_int_t)w->free_bytes));
	json_object_set_new(json, "uptime_s", json_integer(w->uptime_s));
	json_object_set_new(json, "sudo", json_boolean(w->sudo));
	json_object_set_new(json, "pstore", json_boolean(w->pstore));
	json_object_set_new(json, "watchdog", json_boolean(w->watchdog));
	json_object_set_new(json, "watchdog_s", json_integer(w->watchdog_s));
	json_object_set_new(json, "lockdep_off", json_boolean(w->lockdep_off));
	json_object_set_new(json, "persistent_journal", json_boolean(w->persistent_journal));
	return json;
}

/* Prints one line, without control characters: the text comes from the board. */
static void __attribute__((format(printf, 2, 3))) row(const char *label, const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, line = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	strbuf_add_clean(&line, text.buf, text.len);
	printf("%-10s %s\n", label, line.buf);
}

static void print_welcome(const struct board *board, const outpost_Welcome *w)
{
	row("board", "%s (%s)", board->name, board->destination);
	row("model", "%s", *w->model ? w->model : "unknown");
	row("kernel", "%s, %s, pages of %u bytes", w->release, w->machine, w->page_size);
	row("up", "%u h %u min", w->uptime_s / 3600, w->uptime_s / 60 % 60);
	row("home", "%s, %.1f GiB free", w->home, (double)w->free_bytes / (1 << 30));
	row("agent", "%s%s", w->build_id, w->sudo ? ", through sudo" : "");
	row("boot", "%s", w->boot_id);
	row("pstore", "%s", w->pstore ? "yes" : "no: the messages of a panic are lost");
	if (!w->watchdog)
		row("watchdog", "no: the board stays hung if it hangs");
	else if (w->watchdog_s)
		row("watchdog", "yes, up to %u s", w->watchdog_s);
	else
		row("watchdog", "yes");
	if (w->lockdep_off)
		row("lockdep", "off: it has found a problem since the board started");
}

static int show(const struct context *ctx, const char *name)
{
	_cleanup_(board_freep) struct board *board = NULL;
	_cleanup_(session_closep) struct session *session = NULL;
	const outpost_Welcome *welcome;
	int r = board_find(name ? name : ctx->board, &board);

	if (r == 0)
		r = session_open(board, NULL, &session);
	if (r == 0)
		r = session_welcome(session, &welcome);
	if (r < 0)
		return r;
	if (ctx->json) {
		json_t *boards = json_array();

		json_array_append_new(boards, welcome_json(board, welcome));
		return print_json(boards);
	}
	print_welcome(board, welcome);
	return STATUS_OK;
}

static int remove_board(const char *name)
{
	_cleanup_(board_freep) struct board *board = NULL;
	int r = board_remove(name, &board);

	if (r == 0 && board)
		session_drop_master(board);
	return r == -EINVAL ? STATUS_USAGE : r;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct board_options *o = arg;
	const char *verb = argv[0];

	if (strcmp(verb, "add") == 0)
		return add(o, argc - 1, argv + 1);
	if (strcmp(verb, "list") == 0)
		return list(ctx);
	if (strcmp(verb, "show") == 0)
		return show(ctx, argv[1]);
	return remove_board(argv[1]);
}

static const struct command_verb verbs[] = {
	{ "add", "NAME [DESTINATION]", 1, 2, "ssh-config power-cycle gateway", .no_json = true,
	  .no_board = true },
	{ "list", "", 0, 0, .no_board = true },
	{ "show", "[NAME]", 0, 1 },
	{ "remove", "NAME", 1, 1, .no_json = true, .no_board = true },
	{ NULL },
};

const struct command cmd_board = {
	.name = "board",
	.args = "add NAME [DESTINATION] | list | show [NAME] | remove NAME",
	.summary = "List, add, show and remove boards",
	.help = "A board is anything that ssh can reach: -b accepts any ssh destination, and 'add'\n"
		"gives one a name. For a board behind NAT, 'add NAME --gateway HOST' asks the gateway for\n"
		"the rest. 'show' connects to the board, and installs the agent if needed.\n",
	.options = options,
	.options_size = sizeof(struct board_options),
	.has_json = true,
	.verbs = verbs,
	.no_cache = true,
	.run = run,
};
