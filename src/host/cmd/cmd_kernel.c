// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/fs_walk.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/json_make.h"
#include "host/base/progress.h"
#include "host/board/board.h"
#include "host/cmd/cmd_kernel.h"
#include "host/cmd/command.h"
#include "host/kernel/kernel.h"
#include "host/kernel/git.h"
#include "host/board/session.h"
#include "host/report/out.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static int add_size(const struct fs_entry *entry, void *bytes)
{
	if (entry->kind != FS_UNREADABLE)
		*(long long *)bytes += (long long)entry->st->st_blocks * 512;
	return 0;
}

/* Size on disk; for a user's own tree only that of the reference to it. */
static long long tree_size(const struct kernel_tree *tree)
{
	long long bytes = 0;

	fs_walk(tree->root, FS_FOLDER_FIRST, add_size, &bytes);
	return bytes;
}

static json_t *tree_json(const struct kernel_tree *tree)
{
	return object_json("{s:s, s:s, s:s?, s:s, s:s, s:s, s:I}", "name", tree->name, "release",
			   tree->release, "board", tree->board, "source", tree->source, "build",
			   tree->build, "compiler", tree->compiler, "bytes",
			   (json_int_t)tree_size(tree));
}

/* Takes ownership of the array. 0 or -errno, logged. */
static int print_json(json_t *kernels)
{
	return out_json(
		object_json("{s:s, s:o}", "schema", "outpost.kernel/1", "kernels", kernels));
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

/* A configured repository is the last of the sources, unless --git is given. */
static const struct option_row options[] = {
	OPTION_STRING(struct kernel_git, url, 0, "git", "URL", NULL,
		      "add: build from this repository, a URL or a folder"),
	OPTION_STRING(struct kernel_git, commit, 0, "commit", "COMMIT", NULL,
		      "with --git: this commit (default: that of the board's kernel package)"),
	OPTION_STRING(struct kernel_git, defconfig, 0, "defconfig", "NAME", "kernel.git.defconfig",
		      "with --git: used if the board does not provide its kernel's configuration"),
	OPTION_END,
};

/* The caller must call progress_end(). */
static int ask_board(const struct context *ctx, struct board **board, struct session **session)
{
	int r = board_find(ctx->board, board);

	if (r < 0)
		return r;
	progress_start();
	progress_step("asking %s what it runs", (*board)->name);
	return session_open(*board, NULL, session);
}

/* The release is the board's; `release`, if given, must be the same. */
static int run_add_git(struct context *ctx, const struct kernel_git *git, const char *release)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_(board_freep) struct board *board = NULL;
	_cleanup_(session_closep) struct session *session = NULL;
	const outpost_Welcome *welcome;
	int r = ask_board(ctx, &board, &session);

	if (r == 0)
		r = session_welcome(session, &welcome);
	if (r == 0 && release && strcmp(release, welcome->release) != 0) {
		log_error("Board %s runs %s, not %s: it cannot provide the symbol CRCs of another "
			  "kernel",
			  board->name, welcome->release, release);
		r = -EINVAL;
	}
	if (r == 0)
		r = kernel_sync_git(ctx->buildenv, board, session, git, &tree);
	progress_end();
	if (r < 0)
		return r;
	log_info("The kernel tree for %s is ready", tree->release);
	return print_one(ctx, tree);
}

static int run_add(struct context *ctx, const struct kernel_git *git, const char *what)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_free_ char *newest = NULL;
	int r;

	if (git->url)
		return run_add_git(ctx, git, what);
	if (what && (strchr(what, '/') || strcmp(what, ".") == 0 || strcmp(what, "..") == 0)) {
		r = kernel_add_path(ctx->buildenv, what, &tree);
	} else {
		r = what ? 0 : kernel_debian_default(&newest);
		if (r == 0)
			r = kernel_obtain(ctx->buildenv, NULL, what ? what : newest, &tree);
	}
	if (r < 0)
		return r;
	log_info("The kernel tree for %s is ready", tree->release);
	return print_one(ctx, tree);
}

static int run_sync(struct context *ctx, const struct kernel_git *git, const char *what)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_(board_freep) struct board *board = NULL;
	_cleanup_(session_closep) struct session *session = NULL;
	int r = ask_board(ctx, &board, &session);

	(void)git;
	(void)what;
	if (r == 0)
		r = kernel_sync_wanted(&(struct kernel_wanted){ .env = ctx->buildenv,
								.board = board,
								.session = session,
								.keeps_yes = true },
				       &tree);
	progress_end();
	if (r < 0)
		return r;
	log_info("Board %s runs %s; its kernel tree is ready (source: %s)", board->name,
		 tree->release, tree->source);
	return print_one(ctx, tree);
}

static void print_row(const struct kernel_tree *tree)
{
	printf("%-28s %-8s %-24s %5lld MB\n", tree->name, tree->source, tree->compiler,
	       (tree_size(tree) + 500000) / 1000000);
}

/* Logs damaged trees on the way, and returns an error for them at the end. */
static int run_list(struct context *ctx, const struct kernel_git *git, const char *what)
{
	_cleanup_strv_ char **names = NULL;
	json_t *kernels;
	int status = kernel_list(&names), written = 0;

	(void)git;
	(void)what;
	if (status < 0)
		return status;
	kernels = json_array();
	if (*names && !ctx->json)
		printf("%-28s %-8s %-24s %8s\n", "RELEASE", "SOURCE", "COMPILER", "SIZE");
	strv_foreach (name, names) {
		_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
		int r = kernel_read(ctx->buildenv, *name, &tree);

		if (r != KERNEL_FOUND)
			status = r < 0 ? r : status;
		else if (ctx->json)
			json_array_append_new(kernels, tree_json(tree));
		else
			print_row(tree);
	}
	if (!*names && !ctx->json)
		log_info("No kernel tree yet. Run outpost kernel add to get one.");
	if (ctx->json)
		written = print_json(kernels);
	else
		json_decref(kernels);
	return status < 0 ? status : written;
}

int cmd_kernel_check(int r, const char *name)
{
	bool of_board = strchr(name, '@');

	if (r != KERNEL_NONE)
		return r;
	r = of_board ? 0 : kernel_check_release(name);
	if (r < 0)
		return r;
	log_error("No kernel tree for '%s'", name);
	if (of_board)
		log_hint("Run outpost kernel list to list all trees");
	else
		log_hint("Run outpost kernel add %s to get it, or outpost kernel list to list all "
			 "trees",
			 name);
	return -ENOENT;
}

static int run_path(struct context *ctx, const struct kernel_git *git, const char *what)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_strv_ char **names = NULL;
	int r = what ? 0 : kernel_list(&names);

	(void)git;
	if (r < 0)
		return r;
	if (!what && strv_length(names) > 1)
		return usage_error("There are several kernel trees: give the RELEASE of one. Run "
				   "outpost kernel list to list them.");
	if (!what && !*names) {
		log_error("No kernel tree yet");
		log_hint("Run outpost kernel add to get one");
		return -ENOENT;
	}
	if (!what)
		what = *names;
	r = cmd_kernel_check(kernel_read(ctx->buildenv, what, &tree), what);
	return r < 0 ? r : print_one(ctx, tree);
}

static int run_remove(struct context *ctx, const struct kernel_git *git, const char *what)
{
	(void)ctx;
	(void)git;
	return cmd_kernel_check(kernel_remove(what), what);
}

static const struct {
	const char *name;
	int (*run)(struct context *ctx, const struct kernel_git *git, const char *what);
} actions[] = {
	{ "sync", run_sync },
	{ "add", run_add },
	{ "list", run_list },
	{ "path", run_path },
	{ "verify", cmd_kernel_verify },
	{ "remove", run_remove },
};

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	const struct kernel_git *git = arg;

	(void)argc;
	if ((git->commit || option_given(ctx, "defconfig")) && !git->url)
		return usage_error("--%s requires --git", git->commit ? "commit" : "defconfig");
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (strcmp(argv[0], actions[i].name) == 0)
			return actions[i].run(ctx, git, argv[1]);
	return STATUS_USAGE; /* not a known verb */
}

static const struct command_verb verbs[] = {
	{ "sync", "", 0, 0 },
	{ "add", "[RELEASE|PATH]", 0, 1, "git commit defconfig" },
	{ "list", "", 0, 0, .no_board = true },
	{ "path", "[RELEASE]", 0, 1, .no_board = true },
	{ "verify", "[RELEASE]", 0, 1 },
	{ "remove", "RELEASE", 1, 1, .no_json = true, .no_board = true },
	{ NULL },
};

const struct command cmd_kernel = {
	.name = "kernel",
	.args = "sync | add [RELEASE|PATH] | list | path [RELEASE] | verify [RELEASE] | remove "
		"RELEASE",
	.summary = "Manage the kernel trees that modules are built against",
	.help = "sync     get the tree for the kernel that the board (-b) runs: from the cache, else\n"
		"         from the distribution's signed packages, else from the headers on the board.\n"
		"         Their makefiles and programs run here or in the build container, so the user\n"
		"         is asked once for each board; --yes answers that and is remembered.\n"
		"         build and test do all this automatically\n"
		"add      get the tree for RELEASE (the board's uname -r; default: Debian's newest\n"
		"         arm64 kernel), or add a kernel that you built yourself at PATH, which must\n"
		"         contain a slash: ./linux. With --git, make the tree for the kernel that\n"
		"         the board (-b) runs from a source repository\n"
		"list     list the trees: release, source, compiler, size on disk. RELEASE@BOARD is\n"
		"         made from what that board sent, and used for that board alone\n"
		"path     print the folder for make -C; RELEASE is optional if there is one tree\n"
		"verify   check that the tree has not changed since it was made, and that it\n"
		"         matches the board's kernel: release, config, page size, compiler, and\n"
		"         symbol CRCs, which are compared with those in the modules on the board.\n"
		"         With RELEASE and without -b, check the tree only\n"
		"remove   remove a tree; your own kernel at PATH is not touched\n",
	.options = options,
	.options_size = sizeof(struct kernel_git),
	.has_json = true,
	.verbs = verbs,
	.run = run,
};
