// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "host/cmd/command.h"
#include "host/base/cache.h"
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
	_cleanup_close_ int cache = cache_claim();
	int r = cache < 0 ? cache : saved_remove_all();

	(void)ctx;
	(void)argc;
	(void)argv;
	return r < 0 ? r : cache_remove(o->all);
}

const struct command cmd_clean = {
	.name = "clean",
	.args = "",
	.summary = "Remove builds, or everything in the cache",
	.options = options,
	.options_size = sizeof(struct clean_options),
	.no_board = true,
	.no_cache = true,
	.no_trust = true,
	.run = run,
};
