// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmd/command_line.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/similar.h"
#include "common/strv.h"

#include <string.h>

/* Valid before the command and after it. */
const struct option_row context_rows[] = {
	OPTION_STRING(struct context, board, 'b', "board", "BOARD", "board.default",
		      "use this board (default: vm)"),
	OPTION_FLAG(struct context, verbose, 'v', "verbose", NULL,
		    "print every step and all output"),
	OPTION_FLAG(struct context, quiet, 'q', "quiet", NULL, "print only results and errors"),
	OPTION_FLAG(struct context, json, 0, "json", NULL, "print one JSON document on stdout"),
	OPTION_FLAG(struct context, yes, 'y', "yes", NULL,
		    "answer yes this time: trust the project, use a board's headers [OUTPOST_YES]"),
	OPTION_END,
};

/*
 * Valid only before the command: they determine where to look for config files, and where to
 * log everything that follows.
 */
const struct option_row context_first_rows[] = {
	OPTION_STRING(struct context, dir, 'C', "directory", "DIR", NULL, "change to DIR first"),
	OPTION_STRING(struct context, log_file, 0, "log", "FILE", NULL,
		      "write the action log to FILE"),
	OPTION_FLAG(struct context, version, 0, "version", NULL, "print the version"),
	OPTION_END,
};

static const struct option_row none[] = { OPTION_END };

static const struct command *find_command(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

/* The strings of the defaults are constants; those of the options are freed. */
void *command_line_options(const struct command *c)
{
	char *dest = xcalloc(1, c->options_size + 1);

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

void command_line_release_options(const struct command *c, void *dest)
{
	if (c->options)
		options_release(c->options, dest);
	free(dest);
}

static int unknown_command(const char *name)
{
	struct similar similar = { .word = name };

	for (const struct command *const *c = commands; *c; c++)
		similar_try(&similar, (*c)->name);
	usage_error("Unknown command '%s'%s%s%s", name, similar.found ? " (did you mean '" : "",
		    similar.found ? similar.found : "", similar.found ? "'?)" : "");
	log_hint("Run outpost --help for a list of commands");
	return STATUS_USAGE;
}

/* Removes the first `n` words. */
static void shift(int *argc, char **argv, int n)
{
	memmove(argv, argv + n, (size_t)(*argc - n + 1) * sizeof(*argv));
	*argc -= n;
}

int command_line_first(struct context *ctx, const struct command **command, int *argc, char **argv)
{
	const struct option_set sets[] = { { context_rows, ctx },
					   { context_first_rows, ctx },
					   { NULL } };
	int r = options_parse(sets, argc, argv, true);

	*command = NULL;
	if (r != 0 || ctx->version || *argc < 2)
		return r;
	*command = find_command(argv[1]);
	if (!*command)
		return unknown_command(argv[1]);
	shift(argc, argv, 1);
	return 0;
}

/* --- arguments ------------------------------------------------------------------------ */

static int unknown_verb(const struct command *c, const char *name)
{
	struct similar similar = { .word = name };

	for (const struct command_verb *v = c->verbs; v->name; v++)
		similar_try(&similar, v->name);
	if (similar.found)
		return usage_error("Unknown command '%s %s' (did you mean '%s'?)", c->name, name,
				   similar.found);
	return usage_error("Unknown command '%s %s': expected %s", c->name, name, c->args);
}

static int check_number(const char *command, const char *verb, const char *args, int n, int least,
			int most)
{
	const char *space = *verb ? " " : "";

	if (n < least)
		return usage_error("'%s%s%s' requires %s; see outpost %s --help", command, space,
				   verb, args, command);
	if (most >= 0 && n > most)
		return usage_error("'%s%s%s' takes %s; see outpost %s --help", command, space, verb,
				   *args ? args : "no arguments", command);
	return STATUS_OK;
}

/* NULL: none is given, it is not known, or the command has none. */
static const struct command_verb *find_verb(const struct command *c, int argc, char **argv)
{
	for (const struct command_verb *v = c->verbs; v && argc && v->name; v++)
		if (strcmp(v->name, argv[0]) == 0)
			return v;
	return NULL;
}

static int check_arguments(const struct command *c, const struct command_verb *v, int argc,
			   char **argv)
{
	if (!c->verbs)
		return check_number(c->name, "", c->args, argc, c->least_args, c->most_args);
	if (argc < 1)
		return usage_error("'%s' requires %s; see outpost %s --help", c->name, c->args,
				   c->name);
	return v ? check_number(c->name, v->name, v->args, argc - 1, v->least_args, v->most_args)
		 : unknown_verb(c, argv[0]);
}

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; p && (p = strstr(p, word)); p += n)
		if ((p == words || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	return false;
}

/* `has_board`: -b was given, before or after the command. */
static int check_options(const struct context *ctx, const struct command *c,
			 const struct command_verb *v, bool has_board)
{
	const char *space = v ? " " : "", *verb = v ? v->name : "";

	if (ctx->quiet && ctx->verbose)
		return usage_error("-q and -v exclude each other");
	if (ctx->json && (!c->has_json || (v && v->no_json)))
		return usage_error("'%s%s%s' has no --json", c->name, space, verb);
	if (has_board && (c->no_board || (v && v->no_board)))
		return usage_error("'%s%s%s' has no -b%s", c->name, space, verb,
				   strcmp(c->name, "vm") == 0
					   ? ": the name of the vm is the last argument"
					   : "");
	strv_foreach (given, v ? ctx->given : NULL)
		if (!has_word(v->options, *given))
			return usage_error("'%s %s' has no --%s", c->name, v->name, *given);
	return STATUS_OK;
}

int command_line_rest(struct context *ctx, const struct command *c, void *dest, int *argc,
		      char **argv)
{
	const struct option_set sets[] = { { c->options ? c->options : none, dest, &ctx->given },
					   { context_rows, ctx },
					   { NULL } };
	_cleanup_free_ char *configured = ctx->board_is_configured ? ctx->board : NULL;
	const struct command_verb *verb;
	int r;

	if (configured)
		ctx->board = NULL;
	r = options_parse(sets, argc, argv, c->words_after);
	if (r != 0)
		return r < 0 ? STATUS_USAGE : r;
	shift(argc, argv, 1);
	verb = find_verb(c, *argc, argv);
	r = check_options(ctx, c, verb, ctx->board);
	for (int i = 0; r == STATUS_OK && !c->words_after && i < *argc; i++)
		if (!*argv[i])
			r = usage_error("'%s': argument %d is empty", c->name, i + 1);
	if (ctx->board)
		ctx->board_is_configured = false;
	else
		ctx->board = TAKE_PTR(configured);
	return r == STATUS_OK ? check_arguments(c, verb, *argc, argv) : r;
}

void command_line_release(struct context *ctx)
{
	options_release(context_rows, ctx);
	options_release(context_first_rows, ctx);
	strv_free(ctx->given);
}
