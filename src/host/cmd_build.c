// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/build.h"
#include "host/command.h"
#include "host/place.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct build_options {
	char *kernel;
	int jobs;
	bool no_tests;
	char *compile_commands;
	char *in;
	struct build_settings settings;
};

static const struct option_row options[] = {
	OPTION_STRING(struct build_options, kernel, 'k', "kernel", "RELEASE", "build.kernel",
		      "build for this kernel (default: the newest one there is a tree for)"),
	OPTION_INT(struct build_options, jobs, 'j', "jobs", "N", 0, "build.jobs",
		   "compile N files at a time (default: one per processor)"),
	OPTION_FLAG(struct build_options, no_tests, 0, "no-tests", NULL,
		    "leave the test programs out"),
	OPTION_STRING(struct build_options, compile_commands, 0, "compile-commands", "FILE", NULL,
		      "also write a compile_commands.json for your editor"),
	OPTION_STRING(struct build_options, in, 0, "in", "PLACE", "build.in",
		      "build in the 'container' or on this 'host' (default: where there is one)"),
	BUILD_SETTINGS(struct build_options, settings.),
	OPTION_END,
};

static int get_tree(const char *release, struct kernel_tree **tree)
{
	_cleanup_strv_ char **releases = NULL;
	_cleanup_free_ char *newest = NULL;
	const char *found = NULL;
	int r;

	if (release)
		return kernel_obtain(release, tree);
	r = kernel_list(&releases);
	if (r < 0)
		return r;
	strv_foreach (each, releases)
		if (!found || strverscmp(*each, found) > 0)
			found = *each;
	if (!found) {
		r = kernel_debian_default(&newest);
		if (r < 0)
			return r;
		found = newest;
	}
	return kernel_obtain(found, tree);
}

static const char *state_of(const struct module *module)
{
	return module->error ? "failed" : module->test.skip ? "skipped" : "built";
}

static void print_json(const struct module_list *list, const char *release,
		       const struct build_counts *counts)
{
	json_auto_t *modules = json_array();
	json_auto_t *document = NULL;

	for (size_t i = 0; i < list->n; i++) {
		const struct module *m = list->modules[i];

		json_array_append_new(
			modules,
			json_pack("{s:s, s:s, s:s?, s:s?, s:s, s:s, s:s?, s:s?, s:s?, s:i}",
				  "module", m->name, "state", state_of(m), "path", m->stripped,
				  "unstripped", m->unstripped, "source", m->source ? m->source : "",
				  "build_id", m->build_id, "test_program", m->test_program, "skip",
				  m->test.skip, "error", m->error, "build_ms", m->build_ms));
	}
	document = json_pack("{s:s, s:s, s:O, s:I, s:{s:I, s:I}}", "schema", "outpost.build/1",
			     "kernel", release, "modules", modules, "warnings",
			     (json_int_t)counts->warnings, "ccache", "hits",
			     (json_int_t)counts->cached, "misses", (json_int_t)counts->compiled);
	json_dumpf(document, stdout, JSON_INDENT(1));
	putchar('\n');
}

static void print_table(const struct module_list *list)
{
	size_t width = strlen("MODULE");

	for (size_t i = 0; i < list->n; i++)
		if (strlen(list->modules[i]->name) > width)
			width = strlen(list->modules[i]->name);
	printf("%-*s  %8s  %s\n", (int)width, "MODULE", "SECONDS", "FILE");
	for (size_t i = 0; i < list->n; i++) {
		const struct module *m = list->modules[i];
		_cleanup_(strbuf_release) struct strbuf what = STRBUF_INIT;
		const char *text = m->error ? m->error : m->test.skip ? m->test.skip : m->stripped;

		strbuf_addf(&what, "%s%s",
			    m->error       ? "FAILED: "
			    : m->test.skip ? "skipped: "
					   : "",
			    text);
		printf("%-*s  %8.2f  ", (int)width, m->name, m->build_ms / 1000.0);
		fwrite(what.buf, 1, what.len, stdout);
		putchar('\n');
	}
}

/* Nothing where nothing was compiled, or there is no ccache. */
static void say_counts(const struct build_counts *counts)
{
	size_t all = counts->compiled + counts->cached;

	if (counts->warnings)
		log_info("%zu warning%s.", counts->warnings, counts->warnings == 1 ? "" : "s");
	if (all)
		log_info("ccache had %zu of %zu files (%zu%%).", counts->cached, all,
			 100 * counts->cached / all);
}

static int build_all(const struct context *ctx, const struct build_options *o, char *const *paths)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_(module_list_release) struct module_list list = { 0 };
	struct build_counts counts = { 0 };
	struct build_request request = { .paths = paths,
					 .tests = !o->no_tests,
					 .jobs = o->jobs,
					 .settings = &o->settings,
					 .counts = &counts };
	int status = STATUS_OK, r = o->in ? place_choose(o->in) : 0;

	if (r < 0)
		return STATUS_USAGE;
	r = get_tree(o->kernel, &tree);
	if (r < 0)
		return r;
	log_info("Building %s.", tree->in_container ? "in the build container" : "on this machine");
	request.tree = tree;
	r = build(&request, &list);
	if (r == 0 && o->compile_commands)
		r = build_compile_commands(paths, tree->release, o->compile_commands);
	if (r < 0)
		return r;
	if (ctx->json)
		print_json(&list, tree->release, &counts);
	else
		print_table(&list);
	say_counts(&counts);
	for (size_t i = 0; i < list.n; i++)
		if (list.modules[i]->error)
			status = STATUS_FAIL;
	return status;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	char *const fallback[] = { (char *)"modules", NULL };

	if (argc == 0 && !fs_is_dir("modules")) {
		log_error("There is no folder modules/ here, and no other was named.");
		log_hint("outpost build PATH builds the modules in a folder.");
		return STATUS_USAGE;
	}
	return build_all(ctx, arg, argc ? argv : fallback);
}

const struct command cmd_build = {
	.name = "build",
	.args = "[PATH...]",
	.summary = "Cross-compile modules",
	.help = "PATH is a folder with a Kbuild or Makefile that has obj-m, a folder with a "
		"dkms.conf,\n"
		"a .ko file, or a folder of such folders; with none, modules/. Sources are not\n"
		"written to: they are built in a copy, of which only what changed is made anew.\n",
	.options = options,
	.options_size = sizeof(struct build_options),
	.has_json = true,
	.most_args = -1,
	.run = run,
};
