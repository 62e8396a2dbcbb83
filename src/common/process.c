// SPDX-License-Identifier: GPL-2.0-only
#include "common/process.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/*
 * The child's stdin, stdout and stderr, and the pipe that carries its errno if it could not be
 * started and is closed by exec. -1: none.
 */
struct start {
	int fds[3];
	int failed[2];
	int ends[3]; /* the child's ends of the pipes */
};

static int open_pipes(struct start *s, struct process *process, const int *fds)
{
	int *ours[] = { &process->in, &process->out, &process->error };

	for (int i = 0; i < 3; i++) {
		int ends[2];

		s->fds[i] = fds[i] == PROCESS_STDOUT ? s->fds[STDOUT_FILENO] : fds[i];
		if (fds[i] != PROCESS_PIPE)
			continue;
		if (pipe2(ends, O_CLOEXEC) < 0)
			return -errno;
		*ours[i] = ends[i == STDIN_FILENO];
		s->fds[i] = s->ends[i] = ends[i != STDIN_FILENO];
	}
	return 0;
}

static void close_start(struct start *s)
{
	for (int i = 0; i < 3; i++)
		close_fd(&s->ends[i]);
	close_fd(&s->failed[0]);
	close_fd(&s->failed[1]);
}

/*
 * Moves the descriptor away from stdin, stdout and stderr, so that dup2() of another one
 * cannot close it.
 */
static int move_up(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 10);
}

/* One that is closed here (outpost 2>&-) may be closed there, too. */
static void redirect(const int *fds)
{
	int moved[3];

	for (int i = 0; i < 3; i++)
		moved[i] = move_up(fds[i] >= 0 ? fds[i] : open("/dev/null", O_RDWR | O_CLOEXEC));
	for (int i = 0; i < 3; i++)
		dup2(moved[i], i);
}

static int prepare(const struct start *s, const struct process_setup *setup)
{
	sigset_t none;

	if (setup->group == PROCESS_OWN_GROUP)
		setpgid(0, 0);
	else if (setup->group == PROCESS_OWN_SESSION)
		setsid();
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (setup->env)
		environ = (char **)setup->env;
	if (setup->fds)
		redirect(s->fds);
	if (setup->dir && chdir(setup->dir) < 0)
		return -errno;
	return setup->in_child ? setup->in_child(setup->arg) : 0;
}

static _Noreturn void run_child(const struct start *s, char *const *argv,
				const struct process_setup *setup)
{
	int failed = move_up(s->failed[1]), r = prepare(s, setup);

	if (r == 0) {
		execvp(argv[0], argv);
		r = -errno;
	}
	(void)!write(failed, &r, sizeof(r));
	_exit(127);
}

/*
 * fork(), into new namespaces. Only clone() makes the child itself the first process of a new PID
 * namespace; its wrapper would need a stack.
 */
static pid_t fork_into(int namespaces)
{
	return namespaces ? (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0) : fork();
}

/* -errno if the child could not be started, or 0. */
static int learn_failure(int fd)
{
	ssize_t n;
	int r;

	do
		n = read(fd, &r, sizeof(r));
	while (n < 0 && errno == EINTR);
	return n == sizeof(r) ? r : 0;
}

int process_start(struct process *process, char *const *argv, const struct process_setup *setup)
{
	_cleanup_(close_start) struct start s = { { -1, -1, -1 }, { -1, -1 }, { -1, -1, -1 } };
	pid_t pid = -1;
	int r;

	*process = (struct process){ .in = -1, .out = -1, .error = -1 };
	r = setup->fds ? open_pipes(&s, process, setup->fds) : 0;
	if (r == 0 && (pipe2(s.failed, O_CLOEXEC) < 0 || (pid = fork_into(setup->namespaces)) < 0))
		r = -errno;
	if (r == 0 && pid == 0)
		run_child(&s, argv, setup);
	close_fd(&s.failed[1]);
	if (r == 0 && (r = learn_failure(s.failed[0])) < 0)
		process_wait(pid);
	if (r < 0)
		process_close(process);
	else
		process->pid = pid;
	return r;
}

int process_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void process_close(struct process *process)
{
	close_fd(&process->in);
	close_fd(&process->out);
	close_fd(&process->error);
}

int process_read(int *fd, struct strbuf *into)
{
	const size_t most = 64 * 1024;
	ssize_t n;

	strbuf_grow(into, most);
	n = read(*fd, into->buf + into->len, most);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) {
		close_fd(fd);
		return 0;
	}
	into->len += (size_t)n;
	into->buf[into->len] = '\0';
	return 1;
}

int process_open_standard(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDWR };

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", modes[fd]) < 0) /* the lowest free number, which is fd */
			return -errno;
	}
	return 0;
}
