// SPDX-License-Identifier: GPL-2.0-only
#include "common/process.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

volatile sig_atomic_t process_interrupted;
void (*process_on_wait)(void);

void process_waiting(void)
{
	if (process_on_wait)
		process_on_wait();
}

/* The three pipes of a child: [0] is read, [1] written. -1: not there, or closed. */
struct pipes {
	int input[2];
	int output[2];
	int error[2];
	int failed[2]; /* the child's errno when it could not be started; closed by exec */
};

static void close_pipes(struct pipes *p)
{
	int *all = (int *)p;

	for (size_t i = 0; i < sizeof(*p) / sizeof(int); i++)
		if (all[i] >= 0)
			close(all[i]);
}

static int open_pipes(struct pipes *p, const struct process_options *o)
{
	bool separate = o->error && o->error != o->output;

	memset(p, -1, sizeof(*p));
	if ((o->input && pipe2(p->input, O_CLOEXEC) < 0) ||
	    (o->output && pipe2(p->output, O_CLOEXEC) < 0) ||
	    (separate && pipe2(p->error, O_CLOEXEC) < 0) || pipe2(p->failed, O_CLOEXEC) < 0)
		return -errno;
	return 0;
}

static void child_redirect(const struct pipes *p, const struct process_options *o)
{
	int in = p->input[0] >= 0 ? p->input[0] : open("/dev/null", O_RDONLY | O_CLOEXEC);
	int out = o->output ? p->output[1] : STDERR_FILENO;
	int err = !o->error ? STDERR_FILENO : o->error == o->output ? out : p->error[1];

	/* Fresh numbers first: none of the three may be closed by the dup2() of another. */
	out = fcntl(out, F_DUPFD_CLOEXEC, 10);
	err = fcntl(err, F_DUPFD_CLOEXEC, 10);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
}

static void __attribute__((noreturn))
child_exec(char *const *argv, const struct process_options *o, const struct pipes *p)
{
	int error;

	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	child_redirect(p, o);
	if ((!o->dir || chdir(o->dir) == 0) && !(o->in_child && (errno = -o->in_child()) > 0)) {
		if (o->env)
			execvpe(argv[0], argv, o->env);
		else
			execvp(argv[0], argv);
	}
	error = errno;
	(void)!write(p->failed[1], &error, sizeof(error));
	_exit(127);
}

static int take_output(int *fd, struct strbuf *into)
{
	ssize_t n;

	strbuf_grow(into, 65536);
	n = read(*fd, into->buf + into->len, 65536);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0) {
		close(*fd);
		*fd = -1;
		return 0;
	}
	into->len += (size_t)n;
	into->buf[into->len] = '\0';
	return 1;
}

static bool too_much(const struct process_options *o)
{
	return o->output_max && ((o->output && o->output->len > o->output_max) ||
				 (o->error && o->error->len > o->output_max));
}

static void give_input(int *fd, const struct process_options *o, size_t *given)
{
	ssize_t n = write(*fd, (const char *)o->input + *given, o->input_len - *given);

	if (n > 0)
		*given += (size_t)n;
	if ((n < 0 && errno != EINTR && errno != EAGAIN) || *given == o->input_len) {
		close(*fd);
		*fd = -1;
	}
}

static void drain(struct pipes *p, const struct process_options *o)
{
	/* A grandchild may hold the pipe for ever (an ssh master does): take what is there, no
	 * more. */
	if (p->output[0] >= 0 && fcntl(p->output[0], F_SETFL, O_NONBLOCK) == 0)
		while (take_output(&p->output[0], o->output))
			;
	if (p->error[0] >= 0 && fcntl(p->error[0], F_SETFL, O_NONBLOCK) == 0)
		while (take_output(&p->error[0], o->error))
			;
}

/* Moves data until the child has ended. */
static int attend(struct pipes *p, const struct process_options *o, int pidfd)
{
	long long deadline = o->timeout_ms ? monotonic_ms() + o->timeout_ms : INT64_MAX;
	size_t given = 0;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = p->output[0], .events = POLLIN },
			{ .fd = p->error[0], .events = POLLIN },
			{ .fd = p->input[1], .events = POLLOUT },
			{ .fd = pidfd, .events = POLLIN },
		};
		long long left = deadline - monotonic_ms();
		int news = 0, r;

		if (process_interrupted)
			return -EINTR;
		if (left <= 0)
			return -ETIME;
		r = poll(fds, ARRAY_SIZE(fds), left > 200 ? 200 : (int)left);
		process_waiting();
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0)
			continue;
		if (fds[0].revents)
			news |= take_output(&p->output[0], o->output);
		if (fds[1].revents)
			news |= take_output(&p->error[0], o->error);
		if (too_much(o))
			return -EFBIG;
		if (fds[2].revents)
			give_input(&p->input[1], o, &given);
		if (fds[3].revents)
			drain(p, o);
		if ((news || fds[3].revents) && o->on_output)
			o->on_output(o->arg);
		if (fds[3].revents)
			return 0;
	}
}

static int wait_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int attend_child(pid_t pid, struct pipes *p, const struct process_options *o)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int error = 0, r, status;

	close_one(&p->input[0]);
	close_one(&p->output[1]);
	close_one(&p->error[1]);
	close_one(&p->failed[1]);
	if (p->input[1] >= 0)
		fcntl(p->input[1], F_SETFL, O_NONBLOCK);
	if (read(p->failed[0], &error, sizeof(error)) == sizeof(error)) {
		wait_status(pid);
		return -error;
	}
	r = pidfd < 0 ? -errno : attend(p, o, pidfd);
	if (r < 0)
		kill(-pid, SIGKILL);
	status = wait_status(pid);
	return r < 0 ? r : status;
}

int process_run(char *const *argv, const struct process_options *options)
{
	static const struct process_options none;
	const struct process_options *o = options ? options : &none;
	_cleanup_(close_pipes) struct pipes p;
	pid_t pid;
	int r = open_pipes(&p, o);

	if (r < 0)
		return r;
	log_debug("run: %s %s %s", argv[0], argv[1] ? argv[1] : "",
		  argv[1] && argv[2] ? argv[2] : "");
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child_exec(argv, o, &p);
	return attend_child(pid, &p, o);
}
