// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/board.h"
#include "host/command.h"
#include "host/kernel.h"
#include "host/kernel_fit.h"
#include "host/kernel_internal.h"
#include "host/out.h"
#include "host/session.h"

#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Of the modules on a board each such one is read for verify: some hundred of Debian's. */
#define MODULES_SAMPLE 25

/* nftw() has no argument for its function. */
static long long bytes_seen;

static int add_size(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)path;
	(void)flag;
	(void)ftw;
	bytes_seen += (long long)st->st_blocks * 512;
	return 0;
}

/* On disk; for a user's own tree only the reference to it. */
static long long tree_size(const struct kernel_tree *tree)
{
	bytes_seen = 0;
	nftw(tree->root, add_size, 32, FTW_PHYS | FTW_MOUNT);
	return bytes_seen;
}

static json_t *tree_json(const struct kernel_tree *tree)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I}", "release", tree->release, "source",
			 tree->source, "build", tree->build, "compiler", tree->compiler, "bytes",
			 (json_int_t)tree_size(tree));
}

/* Takes the array over. */
static int print_json(json_t *kernels)
{
	json_t *document =
		json_pack("{s:s, s:o}", "schema", "outpost.kernel/1", "kernels", kernels);

	json_dumpf(document, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(document);
	return STATUS_OK;
}

static int print_one(const struct context *ctx, const struct kernel_tree *tree)
{
	json_t *kernels;

	if (!ctx->json) {
		printf("%s\n", tree->build);
		return STATUS_OK;
	}
	kernels = json_array();
	json_array_append_new(kernels, tree_json(tree));
	return print_json(kernels);
}

static int run_add(struct context *ctx, const char *what)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_free_ char *newest = NULL;
	int r;

	if (what && (strchr(what, '/') || strcmp(what, ".") == 0 || strcmp(what, "..") == 0)) {
		r = kernel_add_path(what, &tree);
	} else {
		r = what ? 0 : kernel_debian_default(&newest);
		if (r == 0)
			r = kernel_obtain(what ? what : newest, &tree);
	}
	if (r < 0)
		return r;
	log_info("The kernel tree for %s is ready.", tree->release);
	return print_one(ctx, tree);
}

static int run_sync(struct context *ctx, const char *what)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_(board_freep) struct board *board = NULL;
	_cleanup_(session_closep) struct session *session = NULL;
	int r = board_get(ctx, &board);

	(void)what;
	if (r < 0)
		return r;
	progress_start();
	progress_step("asking %s what it runs", board->name);
	r = session_open(board, NULL, &session);
	if (r == 0)
		r = kernel_sync(board, session, &tree);
	progress_end();
	if (r < 0)
		return r;
	log_info("Board %s runs %s; its kernel tree is ready (source: %s).", board->name,
		 tree->release, tree->source);
	return print_one(ctx, tree);
}

static void print_row(const struct kernel_tree *tree)
{
	printf("%-28s %-8s %-24s %5lld MB\n", tree->release, tree->source, tree->compiler,
	       (tree_size(tree) + 500000) / 1000000);
}

/* A damaged tree is said on the way, and makes the status tell of it. */
static int run_list(struct context *ctx, const char *what)
{
	_cleanup_strv_ char **releases = NULL;
	json_t *kernels;
	int status = kernel_list(&releases);

	(void)what;
	if (status < 0)
		return status;
	kernels = json_array();
	if (*releases && !ctx->json)
		printf("%-28s %-8s %-24s %8s\n", "RELEASE", "SOURCE", "COMPILER", "SIZE");
	strv_foreach (release, releases) {
		_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
		int r = kernel_read(*release, &tree);

		if (r < 0)
			status = r;
		else if (ctx->json)
			json_array_append_new(kernels, tree_json(tree));
		else
			print_row(tree);
	}
	if (!*releases && !ctx->json)
		log_info("There is no kernel tree yet; outpost kernel add gets one.");
	if (ctx->json)
		print_json(kernels);
	else
		json_decref(kernels);
	return status;
}

static int not_there(const char *release)
{
	log_error("There is no kernel tree for '%s' here.", release);
	log_hint("outpost kernel list shows those that are, outpost kernel add %s gets it.",
		 release);
	return -ENOENT;
}

static int run_path(struct context *ctx, const char *what)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_strv_ char **releases = NULL;
	int r = what ? 0 : kernel_list(&releases);

	if (r < 0)
		return r;
	if (!what && strv_length(releases) > 1)
		return usage_error("There are several kernel trees: say which. outpost kernel list "
				   "shows them.");
	if (!what && !*releases) {
		log_error("There is no kernel tree here.");
		log_hint("outpost kernel add gets one.");
		return -ENOENT;
	}
	if (!what)
		what = *releases;
	r = kernel_read(what, &tree);
	if (r < 0)
		return r == -ENOENT ? not_there(what) : r;
	return print_one(ctx, tree);
}

static int run_remove(struct context *ctx, const char *what)
{
	int r;

	if (ctx->json)
		return usage_error("'kernel remove' has no --json.");
	if (!what)
		return usage_error(
			"'kernel remove' wants a RELEASE; outpost kernel list shows them.");
	r = kernel_remove(what);
	return r == -ENOENT ? not_there(what) : r;
}

/* --- verify --------------------------------------------------------------------------- */

static void print_fits(const struct kernel_fits *fits)
{
	static const char *const words[] = { "ok", "NOT", "?" };

	for (size_t i = 0; i < fits->n; i++) {
		_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_add_clean(&text, fits->list[i].text, strlen(fits->list[i].text));
		printf("%-4s %-9s %s\n", words[fits->list[i].fit], fits->list[i].what, text.buf);
	}
}

static void print_fits_json(const struct kernel_fits *fits, const struct kernel_tree *tree,
			    const char *board, bool all)
{
	static const char *const words[] = { "yes", "no", "unknown" };
	json_t *facts = json_array(), *document;

	for (size_t i = 0; i < fits->n; i++)
		json_array_append_new(
			facts, json_pack("{s:s, s:s, s:s}", "what", fits->list[i].what, "fits",
					 words[fits->list[i].fit], "found", fits->list[i].text));
	document = json_pack("{s:s, s:s, s:s?, s:b, s:o}", "schema", "outpost.kernel-verify/1",
			     "release", tree->release, "board", board, "fits", all, "facts", facts);
	json_dumpf(document, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(document);
}

static int finish_verify(const struct context *ctx, const struct kernel_tree *tree,
			 const char *board, const struct kernel_fits *fits)
{
	bool all = true;

	for (size_t i = 0; i < fits->n; i++)
		all = all && fits->list[i].fit != FIT_NO;
	progress_end();
	if (ctx->json)
		print_fits_json(fits, tree, board, all);
	else
		print_fits(fits);
	if (all)
		return STATUS_OK;
	log_error("The kernel tree %s does not fit%s%s.", tree->root, board ? " what board " : "",
		  board ? board : " any more");
	log_hint("outpost kernel remove %s, then outpost kernel sync.", tree->release);
	return STATUS_FAIL;
}

/* Without a board: the tree alone. */
static int verify_alone(struct context *ctx, const char *release)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_(kernel_fits_release) struct kernel_fits fits = { 0 };
	int r = kernel_read(release, &tree);

	if (r < 0)
		return r == -ENOENT ? not_there(release) : r;
	r = kernel_fit(tree, NULL, 0, &fits);
	return r < 0 ? r : finish_verify(ctx, tree, NULL, &fits);
}

static int verify_on(struct context *ctx, struct board *board, const char *release)
{
	_cleanup_(kernel_wanted_release) struct kernel_wanted wanted = { .board = board };
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_(kernel_fits_release) struct kernel_fits fits = { 0 };
	_cleanup_(session_closep) struct session *session = NULL;
	const outpost_Welcome *welcome;
	int r = session_open(board, NULL, &session);

	if (r == 0)
		r = session_welcome(session, &welcome);
	if (r < 0)
		return r;
	wanted.session = session;
	wanted.release = welcome->release;
	wanted.version = welcome->kernel_version;
	wanted.page_size = welcome->page_size;
	r = kernel_read(release ? release : wanted.release, &tree);
	if (r < 0)
		return r == -ENOENT ? not_there(release ? release : wanted.release) : r;
	r = kernel_fit(tree, &wanted, MODULES_SAMPLE, &fits);
	return r < 0 ? r : finish_verify(ctx, tree, board->name, &fits);
}

static int run_verify(struct context *ctx, const char *what)
{
	_cleanup_(board_freep) struct board *board = NULL;
	int r;

	if (what && !ctx->board)
		return verify_alone(ctx, what);
	r = board_get(ctx, &board);
	if (r < 0)
		return r;
	progress_start();
	r = verify_on(ctx, board, what);
	progress_end();
	return r;
}

static const struct {
	const char *name;
	int (*run)(struct context *ctx, const char *what);
	bool takes_one;
} actions[] = {
	{ "sync", run_sync, false }, { "add", run_add, true },       { "list", run_list, false },
	{ "path", run_path, true },  { "verify", run_verify, true }, { "remove", run_remove, true },
};

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(argv[0], actions[i].name) != 0)
			continue;
		if (argc > 1 + actions[i].takes_one)
			return usage_error("'kernel %s' takes %s.", argv[0],
					   actions[i].takes_one ? "one argument" : "no argument");
		return actions[i].run(ctx, argv[1]);
	}
	return usage_error(
		"There is no 'kernel %s'; it is sync, add, list, path, verify or remove.", argv[0]);
}

const struct command cmd_kernel = {
	.name = "kernel",
	.args = "sync | add [RELEASE|PATH] | list | path [RELEASE] | verify [RELEASE] | remove "
		"RELEASE",
	.summary = "Kernel trees to build modules against",
	.help = "sync     get the tree for the kernel that the board (-b) runs: the one in the "
		"cache,\n"
		"         else from the board itself, where headers are installed, else from the\n"
		"         distribution's packages. build and test do so by themselves\n"
		"add      get the tree for RELEASE (uname -r of the board; none: Debian's newest\n"
		"         arm64 kernel), or refer to a kernel that you built yourself at PATH\n"
		"         (a word with a slash in it: ./linux)\n"
		"list     what is there: release, source, compiler, size on disk\n"
		"path     the folder for make -C; without RELEASE that of the only tree\n"
		"verify   is it as it was made, and does it fit what the board runs: release, "
		"config,\n"
		"         page size, compiler, and the CRCs of its symbols against those in "
		"modules\n"
		"         installed there. With RELEASE and no -b: the tree alone\n"
		"remove   forget a tree; your own at PATH is not touched\n",
	.has_json = true,
	.least_args = 1,
	.most_args = 2,
	.run = run,
};
