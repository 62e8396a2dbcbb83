// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/paths.h"
#include "host/cmd/command.h"
#include "host/cmd/finish.h"
#include "host/workflow/workflow.h"

#include <string.h>

static const struct option_row options[] = {
	WORKFLOW_BUILD_OPTIONS(struct workflow_options, ),
	WORKFLOW_RUN_OPTIONS(struct workflow_options, ),
	OPTION_END,
};

/* Resolves a path, or the name of a module in modules/. */
static char *find_path(const char *word)
{
	char *path;

	if (fs_exists(word))
		return xstrdup(word);
	path = path_join("modules", word, NULL);
	if (path_is_plain_name(word) && fs_exists(path))
		return path;
	free(path);
	log_error("Neither %s nor modules/%s exists", word, word);
	log_hint("Run outpost load PATH, where PATH is a folder with modules, or a .ko file");
	return NULL;
}

/* Joins "a=1" "b=two words" for finit_module. */
static char *join_params(int argc, char **argv)
{
	struct strbuf sb = STRBUF_INIT;

	for (int i = 0; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		bool quote = equals && strpbrk(equals, " \t") && !strchr(equals, '"');

		strbuf_addf(&sb, "%s%.*s%s%s%s", i ? " " : "",
			    equals ? (int)(equals - argv[i]) + 1 : (int)strlen(argv[i]), argv[i],
			    quote ? "\"" : "", equals ? equals + 1 : "", quote ? "\"" : "");
	}
	return strbuf_detach(&sb);
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	_cleanup_free_ char *path = find_path(argv[0]);
	_cleanup_free_ char *params = argc > 1 ? join_params(argc - 1, argv + 1) : NULL;
	char *const paths[] = { path, NULL };
	struct run_request request = { .purpose = outpost_Purpose_LOAD, .params = params };
	_cleanup_(workflow_release) struct workflow w = { 0 };
	_cleanup_(run_result_release) struct run_result result = { 0 };
	int r;

	if (!path)
		return STATUS_USAGE;
	r = workflow_board(&w, ctx, arg);
	if (r == 0)
		r = workflow_execute(&w, paths, false, &request, &result);
	return finish_run(&w, r, &result, NULL, false);
}

const struct command cmd_load = {
	.name = "load",
	.args = "MODULE|PATH [PARAM=V...]",
	.summary = "Build a module, load it and leave it loaded",
	.help = "MODULE is a folder in modules/. Modules that it needs are loaded first, and stay\n"
		"loaded as well. Without parameters, those in its test.conf are used.\n",
	.options = options,
	.options_size = sizeof(struct workflow_options),
	.has_json = true,
	.least_args = 1,
	.most_args = -1,
	.run = run,
};
