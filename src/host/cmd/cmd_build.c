// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/base/json_make.h"
#include "host/build/build.h"
#include "host/build/kernels.h"
#include "host/cmd/command.h"
#include "host/container/buildenv.h"
#include "host/report/out.h"
#include "host/workflow/workflow.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct build_options {
	char *kernels, *boards; /* separated by commas */
	int jobs;
	bool no_tests;
	char *compile_commands;
	char *in;
	struct build_settings settings;
};

static const struct option_row options[] = {
	OPTION_STRING(struct build_options, kernels, 'k', "kernel", "RELEASE,...", "build.kernel",
		      "build for these kernels (default: that of -b, else the newest that has a "
		      "tree)"),
	OPTION_STRING(struct build_options, boards, 0, "for", "BOARD,...", NULL,
		      "build for the kernels of these boards"),
	OPTION_INT(struct build_options, jobs, 'j', "jobs", "N", 0, "build.jobs",
		   "compile N files at a time (default: one per processor)"),
	OPTION_FLAG(struct build_options, no_tests, 0, "no-tests", NULL,
		    "do not build test programs"),
	OPTION_STRING(struct build_options, compile_commands, 0, "compile-commands", "FILE", NULL,
		      "also write a compile_commands.json for your editor, for the first kernel"),
	OPTION_STRING(
		struct build_options, in, 0, "in", "PLACE", "build.in",
		"build in the 'container' or on this 'host' (default: the container, if built)"),
	BUILD_SETTINGS(struct build_options, settings.),
	OPTION_END,
};

static const char *state_of(const struct module *module)
{
	return module->error ? "failed" : module->test.skip ? "skipped" : "built";
}

static json_t *module_json(const struct module *m, const char *release)
{
	return object_json("{s:s, s:s, s:s, s:s?, s:s?, s:s, s:s, s:s?, s:s?, s:s?, s:i}", "module",
			   m->name, "kernel", release, "state", state_of(m), "path", m->stripped,
			   "unstripped", m->unstripped, "source", m->source ? m->source : "",
			   "build_id", m->build_id, "test_program", m->test_program, "skip",
			   m->test.skip, "error", m->error, "build_ms", m->build_ms);
}

/* 0 or -errno, logged. */
static int print_json(const struct build_kernels *kernels, const struct build_counts *counts)
{
	json_t *modules = json_array(), *releases = json_array();

	for (size_t i = 0; i < kernels->n; i++) {
		const char *release = kernels->trees[i]->release;

		json_array_append_new(releases, text_json(release));
		for (size_t k = 0; k < kernels->lists[i].n; k++)
			json_array_append_new(modules,
					      module_json(kernels->lists[i].modules[k], release));
	}
	return out_json(object_json("{s:s, s:s, s:o, s:o, s:I, s:o}", "schema", "outpost.build/1",
				    "kernel", kernels->trees[0]->release, "kernels", releases,
				    "modules", modules, "warnings", (json_int_t)counts->warnings,
				    "ccache",
				    object_json("{s:I, s:I}", "hits", (json_int_t)counts->cached,
						"misses", (json_int_t)counts->compiled)));
}

/* Computes the widths of two columns. */
static void measure(const struct build_kernels *kernels, int *name, int *release)
{
	size_t widest = strlen("MODULE"), longest = strlen("KERNEL");

	for (size_t i = 0; i < kernels->n; i++) {
		if (strlen(kernels->trees[i]->release) > longest)
			longest = strlen(kernels->trees[i]->release);
		for (size_t k = 0; k < kernels->lists[i].n; k++)
			if (strlen(kernels->lists[i].modules[k]->name) > widest)
				widest = strlen(kernels->lists[i].modules[k]->name);
	}
	*name = (int)widest;
	*release = kernels->n > 1 ? (int)longest : 0; /* no column for a single kernel */
}

static void print_row(const char *name, int name_width, const char *release, int release_width,
		      const char *seconds, const char *text)
{
	out_print("%-*s  ", name_width, name);
	if (release_width)
		out_print("%-*s  ", release_width, release);
	out_print("%8s  %s\n", seconds, text);
}

static void print_module(const struct module *m, int name_width, const char *release,
			 int release_width)
{
	_cleanup_free_ char *seconds = xasprintf("%.2f", m->build_ms / 1000.0);
	_cleanup_free_ char *text = m->error       ? xasprintf("FAILED: %s", m->error)
				    : m->test.skip ? xasprintf("skipped: %s", m->test.skip)
						   : xstrdup(m->stripped);

	print_row(m->name, name_width, release, release_width, seconds, text);
}

static void print_table(const struct build_kernels *kernels)
{
	int name, release;

	measure(kernels, &name, &release);
	print_row("MODULE", name, "KERNEL", release, "SECONDS", "FILE");
	for (size_t i = 0; i < kernels->n; i++)
		for (size_t k = 0; k < kernels->lists[i].n; k++)
			print_module(kernels->lists[i].modules[k], name, kernels->trees[i]->release,
				     release);
}

/* Logs nothing if nothing was compiled, or ccache is not installed. */
static void say_counts(const struct build_counts *counts)
{
	size_t all = counts->compiled + counts->cached;

	if (counts->warnings)
		log_info("%zu warning%s", counts->warnings, counts->warnings == 1 ? "" : "s");
	if (all)
		log_info("ccache hits: %zu of %zu files (%zu%%)", counts->cached, all,
			 100 * counts->cached / all);
}

static void say_places(const struct build_kernels *kernels)
{
	for (size_t i = 0; i < kernels->n; i++)
		log_info("Building for %s %s", kernels->trees[i]->release,
			 kernels->trees[i]->in_container ? "in the build container"
							 : "on this machine");
}

static bool one_failed(const struct build_kernels *kernels)
{
	for (size_t i = 0; i < kernels->n; i++)
		for (size_t k = 0; k < kernels->lists[i].n; k++)
			if (kernels->lists[i].modules[k]->error)
				return true;
	return false;
}

/* Modules of the other kernels are printed even if nothing could be built for one of them. */
static int build_all(const struct context *ctx, const struct build_options *o, char *const *paths)
{
	_cleanup_(build_kernels_release) struct build_kernels kernels = { 0 };
	struct build_counts counts = { 0 };
	struct build_request request = { .paths = paths,
					 .tests = !o->no_tests,
					 .jobs = o->jobs,
					 .settings = &o->settings,
					 .counts = &counts };
	int r = o->in ? buildenv_choose(ctx->buildenv, o->in) : 0, not_one, written = 0;

	if (r < 0)
		return STATUS_USAGE;
	r = build_check_paths(paths);
	if (r < 0)
		return r;
	not_one = build_kernels_find(ctx->buildenv, &kernels, ctx->board, o->boards, o->kernels);
	if (kernels.n == 0)
		return not_one < 0 ? not_one : usage_error("No kernel given");
	say_places(&kernels);
	r = build_for(&request, kernels.trees, kernels.n, kernels.lists);
	if (r == 0 && o->compile_commands)
		r = build_compile_commands(paths, kernels.trees[0]->name, o->compile_commands);
	if (r < 0 && (r == -EINTR || kernels.n == 1))
		return r;
	if (ctx->json)
		written = print_json(&kernels, &counts);
	else
		print_table(&kernels);
	say_counts(&counts);
	if (r < 0 || not_one < 0)
		return r < 0 ? r : not_one;
	if (written < 0)
		return written;
	return one_failed(&kernels) ? STATUS_FAIL : STATUS_OK;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct build_options *o = arg;
	char *const *paths;

	if (o->boards && option_given(ctx, "kernel"))
		return usage_error("--for and --kernel exclude each other");
	paths = workflow_paths("build", argc, argv);
	return paths ? build_all(ctx, o, paths) : STATUS_USAGE;
}

const struct command cmd_build = {
	.name = "build",
	.args = "[PATH...]",
	.summary = "Cross-compile modules",
	.help = "PATH is a folder with a Kbuild or Makefile that has obj-m, a folder with a\n"
		"dkms.conf, a .ko file, or a folder of such folders; default: modules/. Sources are\n"
		"never written to: the build works on a copy, and rebuilds only what changed.\n",
	.options = options,
	.options_size = sizeof(struct build_options),
	.has_json = true,
	.most_args = -1,
	.run = run,
};
