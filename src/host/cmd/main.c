// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/cmd/command.h"
#include "host/cmd/command_line.h"
#include "host/cmd/config_keys.h"
#include "host/base/cache.h"
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

/* Clean-up must still run after a Ctrl-C or a closed pipe: the first signal only sets a flag. */
static void on_interrupt(int signal_number)
{
	if (process_interrupted)
		_exit(128 + signal_number); /* the second one: exit immediately */
	process_interrupted = signal_number;
}

/* On Debian, sbin (which has mke2fs) is in the PATH of root only. */
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

static void add_options(struct strbuf *sb, const struct option_row *own)
{
	if (own)
		options_format_help(own, sb);
	strbuf_addf(sb, "  %-26s %s\n", "-h, --help", "print this help");
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
	options_format_help(context_first_rows, &sb);
	add_options(&sb, context_rows);
	strbuf_adds(
		&sb,
		"\nRun 'outpost COMMAND --help' for help on a command. The name in brackets after an\n"
		"option is its configuration key.\n");
	fwrite(sb.buf, 1, sb.len, out);
}

static void print_command_help(const struct command *c)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s.\n\nusage: outpost%s [-v|-q]%s %s%s%s%s\n\n", c->summary,
		    c->no_board ? "" : " [-b BOARD]", c->has_json ? " [--json]" : "", c->name,
		    c->options ? " [OPTION...]" : "", *c->args ? " " : "", c->args);
	add_options(&sb, c->options);
	if (c->help)
		strbuf_addf(&sb, "\n%s", c->help);
	fwrite(sb.buf, 1, sb.len, stdout);
}

static void set_verbosity(const struct context *ctx)
{
	if (ctx->verbose || ctx->quiet)
		log_set_level(ctx->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN);
}

/* Opens the action log; a failure to do so is not an error. -errno if the folder is not ours. */
static int open_log(const struct context *ctx, char **argv)
{
	_cleanup_free_ char *own = path_state("outpost.log", NULL);
	_cleanup_(strbuf_release) struct strbuf words = STRBUF_INIT;
	const char *path = ctx->log_file ? ctx->log_file : own;
	int r = path_make_state();

	if (r == -EPERM || r == -ENOTDIR)
		return r;
	if (r == 0 || ctx->log_file)
		r = log_open(path);
	if (r < 0) {
		log_warn_errno(r, "Cannot write the action log %s", path);
		return 0;
	}
	strv_foreach (word, argv)
		strbuf_addf(&words, " %s", *word);
	log_debug("outpost %s:%s", OUTPOST_VERSION, words.buf);
	return 0;
}

/* As for an option with a key, but no configuration file may answer. */
static int read_yes(struct context *ctx)
{
	const char *value = getenv("OUTPOST_YES");

	if (!value || ctx->yes || parse_bool(value, &ctx->yes) == 0)
		return 0;
	log_error("Invalid environment variable OUTPOST_YES=%s: expected yes or no", value);
	return -EINVAL;
}

/* Reads the configuration and makes the build environment. 0 or -errno, logged. */
static int configure(struct context *ctx, const struct command *c)
{
	int r = config_load(&ctx->config);

	if (r == 0)
		r = config_keys_check(ctx->config, context_rows);
	if (r == 0 && c->no_trust)
		config_keys_ignore_untrusted(ctx->config);
	if (r == 0 && !ctx->board) { /* the only option of context_rows that has a key */
		r = config_apply(ctx->config, context_rows, ctx);
		ctx->board_is_configured = ctx->board;
	}
	return r < 0 ? r : buildenv_new(ctx->config, &ctx->buildenv);
}

/* The last step before the command does anything, because --help and errors come first. */
static int ask_for_trust(const struct context *ctx)
{
	if (ctx->yes)
		config_answer_yes(ctx->config);
	return config_keys_require_trust(ctx->config);
}

static int run_command(struct context *ctx, const struct command *c, int argc, char **argv)
{
	void *dest = command_line_options(c);
	int r = c->options ? config_apply(ctx->config, c->options, dest) : 0;

	if (r == 0) {
		r = command_line_rest(ctx, c, dest, &argc, argv);
		set_verbosity(ctx);
	}
	if (r == OPTIONS_HELP) {
		print_command_help(c);
		r = STATUS_OK;
	} else if (r == 0) {
		r = ask_for_trust(ctx);
		if (r == 0 && !c->no_cache)
			r = ctx->cache = cache_use();
		r = r < 0 ? r : c->run(ctx, dest, argc, argv);
	}
	command_line_release_options(c, dest);
	return r;
}

static int start(struct context *ctx, int argc, char **argv)
{
	const struct command *c;
	int r = command_line_first(ctx, &c, &argc, argv);

	set_verbosity(ctx);
	if (ctx->version && r == 0) {
		printf("outpost %s\n", OUTPOST_VERSION);
		return STATUS_OK;
	}
	if (r == OPTIONS_HELP || (r == 0 && !c)) {
		print_overview(r == OPTIONS_HELP ? stdout : stderr);
		return r == OPTIONS_HELP ? STATUS_OK : STATUS_USAGE;
	}
	if (r != 0)
		return r < 0 ? STATUS_USAGE : r;
	if (ctx->dir && chdir(ctx->dir) < 0)
		return log_error_errno(-errno, "Cannot change to folder %s", ctx->dir);
	r = open_log(ctx, argv);
	if (r == 0)
		r = read_yes(ctx);
	if (r == 0)
		r = configure(ctx, c);
	return r < 0 ? r : run_command(ctx, c, argc, argv);
}

/* Exiting with 0 or 1 would be wrong if the results never reached their reader. */
static int finish_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno != EPIPE)
		log_error_errno(-errno, "Cannot write to standard output");
	return status == STATUS_OK || status == STATUS_FAIL ? STATUS_TROUBLE : status;
}

int main(int argc, char **argv)
{
	struct context ctx = { .cache = -1 };
	int status;

	if (process_open_standard() < 0)
		return STATUS_TROUBLE;
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
	command_line_release(&ctx);
	close_fd(&ctx.cache);
	if (ctx.buildenv)
		buildenv_free(ctx.buildenv);
	if (ctx.config)
		config_free(ctx.config);
	return status;
}
