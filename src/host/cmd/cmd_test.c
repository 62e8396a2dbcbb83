// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "host/cmd/command.h"
#include "host/cmd/finish.h"
#include "host/workflow/workflow.h"

static const struct option_row options[] = { TEST_OPTIONS, OPTION_END };

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct test_options *o = arg;
	struct run_request request = workflow_test(o);
	char *const *paths = workflow_paths("test", argc, argv);
	_cleanup_(workflow_release) struct workflow w = { 0 };
	_cleanup_(run_result_release) struct run_result result = { 0 };
	int r;

	if (!paths)
		return STATUS_USAGE;
	r = workflow_board(&w, ctx, &o->workflow);
	if (r == 0)
		r = workflow_execute(&w, paths, true, &request, &result);
	return finish_run(&w, r, &result, o->junit, false);
}

const struct command cmd_test = {
	.name = "test",
	.args = "[PATH...]",
	.summary = "Build, check, deploy, load, test and unload modules, and give verdicts",
	.help = "PATH is a folder with a Kbuild or Makefile that has obj-m, a folder with a\n"
		"dkms.conf, a .ko file, or a folder of such folders; default: modules/.\n"
		"Exit status: 0 if all passed, 1 if a test failed, 4 if the board crashed or hung,\n"
		"3 if the board was lost or something failed before the modules could be tested.\n",
	.options = options,
	.options_size = sizeof(struct test_options),
	.defaults = &(const struct test_options){ .repeat = 1 },
	.has_json = true,
	.most_args = -1,
	.run = run,
};
