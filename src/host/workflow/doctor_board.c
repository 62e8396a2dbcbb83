// SPDX-License-Identifier: GPL-2.0-only
#include "host/workflow/doctor.h"

#include "common/alloc.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/base/cross.h"
#include "host/base/paths.h"
#include "host/board/board.h"
#include "host/kernel/kernel.h"
#include "host/board/session.h"

#include <errno.h>
#include <string.h>

#define LEAST_FREE (64ull << 20)

static void check_tree(struct findings *c, struct buildenv *env, const struct board *board,
		       const outpost_Welcome *w)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_free_ char *compiler = NULL;
	int r = kernel_look(env, board, w->release, &tree);

	if (r != KERNEL_FOUND) {
		/* The next build gets it automatically: not a problem yet. */
		doctor_add(c, "board", "kernel tree",
			   r == KERNEL_NONE ? FINDING_NOTE : FINDING_MISSING,
			   xasprintf("%s for %s", r == KERNEL_NONE ? "none yet" : "damaged",
				     w->release),
			   r == KERNEL_NONE ? xasprintf("outpost kernel add %s", w->release)
					    : xstrdup("outpost kernel list"));
		return;
	}
	doctor_add(c, "board", "kernel tree", FINDING_OK,
		   xasprintf("%s, from %s", tree->name, tree->source), NULL);
	if (!*tree->compiler) {
		doctor_add(c, "board", "compiler", FINDING_MISSING,
			   xstrdup("the kernel was not built with gcc"), NULL);
		return;
	}
	if (tree->in_container) {
		doctor_add(c, "board", "compiler", FINDING_OK,
			   xasprintf("%s, in the build container", tree->compiler), NULL);
		return;
	}
	compiler = path_program(tree->compiler);
	if (compiler) {
		doctor_add(c, "board", "compiler", FINDING_OK, TAKE_PTR(compiler), NULL);
		return;
	}
	doctor_add(c, "board", "compiler", FINDING_MISSING,
		   xasprintf("%s, which built its kernel, is not installed", tree->compiler),
		   xasprintf("apt-get install %s%s", tree->compiler + strlen(CROSS_PREFIX),
			     CROSS_SUFFIX));
}

static void check_lockdep(struct findings *c, const outpost_Welcome *w)
{
	if (w->lockdep_off)
		doctor_add(c, "board", "lockdep", FINDING_NOTE,
			   xstrdup("turned itself off: it has found a problem since the board "
				   "started"),
			   xstrdup("reboot the board"));
}

static void check_welcome(struct findings *c, struct buildenv *env, const struct board *board,
			  const outpost_Welcome *w)
{
	doctor_add(c, "board", "machine", FINDING_OK,
		   xasprintf("%s, Linux %s", *w->model ? w->model : w->machine, w->release), NULL);
	doctor_add(c, "board", "agent", FINDING_OK,
		   xasprintf("%s%s", w->build_id, w->sudo ? ", through sudo" : ""), NULL);
	doctor_add(c, "board", "free space",
		   w->free_bytes < LEAST_FREE ? FINDING_MISSING : FINDING_OK,
		   xasprintf("%llu MiB in %s", (unsigned long long)w->free_bytes >> 20, w->home),
		   w->free_bytes < LEAST_FREE
			   ? xasprintf("make room: %llu MiB are needed", LEAST_FREE >> 20)
			   : NULL);
	check_lockdep(c, w);
	check_tree(c, env, board, w);
}

/* `asked`: the board was named explicitly, so it should be reachable. */
static void check_board(struct findings *c, struct buildenv *env, const struct board *board,
			bool asked)
{
	const struct session_options options = { .quiet = true };
	_cleanup_(session_closep) struct session *session = NULL;
	const outpost_Welcome *welcome;
	int r = session_open(board, &options, &session);

	if (r == 0)
		r = session_welcome(session, &welcome);
	if (r == 0)
		check_welcome(c, env, board, welcome);
	if (r == 0)
		r = doctor_survival(c, board, session);
	if (r == 0)
		r = doctor_condition(c, session);
	if (r == 0)
		return;
	if (session)
		doctor_add(c, "board", "reachable", asked ? FINDING_MISSING : FINDING_NOTE,
			   xasprintf("board %s: %s", board->name, session_why(session)),
			   session_hint(session) ? xstrdup(session_hint(session)) : NULL);
	else
		doctor_add(c, "board", "reachable", FINDING_MISSING,
			   xasprintf("board %s: cannot start ssh", board->name), NULL);
}

/* No board was named, and the virtual Pi, which is the default, does not exist. */
static void say_none(struct findings *c, char *const *names)
{
	_cleanup_(strbuf_release) struct strbuf mend = STRBUF_INIT;

	if (!*names) {
		doctor_add(c, "board", "reachable", FINDING_NOTE,
			   xstrdup("no boards yet; only this host was checked"),
			   xstrdup("outpost vm up"));
		return;
	}
	strbuf_adds(&mend, "outpost -b NAME doctor, with one of:");
	strv_foreach (name, names)
		strbuf_addf(&mend, " %s", *name);
	doctor_add(c, "board", "reachable", FINDING_NOTE,
		   xstrdup("no board was selected; only this host was checked"),
		   strbuf_detach(&mend));
}

int doctor_boards(struct findings *c, struct buildenv *env, const char *name)
{
	_cleanup_(board_freep) struct board *board = NULL;
	_cleanup_strv_ char **names = NULL;
	int r = board_list(&names);

	if (r < 0)
		return r;
	if (!name && !strv_contains(names, "vm")) {
		say_none(c, names);
		return 0;
	}
	r = board_find(name, &board);
	if (r == 0)
		check_board(c, env, board, name);
	return r;
}
