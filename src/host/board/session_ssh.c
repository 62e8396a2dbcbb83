// SPDX-License-Identifier: GPL-2.0-only
/* The ssh process: its command line, its shared master, its start and end. */
#include "host/board/session_internal.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/hash.h"
#include "host/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/un.h>

/* While ssh creates its socket, the name is longer by a dot and 16 characters. */
#define SOCKET_SUFFIX 17

/* A short name for any destination: the hash of everything that decides where it leads. */
static char *control_name(const struct board *board)
{
	_cleanup_free_ char *key =
		xasprintf("%s\n%s", board->destination, board->ssh_config ? board->ssh_config : "");
	char hash[HASH_NAME_SIZE];

	hash_name(hash, key);
	return xasprintf("ssh-%s", hash);
}

static int make_private(const char *dir, bool is_runtime)
{
	return is_runtime ? path_make_runtime(dir, LOG_LEVEL_DEBUG) : fs_private_dir(dir);
}

/* The socket of the board's master, or NULL if no folder is suitable. */
static char *control_path(const struct board *board)
{
	_cleanup_free_ char *name = control_name(board);
	_cleanup_free_ char *short_dir = xasprintf("/tmp/outpost-%u", (unsigned int)getuid());
	_cleanup_free_ char *dir = path_runtime("", NULL);
	char *const dirs[] = { dir, short_dir };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		_cleanup_free_ char *path = path_join(dirs[i], name, NULL);

		/* The path must not contain anything that ssh would expand or split. */
		if (!strpbrk(path, " \t%$\"'\\#") &&
		    strlen(path) + SOCKET_SUFFIX < sizeof(((struct sockaddr_un *)0)->sun_path) &&
		    make_private(dirs[i], dirs[i] == dir) == 0)
			return TAKE_PTR(path);
	}
	log_debug("Cannot share ssh connections: %s is not private, or too long", dir);
	return NULL;
}

static void add_option(char ***argv, const char *name, const char *value)
{
	_cleanup_free_ char *option = xasprintf("%s=%s", name, value);

	strv_add(argv, "-o");
	strv_add(argv, option);
}

static void add_number(char ***argv, const char *name, int value)
{
	_cleanup_free_ char *text = xasprintf("%d", value);

	add_option(argv, name, text);
}

/* Options that keep ssh from prompting, and make it report errors in time. */
static void add_unattended(char ***argv, const struct session_options *options)
{
	int timeout_ms = options->timeout_ms ? options->timeout_ms : SESSION_TIMEOUT_MS;

	strv_add(argv, "-T");
	add_option(argv, "BatchMode", "yes");
	add_option(argv, "LogLevel", "INFO"); /* the user's QUIET would hide the reason */
	add_option(argv, "EscapeChar", "none");
	/*
	 * The user's settings for interactive logins are not for us, and not for a board under
	 * test.
	 */
	add_option(argv, "RemoteCommand", "none");
	add_option(argv, "ClearAllForwardings", "yes");
	add_option(argv, "ForwardAgent", "no");
	add_option(argv, "ForwardX11", "no");
	add_number(argv, "ConnectTimeout", (timeout_ms + 999) / 1000);
}

char **session_ssh_argv(const struct board *board, const struct session_options *options)
{
	_cleanup_free_ char *control = NULL;
	char **argv = NULL;

	strv_add(&argv, "ssh");
	if (board->ssh_config) {
		strv_add(&argv, "-F");
		strv_add(&argv, board->ssh_config);
	}
	if (options)
		add_unattended(&argv, options);
	if (!options || !options->fresh)
		control = control_path(board);
	add_option(&argv, "ControlMaster", control ? "auto" : "no");
	add_option(&argv, "ControlPath", control ? control : "none");
	add_option(&argv, "ControlPersist", "600");
	add_option(&argv, "ServerAliveInterval", "5");
	add_option(&argv, "ServerAliveCountMax", "3");
	return argv;
}

char **ssh_command(const struct board *board, const struct session_options *options,
		   const char *command)
{
	char **argv = session_ssh_argv(board, options);

	strv_add(&argv, "--");
	strv_add(&argv, board->destination);
	strv_add(&argv, command);
	return argv;
}

bool ssh_has_master(const struct board *board)
{
	_cleanup_free_ char *control = control_path(board);

	return control && fs_exists(control);
}

void session_drop_master(const struct board *board)
{
	_cleanup_free_ char *control = control_path(board);
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	_cleanup_strv_ char **argv = NULL;
	const struct process_options options = {
		.output = &said, .error = &said, .output_max = TALK_MAX, .timeout_ms = 2000
	};

	if (!control || !fs_exists(control))
		return;
	argv = session_ssh_argv(board, &(struct session_options){ 0 });
	strv_add(&argv, "-O");
	strv_add(&argv, "exit");
	strv_add(&argv, "--");
	strv_add(&argv, board->destination);
	process_run(argv, &options);
	/*
	 * A master that hangs, or died without cleaning up, must not get in the way of the
	 * next one.
	 */
	unlink(control);
	log_debug("Ended the shared connection to %s", board->destination);
}

int ssh_start(struct process *ssh, char *const *argv)
{
	static const int pipes[] = { PROCESS_PIPE, PROCESS_PIPE, PROCESS_PIPE };
	int r = process_start(
		ssh, argv, &(struct process_setup){ .fds = pipes, .group = PROCESS_OWN_SESSION });

	if (r < 0)
		return r;
	fcntl(ssh->in, F_SETFL, O_NONBLOCK);
	fcntl(ssh->out, F_SETFL, O_NONBLOCK);
	fcntl(ssh->error, F_SETFL, O_NONBLOCK);
	return 0;
}

void talk_trim(struct strbuf *talk)
{
	if (talk->len > TALK_MAX)
		strbuf_consume(talk, talk->len - TALK_MAX);
}

/* What ssh printed before it ended; others may hold the pipe open and print without end. */
static void read_rest(struct process *ssh, struct strbuf *errors)
{
	for (int i = 0; i < 16 && ssh->error >= 0 && process_read(&ssh->error, errors); i++)
		talk_trim(errors);
}

/* True if the process ended within that time. */
static bool wait_end(struct process *ssh, int pidfd, struct strbuf *errors, int ms)
{
	long long end = monotonic_ms() + ms;
	bool ended;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = pidfd, .events = POLLIN },
			{ .fd = ssh->error, .events = POLLIN },
		};
		long long left = end - monotonic_ms();
		int r = poll(fds, ARRAY_SIZE(fds), left > 0 ? (int)left : 0);

		ended = r > 0 && fds[0].revents;
		/*
		 * Do not wait for the end of the pipe: a master's ProxyCommand may keep it
		 * open for long.
		 */
		read_rest(ssh, errors);
		if (ended || left <= 0)
			return ended;
	}
}

void ssh_leave(struct process *ssh)
{
	process_close(ssh);
	ssh->pid = 0;
}

int ssh_stop(struct process *ssh, struct strbuf *errors, int grace_ms)
{
	_cleanup_close_ int pidfd = -1;
	int status;

	if (!ssh->pid)
		return 0;
	close_fd(&ssh->in);
	close_fd(&ssh->out);
	pidfd = (int)syscall(SYS_pidfd_open, ssh->pid, 0);
	/* Only the process, not its group, which includes a master that it left behind. */
	if (!wait_end(ssh, pidfd, errors, grace_ms)) {
		kill(ssh->pid, SIGTERM);
		if (!wait_end(ssh, pidfd, errors, 1000))
			kill(ssh->pid, SIGKILL);
	}
	status = process_wait(ssh->pid);
	ssh_leave(ssh);
	return status;
}
