// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/progress.h"
#include "host/build/build.h"
#include "host/cmd/command.h"
#include "host/workflow/workflow.h"
#include "host/cmd/file_watch.h"
#include "host/cmd/finish.h"

#include <errno.h>
#include <poll.h>

#define LOOK_MS    200   /* between checks of the clock and for a Ctrl-C */
#define SILENCE_MS 20000 /* an agent sends something every second, once ssh is connected */
#define RETRY_MS   3000  /* between attempts to reach a board */

static const struct option_row options[] = { TEST_OPTIONS, OPTION_END };

struct watching {
	struct workflow workflow;
	struct file_watch *saves;
	char *const *paths;
	const struct test_options *options;
	long long next_try_ms; /* when to reconnect */
};

static void watching_release(struct watching *w)
{
	workflow_release(&w->workflow);
	if (w->saves)
		file_watch_close(w->saves);
}

/* Files outside the source folders that the sources use are known after a build. */
static int watch_neighbours(struct watching *w)
{
	_cleanup_strv_ char **files = NULL;
	int r = 0;

	/* The build has reported sources that cannot be found. */
	if (!w->workflow.modules.n || build_neighbours(w->paths, w->workflow.tree, &files) < 0)
		return 0;
	strv_foreach (file, files)
		if (r == 0)
			r = file_watch_add(w->saves, *file);
	return r;
}

static void hang_up(struct watching *w)
{
	if (w->workflow.session)
		session_close(TAKE_PTR(w->workflow.session));
}

/* Watching continues whatever the result, unless the results cannot be written. */
static int one_round(struct watching *w)
{
	struct run_request request = workflow_test(w->options);
	_cleanup_(run_result_release) struct run_result result = { 0 };
	int r;

	progress_start();
	r = workflow_execute(&w->workflow, w->paths, true, &request, &result);
	/* An agent that refused a request accepts no more requests in this session. */
	if (r != OUTCOME_JUDGED)
		hang_up(w);
	(void)finish_run(&w->workflow, r, &result, w->options->junit, true);
	if (process_interrupted)
		return -EINTR;
	/* The only reason to stop: nobody can read the results any more. */
	return fflush(stdout) != 0 || ferror(stdout) ? -EPIPE : watch_neighbours(w);
}

/*
 * Keeps the session alive for the next save: receives (and ignores) what the board sends, and
 * reconnects if the connection was lost.
 */
static void tend(struct watching *w)
{
	struct frame frame;
	int r;

	if (!w->workflow.session) {
		if (monotonic_ms() < w->next_try_ms)
			return;
		w->next_try_ms = monotonic_ms() + RETRY_MS;
		(void)session_open(w->workflow.board, NULL, &w->workflow.session);
		return;
	}
	while ((r = session_receive(w->workflow.session, 0, &frame)) == SESSION_FRAME)
		;
	if (r == -EINTR ||
	    (r == SESSION_NOTHING && session_silence_ms(w->workflow.session) < SILENCE_MS))
		return;
	log_debug("Board %s: %s; connecting again", w->workflow.board->name,
		  session_why(w->workflow.session));
	hang_up(w);
	session_drop_master(w->workflow.board);
}

/* 0 after a save, or -errno. */
static int wait_for_save(struct watching *w)
{
	int r = 0;

	while (r == 0 && !process_interrupted) {
		struct pollfd fds[] = {
			{ .fd = file_watch_fd(w->saves), .events = POLLIN },
			{ .fd = w->workflow.session ? session_fd(w->workflow.session) : -1,
			  .events = POLLIN },
		};

		(void)poll(fds, ARRAY_SIZE(fds), LOOK_MS);
		if (fds[0].revents)
			r = file_watch_take(w->saves);
		if (r == 0)
			tend(w);
	}
	return r == 1 ? 0 : r < 0 ? r : -EINTR;
}

static int watch(struct watching *w)
{
	int r = one_round(w);

	if (r == 0)
		log_info("Waiting for the next save; press Ctrl-C to quit");
	while (r == 0) {
		r = wait_for_save(w);
		if (r == 0)
			r = one_round(w);
	}
	return r == -EINTR ? STATUS_OK : r;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	_cleanup_(watching_release) struct watching w = { .options = arg };
	int r;

	w.paths = workflow_paths("watch", argc, argv);
	if (!w.paths)
		return STATUS_USAGE;
	/* Before anything else, so that saves during the first build are seen. */
	r = file_watch_open(w.paths, &w.saves);
	if (r == 0)
		r = workflow_board(&w.workflow, ctx, &w.options->workflow);
	progress_end(); /* each round has its own progress line */
	return r < 0 ? r : watch(&w);
}

const struct command cmd_watch = {
	.name = "watch",
	.args = "[PATH...]",
	.summary = "Run test again at every save",
	.help = "Watches the folders, and the files outside them that they include, and keeps one\n"
		"connection open. With --json, each run prints one document on one line. If\n"
		"something does not compile, prints the errors and waits for the next save.\n"
		"Press Ctrl-C to quit.\n",
	.options = options,
	.options_size = sizeof(struct test_options),
	.defaults = &(const struct test_options){ .repeat = 1 },
	.has_json = true,
	.most_args = -1,
	.run = run,
};
