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
#include <sys/syscall.h>

volatile sig_atomic_t process_interrupted;

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
	if ((n < 0 && errno != EINTR && errno != EAGAIN) || *given == o->input_len)
		close_fd(fd);
}

/* A grandchild (an ssh master, say) may hold the pipe open forever: takes only what is there. */
static void drain(int *fd, struct strbuf *into, const struct process_options *o)
{
	if (*fd >= 0 && fcntl(*fd, F_SETFL, O_NONBLOCK) == 0)
		while (!too_much(o) && process_read(fd, into))
			;
}

/* Moves data until the child has ended. */
static int attend(struct process *p, const struct process_options *o, int pidfd)
{
	long long deadline = o->timeout_ms ? monotonic_ms() + o->timeout_ms : INT64_MAX;
	size_t given = 0;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = p->out, .events = POLLIN },
			{ .fd = p->error, .events = POLLIN },
			{ .fd = p->in, .events = POLLOUT },
			{ .fd = pidfd, .events = POLLIN },
		};
		long long left = deadline - monotonic_ms();
		int news = 0, r;

		if (process_interrupted)
			return -EINTR;
		if (left <= 0)
			return -ETIME;
		r = poll(fds, ARRAY_SIZE(fds), left > 200 ? 200 : (int)left);
		log_tick();
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0)
			continue;
		if (fds[0].revents)
			news |= process_read(&p->out, o->output);
		if (fds[1].revents)
			news |= process_read(&p->error, o->error);
		if (fds[2].revents)
			give_input(&p->in, o, &given);
		if (fds[3].revents) {
			drain(&p->out, o->output, o);
			drain(&p->error, o->error, o);
		}
		if (too_much(o))
			return -EFBIG;
		if ((news || fds[3].revents) && o->on_output)
			o->on_output(o->arg);
		if (fds[3].revents)
			return 0;
	}
}

static int attend_child(struct process *p, const struct process_options *o)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	int r, status;

	if (p->in >= 0)
		fcntl(p->in, F_SETFL, O_NONBLOCK);
	r = pidfd < 0 ? -errno : attend(p, o, pidfd);
	if (r < 0) {
		kill(-p->pid, SIGKILL);
		/* It may have left its group. Until it is waited for, the pid is its own. */
		kill(p->pid, SIGKILL);
	}
	status = process_wait(p->pid);
	return r < 0 ? r : status;
}

int process_run(char *const *argv, const struct process_options *options)
{
	static const struct process_options none;
	const struct process_options *o = options ? options : &none;
	const int fds[] = { o->input ? PROCESS_PIPE : PROCESS_NULL,
			    o->output ? PROCESS_PIPE : STDERR_FILENO,
			    !o->error               ? STDERR_FILENO
			    : o->error == o->output ? PROCESS_STDOUT
						    : PROCESS_PIPE };
	const struct process_setup setup = { .dir = o->dir,
					     .env = o->env,
					     .fds = fds,
					     .group = PROCESS_OWN_GROUP,
					     .namespaces = o->namespaces,
					     .in_child = o->in_child,
					     .arg = o->in_child_arg };
	_cleanup_(process_close) struct process process;
	int r;

	log_debug("run: %s %s %s", argv[0], argv[1] ? argv[1] : "",
		  argv[1] && argv[2] ? argv[2] : "");
	r = process_start(&process, argv, &setup);
	return r < 0 ? r : attend_child(&process, o);
}
