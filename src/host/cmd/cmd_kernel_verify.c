// SPDX-License-Identifier: GPL-2.0-only
/* kernel verify: prints what kernel_fit() found, as text or as JSON. */
#include "host/cmd/cmd_kernel.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/base/json_make.h"
#include "host/base/progress.h"
#include "host/board/board.h"
#include "host/cmd/command.h"
#include "host/kernel/fit.h"
#include "host/report/out.h"
#include "host/board/session.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Read one in so many modules of a board: for Debian that is some hundred. */
#define MODULES_SAMPLE 25

static void print_fits(const struct kernel_fits *fits)
{
	static const char *const words[] = { "ok", "NOT", "?" };

	for (size_t i = 0; i < fits->n; i++) {
		_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_add_clean(&text, fits->list[i].text, strlen(fits->list[i].text));
		printf("%-4s %-9s %s\n", words[fits->list[i].fit], fits->list[i].what, text.buf);
	}
}

/* 0 or -errno, logged. */
static int print_fits_json(const struct kernel_fits *fits, const struct kernel_tree *tree,
			   const char *board, bool all)
{
	static const char *const words[] = { "yes", "no", "unknown" };
	json_t *facts = json_array();

	for (size_t i = 0; i < fits->n; i++)
		json_array_append_new(facts,
				      object_json("{s:s, s:s, s:o}", "what", fits->list[i].what,
						  "fits", words[fits->list[i].fit], "found",
						  text_json(fits->list[i].text)));
	return out_json(object_json("{s:s, s:s, s:s, s:b, s:o}", "schema",
				    "outpost.kernel-verify/1", "release", tree->release, "board",
				    board, "fits", all, "facts", facts));
}

static int finish_verify(const struct context *ctx, const struct kernel_tree *tree,
			 const char *board, const struct kernel_fits *fits)
{
	bool all = true;
	int r = 0;

	for (size_t i = 0; i < fits->n; i++)
		all = all && fits->list[i].fit != FIT_NO;
	progress_end();
	if (ctx->json)
		r = print_fits_json(fits, tree, board, all);
	else
		print_fits(fits);
	if (r < 0)
		return r;
	if (all)
		return STATUS_OK;
	log_error("The kernel tree %s does not match %s%s", tree->root, board ? "board " : "",
		  board ? board : "its manifest");
	log_hint("Run outpost kernel remove %s, then outpost kernel sync", tree->name);
	return STATUS_FAIL;
}

/* Without a board: checks the tree only. */
static int verify_alone(struct context *ctx, const char *release)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_(kernel_fits_release) struct kernel_fits fits = { 0 };
	int r = cmd_kernel_check(kernel_read(ctx->buildenv, release, &tree), release);

	if (r == 0)
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
	if (!release)
		release = wanted.release;
	r = strchr(release, '@') ? kernel_read(ctx->buildenv, release, &tree)
				 : kernel_look(ctx->buildenv, board, release, &tree);
	r = cmd_kernel_check(r, release);
	if (r == 0)
		r = kernel_fit(tree, &wanted, MODULES_SAMPLE, &fits);
	return r < 0 ? r : finish_verify(ctx, tree, board->name, &fits);
}

int cmd_kernel_verify(struct context *ctx, const struct kernel_git *git, const char *what)
{
	_cleanup_(board_freep) struct board *board = NULL;
	int r;

	(void)git;
	if (what && !ctx->board)
		return verify_alone(ctx, what);
	r = board_find(ctx->board, &board);
	if (r < 0)
		return r;
	progress_start();
	r = verify_on(ctx, board, what);
	progress_end();
	return r;
}
