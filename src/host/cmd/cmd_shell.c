// SPDX-License-Identifier: GPL-2.0-only
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/board/board.h"
#include "host/cmd/command.h"
#include "host/board/session.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/* ssh's own status where it got nowhere. */
#define SSH_FAILED 255

/* Runs ssh in the foreground, with our terminal. Its status (128 + signal when killed by one) or
 * -errno. */
static int run_ssh(char *const *argv)
{
	struct process ssh;
	int r = process_start(&ssh, argv, &(struct process_setup){ .group = PROCESS_OUR_GROUP });

	/* The keys that end a command are meant for the board's. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	return r < 0 ? r : process_wait(ssh.pid);
}

static int run(struct context *ctx, void *options, int argc, char **argv)
{
	_cleanup_(board_freep) struct board *board = NULL;
	_cleanup_strv_ char **ssh = NULL;
	int r = board_find(ctx->board, &board);

	(void)options;
	if (r < 0)
		return r;
	ssh = session_ssh_argv(board, NULL);
	strv_add(&ssh, isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ? "-t" : "-T");
	strv_add(&ssh, "--");
	strv_add(&ssh, board->destination);
	for (int i = 0; i < argc; i++)
		strv_add(&ssh, argv[i]);
	r = run_ssh(ssh);
	if (r < 0)
		return log_error_errno(r, "Cannot run ssh");
	if (r == SSH_FAILED && board->is_vm)
		log_hint("outpost vm up %s starts the virtual Pi; outpost vm status %s says how it "
			 "is",
			 board->name, board->name);
	return r;
}

const struct command cmd_shell = {
	.name = "shell",
	.args = "[COMMAND...]",
	.summary = "A shell on the board, or one command in it",
	.help = "As ssh does, the words of COMMAND are joined and given to the login's shell "
		"there.\n"
		"The exit status is that of ssh.\n",
	.words_after = true,
	.most_args = -1,
	.run = run,
};
