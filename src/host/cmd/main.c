// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/cmd/command.h"
#include "host/cmd/config_keys.h"
#include "host/base/config.h"
#include "host/base/paths.h"
#include "host/container/buildenv.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef OUTPOST_VERSION
#error "OUTPOST_VERSION comes from the Makefile"
#endif

/* Valid before the command and after it. */
static const struct option_row rows[] = {
	OPTION_STRING(struct context, board, 'b', "board", "BOARD", "board.default",
		      "the board to use (default: vm)"),
	OPTION_FLAG(struct context, verbose, 'v', "verbose", NULL,
		    "say more: every step, all output"),
	OPTION_FLAG(struct context, quiet, 'q', "quiet", NULL, "say only what went wrong"),
	OPTION_FLAG(struct context, json, 0, "json", NULL, "one JSON document on stdout"),
	OPTION_END,
};

/* Only before it: they say in which folder config files are sought, and where all that follows is
 * logged. */
static const struct option_row first_rows[] = {
	OPTION_STRING(struct context, dir, 'C', "directory", "DIR", NULL, "work in DIR"),
	OPTION_STRING(struct context, log_file, 0, "log", "FILE", NULL,
		      "write the action log here"),
	OPTION_FLAG(struct context, version, 0, "version", NULL, "show the version"),
	OPTION_END,
};

/* Commands that only start what main() has set up must not die of a closed pipe or a Ctrl-C
 * half-way. */
static void on_interrupt(int signal_number)
{
	if (process_interrupted)
		_exit(128 + signal_number); /* said twice: leave at once */
	process_interrupted = signal_number;
}

/* Debian shows sbin, where mke2fs is, only to root. */
static void complete_path(void)
{
	const char *path = getenv("PATH");
	_cleanup_free_ char *all =
		xasprintf("%s:/usr/sbin:/sbin", path && *path ? path : "/usr/bin:/bin");

	setenv("PATH", all, 1);
}

static void set_signals(void)
{
	struct sigaction action = { .sa_handler = on_interrupt };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

static const struct option_row none[] = { OPTION_END };

static void add_options(struct strbuf *sb, const struct option_row *own)
{
	options_format_help(own, sb);
	strbuf_addf(sb, "  %-26s %s\n", "-h, --help", "show this");
}

static void print_overview(FILE *out)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_adds(&sb,
		    "Build Linux kernel modules, try them on a board, and know what happened.\n\n"
		    "usage: outpost [OPTION...] COMMAND [ARG...]\n\n");
	for (const struct command *const *c = commands; *c; c++)
		strbuf_addf(&sb, "  %-12s %s\n", (*c)->name, (*c)->summary);
	strbuf_adds(&sb, "\n");
	options_format_help(first_rows, &sb);
	add_options(&sb, rows);
	strbuf_adds(&sb, "\noutpost COMMAND --help says more of each.\n");
	fwrite(sb.buf, 1, sb.len, out);
}

static void print_command_help(const struct command *c)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s.\n\nusage: outpost [-b BOARD] [-v|-q]%s %s%s%s%s\n\n", c->summary,
		    c->has_json ? " [--json]" : "", c->name, c->options ? " [OPTION...]" : "",
		    *c->args ? " " : "", c->args);
	add_options(&sb, c->options ? c->options : none);
	if (c->help)
		strbuf_addf(&sb, "\n%s", c->help);
	fwrite(sb.buf, 1, sb.len, stdout);
}

static const struct command *find_command(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

static void set_verbosity(const struct context *ctx)
{
	if (ctx->verbose || ctx->quiet)
		log_set_level(ctx->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN);
}

/* The action log: without one the work goes on. */
static void open_log(const struct context *ctx, char **argv)
{
	_cleanup_free_ char *own = path_state("outpost.log", NULL);
	_cleanup_free_ char *dir = path_state("", NULL);
	_cleanup_(strbuf_release) struct strbuf words = STRBUF_INIT;
	const char *path = ctx->log_file ? ctx->log_file : own;
	int r = ctx->log_file ? 0 : fs_mkdir_p(dir, 0700);

	if (r == 0)
		r = log_open(path);
	if (r < 0) {
		log_warn_errno(r, "Cannot write the action log %s", path);
		return;
	}
	strv_foreach (word, argv)
		strbuf_addf(&words, " %s", *word);
	log_debug("outpost %s:%s", OUTPOST_VERSION, words.buf);
}

/* The defaults' strings are constants; the options' own are freed. */
static void *new_options(const struct command *c)
{
	char *dest = xcalloc(1, c->options_size);

	if (!c->defaults)
		return dest;
	memcpy(dest, c->defaults, c->options_size);
	for (const struct option_row *row = c->options; row->name; row++) {
		char **field = (char **)(dest + row->offset);

		if (row->type == OPTION_TYPE_STRING && *field)
			*field = xstrdup(*field);
	}
	return dest;
}

static int check_arguments(const struct context *ctx, const struct command *c, int n)
{
	if (ctx->json && !c->has_json)
		return usage_error("'%s' has no --json.", c->name);
	if (n < c->least_args)
		return usage_error("'%s' wants %s; see outpost %s --help.", c->name, c->args,
				   c->name);
	if (c->most_args >= 0 && n > c->most_args)
		return usage_error("'%s' takes %s; see outpost %s --help.", c->name,
				   *c->args ? c->args : "no arguments", c->name);
	return STATUS_OK;
}

static int run_command(struct context *ctx, const struct command *c, int argc, char **argv)
{
	const struct option_row *options = c->options ? c->options : none;
	void *dest = c->options ? new_options(c) : xcalloc(1, 1);
	const struct option_set sets[] = { { options, dest }, { rows, ctx }, { NULL } };
	int r = config_apply(ctx->config, options, dest);

	if (r == 0) {
		r = options_parse(sets, &argc, argv, c->words_after);
		if (r < 0)
			r = STATUS_USAGE;
		set_verbosity(ctx);
	}
	if (r == OPTIONS_HELP) {
		print_command_help(c);
		r = STATUS_OK;
	} else if (r == 0) {
		r = check_arguments(ctx, c, argc - 1);
		if (r == STATUS_OK)
			r = c->run(ctx, dest, argc - 1, argv + 1);
	}
	options_release(options, dest);
	free(dest);
	return r;
}

static int start(struct context *ctx, int argc, char **argv)
{
	const struct option_set sets[] = { { rows, ctx }, { first_rows, ctx }, { NULL } };
	const struct command *c;
	int r = options_parse(sets, &argc, argv, true);

	if (r < 0)
		return STATUS_USAGE;
	set_verbosity(ctx);
	if (ctx->version) {
		printf("outpost %s\n", OUTPOST_VERSION);
		return STATUS_OK;
	}
	if (r == OPTIONS_HELP || argc < 2) {
		print_overview(r == OPTIONS_HELP ? stdout : stderr);
		return r == OPTIONS_HELP ? STATUS_OK : STATUS_USAGE;
	}
	c = find_command(argv[1]);
	if (!c) {
		usage_error("There is no command '%s'.", argv[1]);
		log_hint("outpost --help lists the commands.");
		return STATUS_USAGE;
	}
	if (ctx->dir && chdir(ctx->dir) < 0)
		return log_error_errno(-errno, "Cannot work in %s", ctx->dir);
	open_log(ctx, argv + 1);
	r = config_load(&ctx->config);
	if (r == 0)
		r = config_keys_check(ctx->config, rows);
	if (r == 0 && !ctx->board) /* no other of these options has a key */
		r = config_apply(ctx->config, rows, ctx);
	if (r == 0)
		r = buildenv_new(ctx->config, &ctx->buildenv);
	if (r < 0)
		return r;
	return run_command(ctx, c, argc - 1, argv + 1);
}

/* Results that never reached their reader are no success. */
static int finish_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno != EPIPE)
		log_error_errno(-errno, "Cannot write to standard output");
	return status == STATUS_OK ? STATUS_TROUBLE : status;
}

int main(int argc, char **argv)
{
	struct context ctx = { 0 };
	int status;

	setlocale(LC_CTYPE, "");
	set_signals();
	complete_path();
	status = start(&ctx, argc, argv);
	log_debug("ended: %d", status);
	if (process_interrupted && status < 0)
		status = 128 + process_interrupted;
	else if (status < 0)
		status = STATUS_TROUBLE;
	status = finish_stdout(status);
	options_release(rows, &ctx);
	options_release(first_rows, &ctx);
	if (ctx.buildenv)
		buildenv_free(ctx.buildenv);
	if (ctx.config)
		config_free(ctx.config);
	return status;
}
