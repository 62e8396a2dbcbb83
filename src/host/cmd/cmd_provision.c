// SPDX-License-Identifier: GPL-2.0-only
#include "common/log.h"
#include "common/provision.h"
#include "common/strv.h"
#include "host/base/json_make.h"
#include "host/cmd/command.h"
#include "host/report/out.h"
#include "host/workflow/provision.h"

#include <errno.h>
#include <string.h>

static const struct option_row options[] = {
	OPTION_FLAG(struct provision_options, dry_run, 'n', "dry-run", NULL,
		    "change nothing, and show what would change"),
	OPTION_LIST(struct provision_options, only, 0, "only", "STEP", NULL,
		    "only this step; may be repeated"),
	OPTION_FLAG(struct provision_options, undo, 0, "undo", NULL,
		    "take away what earlier calls made"),
	OPTION_STRING(struct provision_options, profile, 0, "profile", "NAME", NULL,
		      "development (default) or production"),
	OPTION_STRING(struct provision_options, key, 0, "key", "FILE", NULL,
		      "make an account for this public key: outpost-dev or outpost-prod"),
	OPTION_FLAG(struct provision_options, restart, 0, "restart", NULL,
		    "restart the board if a step needs it"),
	OPTION_FLAG(struct provision_options, headers, 0, "headers", NULL,
		    "also install the headers of the running kernel"),
	OPTION_FLAG(struct provision_options, upgrade, 0, "upgrade", NULL,
		    "also upgrade all packages of the board"),
	OPTION_LIST(struct provision_options, ports, 0, "allow-port", "PORT", NULL,
		    "firewall: also accept this TCP port; may be repeated"),
	OPTION_DURATION(struct provision_options, return_ms, 0, "return-timeout", "TIME", NULL,
			"with --restart: time limit for the board to come back (default: 5m)"),
	OPTION_END,
};

/* --- what is shown ----------------------------------------------------------------------- */

static const char *profile_name(const outpost_Provision *request)
{
	return request->production ? "production" : "development";
}

static json_t *row_json(const struct provision_row *row)
{
	json_t *lines = json_array();

	strv_foreach (line, row->lines)
		json_array_append_new(lines, text_json(*line));
	return object_json("{s:s, s:s, s:o, s:s*}", "step", row->step, "state",
			   row->state == PROVISION_FAILED ? "failed"
							  : provision_state_name(row->state),
			   "lines", lines, "why", row->why);
}

static int print_json(const char *board, const struct provision_options *o,
		      const outpost_Provision *request, const struct provision_list *list)
{
	json_t *steps = json_array(), *notes = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(steps, row_json(&list->rows[i]));
	for (size_t i = 0; i < list->notes.n; i++)
		json_array_append_new(notes, object_json("{s:s, s:s, s:s*}", "name",
							 list->notes.items[i].name, "detail",
							 list->notes.items[i].detail, "fix",
							 list->notes.items[i].mend));
	return out_json(object_json("{s:s, s:s, s:s, s:b, s:o, s:o}", "schema",
				    "outpost.provision/1", "board", board ? board : "vm", "profile",
				    profile_name(request), "dry_run", o->dry_run, "steps", steps,
				    "notes", notes));
}

static void print_row(const struct provision_row *row)
{
	const char *name = row->step, *state = provision_state_name(row->state);
	bool shown = false;

	strv_foreach (line, row->lines) {
		out_print("%-9s %-12s %s\n", name, state, *line);
		name = state = "";
		shown = true;
	}
	if (row->why || !shown)
		out_print("%-9s %-12s %s\n", name, state,
			  row->why ? row->why : provision_find_step(row->step)->summary);
}

static void print_notes(const struct findings *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		const struct finding *note = &notes->items[i];

		if (note->state == FINDING_OK)
			continue;
		out_print("note      %s: %s\n", note->name, note->detail);
		if (note->mend)
			out_print("%9s -> %s\n", "", note->mend);
	}
}

static size_t count(const struct provision_list *list, enum provision_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += list->rows[i].state == state;
	return n;
}

static void sum_up(const struct provision_list *list)
{
	size_t failed = count(list, PROVISION_FAILED), waits = count(list, PROVISION_WAITS);

	if (waits)
		log_info("A step waits for a restart of the board: run the command with --restart");
	if (failed)
		log_error("%zu of %zu steps failed", failed, list->n);
	else if (!waits && !count(list, PROVISION_WOULD) && !count(list, PROVISION_CHANGED) &&
		 !count(list, PROVISION_UNDONE))
		log_info("Nothing was changed: the board is as it should be");
}

/* --- the command ---------------------------------------------------------------------------- */

static int check(const struct context *ctx, const struct provision_options *o)
{
	static const char *const forward[] = { "key",     "headers",    "upgrade",
					       "restart", "allow-port", "return-timeout" };

	for (size_t i = 0; o->undo && i < ARRAY_SIZE(forward); i++)
		/* An account is removed by its profile, not by its key. */
		if (option_given(ctx, forward[i]))
			return usage_error("--%s and --undo exclude each other", forward[i]);
	if (option_given(ctx, "return-timeout") && !o->restart)
		return usage_error("--return-timeout requires --restart");
	return 0;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct provision_options *o = arg;
	_cleanup_(provision_list_release) struct provision_list list = { 0 };
	outpost_Provision request;
	int r = check(ctx, o);

	(void)argc;
	(void)argv;
	if (r)
		return r;
	r = provision_request(o, &request);
	if (r < 0)
		return r == -EINVAL ? STATUS_USAGE : r;
	r = provision_all(ctx, o, &request, &list);
	if (r < 0 && !list.n)
		return r;
	if (!ctx->json) {
		for (size_t i = 0; i < list.n; i++)
			print_row(&list.rows[i]);
		print_notes(&list.notes);
	} else if (r == 0) {
		r = print_json(ctx->board, o, &request, &list);
	}
	if (r < 0)
		return r;
	sum_up(&list);
	return count(&list, PROVISION_FAILED) ? STATUS_FAIL : STATUS_OK;
}

const struct command cmd_provision = {
	.name = "provision",
	.args = "",
	.summary = "Make a board ready: packages, accounts, logs that survive, keys only",
	.help = "Steps: packages, folders, sudo, account, journal, sysctl, watchdog, ssh, firewall,\n"
		"headers, boot, selftest. Each looks first what is missing; a second call changes\n"
		"nothing, and an interrupted one can be repeated. ssh and firewall are undone by the\n"
		"board itself unless a second connection succeeds. boot changes config.txt, and has\n"
		"the firmware try it once where it can. See docs/pi.md.\n"
		"Exit status: 1 if a step failed.\n",
	.options = options,
	.options_size = sizeof(struct provision_options),
	.defaults = &(const struct provision_options){ .profile = (char *)"development" },
	.has_json = true,
	.run = run,
};
