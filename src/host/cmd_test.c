// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/prepare.h"

struct test_options {
	struct prepare_options prepare;
	char *junit;
	int limit_ms;
	int repeat;
	bool no_reboot;
};

static const struct option_row options[] = {
	OPTION_STRING(struct test_options, junit, 0, "junit", "FILE", NULL, "write JUnit XML, too"),
	OPTION_DURATION(struct test_options, limit_ms, 't', "timeout", "TIME", "test.timeout",
			"time limit of load, test and unload each (default: test.conf's)"),
	OPTION_INT(struct test_options, repeat, 'n', "repeat", "N", 1, "test.repeat",
		   "load, test and unload each module N times"),
	OPTION_FLAG(struct test_options, no_reboot, 0, "no-reboot", "test.no_reboot",
		    "go on without a reboot after a module that upset the kernel"),
	PREPARE_OPTIONS(struct test_options, prepare.),
	OPTION_END,
};

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct test_options *o = arg;
	char *const fallback[] = { (char *)"modules", NULL };
	struct run_request request = { .purpose = outpost_Purpose_TEST,
				       .repeat = o->repeat,
				       .no_reboot = o->no_reboot,
				       .limit_ms = o->limit_ms };
	_cleanup_(prepare_release) struct prepare p = { 0 };
	_cleanup_(run_result_release) struct run_result result = { 0 };
	int r;

	if (!argc && !fs_is_dir("modules")) {
		log_error("There is no folder modules/ here, and no other was named.");
		log_hint("outpost test PATH tests the modules in a folder.");
		return STATUS_USAGE;
	}
	r = prepare_board(&p, ctx, &o->prepare);
	if (r == 0)
		r = prepare_execute(&p, argc ? argv : fallback, true, &request, &result);
	return prepare_finish(&p, r, &result, o->junit);
}

const struct command cmd_test = {
	.name = "test",
	.args = "[PATH...]",
	.summary = "Build, check, deploy, load, test and unload modules, and judge",
	.help = "PATH is a folder with a Kbuild or Makefile that has obj-m, a folder with a dkms.conf,\n"
		"a .ko file, or a folder of such folders; with none, modules/.\n"
		"Exit status: 0 all passed, 1 a test failed, 4 the board crashed or hung,\n"
		"3 the board was lost or something failed before the modules could be judged.\n",
	.options = options,
	.options_size = sizeof(struct test_options),
	.defaults = &(const struct test_options){ .repeat = 1 },
	.has_json = true,
	.most_args = -1,
	.run = run,
};
