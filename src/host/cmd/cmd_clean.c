// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/cmd/command.h"
#include "host/base/paths.h"
#include "host/vm/saved.h"

struct clean_options {
	bool all;
};

static const struct option_row options[] = {
	OPTION_FLAG(struct clean_options, all, 'a', "all", NULL,
		    "also remove kernel trees, vm images and downloaded packages"),
	OPTION_END,
};

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct clean_options *o = arg;
	_cleanup_free_ char *dir = o->all ? path_cache("", NULL) : path_cache("build", NULL);
	int r = saved_remove_all();

	if (r < 0)
		return r;
	r = fs_remove_tree(dir);

	(void)ctx;
	(void)argc;
	(void)argv;
	return r < 0 ? log_error_errno(r, "Cannot remove %s", dir) : STATUS_OK;
}

const struct command cmd_clean = {
	.name = "clean",
	.args = "",
	.summary = "Remove builds, or everything in the cache",
	.options = options,
	.options_size = sizeof(struct clean_options),
	.no_board = true,
	.no_trust = true,
	.run = run,
};
