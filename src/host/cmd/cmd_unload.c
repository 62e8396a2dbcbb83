// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "common/log.h"
#include "host/base/paths.h"
#include "host/cmd/command.h"
#include "host/cmd/finish.h"
#include "host/workflow/workflow.h"

static const struct option_row options[] = {
	WORKFLOW_RUN_OPTIONS(struct workflow_options, ),
	OPTION_END,
};

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	struct run_request request = { .purpose = outpost_Purpose_UNLOAD };
	_cleanup_(workflow_release) struct workflow w = { 0 };
	_cleanup_(run_result_release) struct run_result result = { 0 };
	int r;

	for (int i = 0; i < argc; i++) {
		_cleanup_free_ char *name = module_canonical_name(argv[i]);

		if (!path_is_plain_name(name))
			return usage_error("Invalid module name '%s'", argv[i]);
	}
	r = workflow_board(&w, ctx, arg);
	/* In reverse: the list is in the order of loading, and is unloaded from its end. */
	for (int i = argc; r == 0 && i-- > 0;) {
		_cleanup_free_ char *name = module_canonical_name(argv[i]);

		module_list_add(&w.modules, module_new(name));
	}
	if (r == 0)
		r = workflow_execute(&w, NULL, false, &request, &result);
	return finish_run(&w, r, &result, NULL, false);
}

const struct command cmd_unload = {
	.name = "unload",
	.args = "MODULE...",
	.summary = "Unload modules from the board's kernel",
	.help = "Retries for 10 s if a module is in use, then lists its users.\n",
	.options = options,
	.options_size = sizeof(struct workflow_options),
	.has_json = true,
	.least_args = 1,
	.most_args = -1,
	.run = run,
};
