// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/json_make.h"
#include "host/base/project.h"
#include "host/base/trust.h"
#include "host/cmd/command.h"
#include "host/report/out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trust_options {
	bool list, remove;
};

static const struct option_row options[] = {
	OPTION_FLAG(struct trust_options, list, 'l', "list", NULL, "print what you trust"),
	OPTION_FLAG(struct trust_options, remove, 'r', "remove", NULL, "trust PATH no longer"),
	OPTION_END,
};

static int print_json(char *const *dirs)
{
	json_t *projects = json_array();

	strv_foreach (dir, dirs)
		json_array_append_new(projects, object_json("{s:s, s:b}", "path", *dir, "usable",
							    trust_has(*dir)));
	return out_json(
		object_json("{s:s, s:o}", "schema", "outpost.trust/1", "projects", projects));
}

static int list(bool json)
{
	_cleanup_strv_ char **dirs = NULL;
	int r = trust_list(&dirs);

	if (r < 0)
		return r;
	if (json)
		return print_json(dirs);
	strv_foreach (dir, dirs) {
		printf("%s\n", *dir);
		if (!trust_has(*dir))
			log_warn("%s is no longer trusted: it is missing, or other users can write "
				 "to it",
				 *dir);
	}
	return STATUS_OK;
}

/* A folder that was deleted can still be removed from the list. */
static int remove_dir(const char *path)
{
	_cleanup_free_ char *root = project_root(path), *real = realpath(path, NULL);
	int r = real ? trust_remove(real) : trust_remove(path);

	if (r == -ENOENT)
		r = trust_remove(root);
	if (r == -ENOENT) {
		log_error("%s is not in the list of trusted projects", path);
		log_hint("Run outpost trust --list");
		return STATUS_FAIL;
	}
	return r < 0 ? r : STATUS_OK;
}

static int add(const char *path)
{
	_cleanup_free_ char *real = realpath(path, NULL), *root = NULL;
	int r;

	if (!real)
		return log_error_errno(-errno, "Cannot trust %s", path);
	root = project_root(real);
	r = trust_add(root);
	if (r == 0)
		log_info("You trust %s: its makefiles and its outpost.conf may run programs as you",
			 root);
	return r < 0 ? r : STATUS_OK;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct trust_options *o = arg;
	const char *path = argc ? argv[0] : ".";

	if (o->list && (o->remove || argc))
		return usage_error("--list takes no PATH and no other option");
	if (ctx->json && !o->list)
		return usage_error("--json requires --list");
	if (o->list)
		return list(ctx->json);
	return o->remove ? remove_dir(path) : add(path);
}

const struct command cmd_trust = {
	.name = "trust",
	.args = "[PATH]",
	.summary = "Let a project run programs as you: on this machine, and by its outpost.conf",
	.help = "PATH is a folder of the project (default: .). The project is the git work tree that\n"
		"it is in, or else PATH alone, with all folders below it.\n"
		"Without trust, a project's modules are built only in the container, and its\n"
		"outpost.conf cannot set archive.*, board.default, build.compiler_wrapper, build.in,\n"
		"container.*, kernel.git.* and kernel.keep. If you have not decided yet, Outpost asks;\n"
		"without a terminal, it exits with status 3. --yes (or OUTPOST_YES=1) trusts a project\n"
		"for one command only.\n",
	.options = options,
	.options_size = sizeof(struct trust_options),
	.has_json = true,
	.no_board = true,
	.no_trust = true,
	.most_args = 1,
	.no_cache = true,
	.run = run,
};
