// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmd/command.h"
#include "host/debian/debian.h"

struct unpack_options {
	char *arch;
	bool dependencies;
};

static const struct option_row options[] = {
	OPTION_STRING(struct unpack_options, arch, 'a', "arch", "ARCH", NULL,
		      "Debian's name for the architecture (default: arm64)"),
	OPTION_FLAG(struct unpack_options, dependencies, 'd', "dependencies", NULL,
		    "include the packages' dependencies"),
	OPTION_END,
};

static const struct unpack_options defaults = { .arch = (char *)"arm64" };

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct unpack_options *o = arg;
	_cleanup_(debian_closep) struct debian *debian = NULL;
	int r = debian_open(&debian, o->arch);

	(void)ctx;
	(void)argc;
	return r < 0 ? r : debian_unpack(debian, argv[0], argv + 1, o->dependencies);
}

const struct command cmd_unpack = {
	.name = "unpack",
	.args = "DIR PACKAGE...",
	.summary = "Unpack Debian packages of any architecture (plumbing)",
	.help = "Downloads the packages from the Debian mirrors in this machine's apt\n"
		"configuration and unpacks them below DIR. Installs nothing, and does not change\n"
		"the state of apt and dpkg.\n",
	.options = options,
	.options_size = sizeof(struct unpack_options),
	.defaults = &defaults,
	.least_args = 2,
	.most_args = -1,
	.no_board = true,
	.run = run,
};
