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

/* The exit status with which ssh reports its own errors. */
#define SSH_FAILED 255

/*
 * Runs ssh in the foreground, on our terminal. Its exit status (128 + signal if a signal
 * killed it) or -errno.
 */
static int run_ssh(char *const *argv)
{
	struct process ssh;
	int r = process_start(&ssh, argv, &(struct process_setup){ .group = PROCESS_OUR_GROUP });

	/* Ctrl-C and Ctrl-\ are for the command on the board. */
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
		log_hint("Run outpost vm up %s to start the virtual Pi, or outpost vm status %s",
			 board->name, board->name);
	return r;
}

const struct command cmd_shell = {
	.name = "shell",
	.args = "[COMMAND...]",
	.summary = "Open a shell on the board, or run one command",
	.help = "As with ssh, the words of COMMAND are joined with spaces and passed to the login\n"
		"shell. The exit status is that of ssh.\n",
	.words_after = true,
	.most_args = -1,
	.no_cache = true,
	.run = run,
};
