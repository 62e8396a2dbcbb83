// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/config.h"
#include "host/base/json_make.h"
#include "host/cmd/command.h"
#include "host/workflow/doctor.h"
#include "host/report/out.h"
#include "host/run/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct doctor_options {
	bool prove, yes;
	int return_ms;
};

static const struct option_row options[] = {
	OPTION_FLAG(struct doctor_options, prove, 0, "prove", NULL,
		    "panic the board on purpose, and check that its last log messages survive"),
	OPTION_FLAG(struct doctor_options, yes, 'y', "yes", NULL, "with --prove: do not ask first"),
	OPTION_DURATION(struct doctor_options, return_ms, 0, "return-timeout", "TIME",
			"board.return_timeout",
			"with --prove: time limit for the board to come back (default: 60s)"),
	OPTION_END,
};

/* --- what is shown --------------------------------------------------------------- */

static enum finding_state worst(const struct findings *c)
{
	enum finding_state state = FINDING_OK;

	for (size_t i = 0; i < c->n; i++)
		state = c->items[i].state > state ? c->items[i].state : state;
	return state;
}

static json_t *proof_json(const struct proof *proof)
{
	json_t *kept = json_array();

	if (!proof->token) {
		json_decref(kept);
		return NULL;
	}
	strv_foreach (name, proof->kept)
		json_array_append_new(kept, text_json(*name));
	return object_json("{s:b, s:s, s:s, s:s*, s:s*, s:i, s:o}", "ok", proof->ok, "token",
			   proof->token, "summary", proof->summary, "fix", proof->mend, "run",
			   proof->run, "back_ms", proof->back_ms, "kept", kept);
}

static int print_json(const struct findings *c, const struct proof *proof)
{
	static const char *const names[] = { "ok", "note", "missing" };
	json_t *list = json_array();

	for (size_t i = 0; i < c->n; i++) {
		const struct finding *check = &c->items[i];

		json_array_append_new(list, object_json("{s:s, s:s, s:s, s:s, s:s*}", "where",
							check->where, "name", check->name, "state",
							names[check->state], "detail",
							check->detail, "fix", check->mend));
	}
	return out_json(
		object_json("{s:s, s:b, s:s*, s:o, s:o*}", "schema", "outpost.doctor/1", "ok",
			    worst(c) != FINDING_MISSING && (!proof->token || proof->ok), "survival",
			    grade_name(c->grade), "checks", list, "prove", proof_json(proof)));
}

static void print_checks(const struct findings *c)
{
	static const char *const words[] = { "ok", "note", "MISSING" };

	for (size_t i = 0; i < c->n; i++) {
		const struct finding *check = &c->items[i];

		out_print("%-6s %-22s %-8s %s\n", check->where, check->name, words[check->state],
			  check->detail);
		if (check->mend)
			out_print("%29s -> %s\n", "", check->mend);
	}
	if (c->packages) {
		putchar('\n');
		out_print("apt-get install");
		strv_foreach (package, c->packages)
			out_print(" %s", *package);
		out_print("\n");
	}
}

static void print_proof(const struct proof *proof)
{
	out_print("%-6s %-22s %-8s %s\n", "board", "prove", proof->ok ? "ok" : "MISSING",
		  proof->summary);
	if (proof->mend)
		out_print("%29s -> %s\n", "", proof->mend);
}

/* --- the command -------------------------------------------------------------------- */

static int examine(struct context *ctx, struct findings *checks)
{
	doctor_host(checks, ctx->buildenv);
	return doctor_boards(checks, ctx->buildenv, ctx->board);
}

static int ask(const struct board *board)
{
	char answer[16] = "";

	if (!isatty(STDIN_FILENO))
		return usage_error("--prove panics board %s: it requires --yes if standard input "
				   "is not a terminal",
				   board->name);
	fprintf(stderr,
		"Board %s will panic and reboot; anything running on it is lost. Continue? "
		"[y/N] ",
		board->name);
	if (!fgets(answer, sizeof(answer), stdin) || (*answer != 'y' && *answer != 'Y')) {
		log_info("Cancelled");
		return STATUS_FAIL;
	}
	return STATUS_OK;
}

static int prove(struct context *ctx, const struct doctor_options *o, struct proof *proof)
{
	_cleanup_(board_freep) struct board *board = NULL;
	int r = board_find(ctx->board, &board);

	if (strv_contains(config_ignored(ctx->config), "board.default"))
		log_warn("Ignoring board.default in %s: you do not trust the project",
			 config_project_file(ctx->config));
	if (r == 0 && !o->yes)
		r = ask(board);
	if (r)
		return r;
	r = doctor_prove(board, o->return_ms, proof);
	return r == OUTCOME_INTERRUPTED ? -EINTR : r > 0 ? STATUS_TROUBLE : r;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct doctor_options *o = arg;
	_cleanup_(findings_release) struct findings checks = { 0 };
	_cleanup_(proof_release) struct proof proof = { 0 };
	int r;

	(void)argc;
	(void)argv;
	if (!o->prove && (o->yes || option_given(ctx, "return-timeout")))
		return usage_error("--%s requires --prove", o->yes ? "yes" : "return-timeout");
	r = o->prove ? prove(ctx, o, &proof) : examine(ctx, &checks);
	if (r)
		return r;
	if (ctx->json)
		r = print_json(&checks, &proof);
	else if (o->prove)
		print_proof(&proof);
	else
		print_checks(&checks);
	if (r < 0)
		return r;
	return worst(&checks) == FINDING_MISSING || (o->prove && !proof.ok) ? STATUS_FAIL
									    : STATUS_OK;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = "Check this host and the board, and show how to fix what is missing",
	.help = "Grades how well the board survives a crash: good, fair or poor. --prove panics\n"
		"the board to find out.\n"
		"Exit status: 1 if something required is missing, or if --prove fails; a note does\n"
		"not count.\n",
	.options = options,
	.options_size = sizeof(struct doctor_options),
	.has_json = true,
	.no_trust = true,
	.run = run,
};
