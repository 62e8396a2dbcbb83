// SPDX-License-Identifier: GPL-2.0-only
/* Starts and stops QEMU. */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/options.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/vm/console_log.h"
#include "host/vm/net.h"
#include "host/vm/qemu_internal.h"
#include "host/vm/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long QEMU may take to set itself up on a busy host. */
#define START_MS 20000

static int no_qemu(void)
{
	log_error("%s is not installed", QEMU);
	log_hint("As root, run apt-get install qemu-system-arm");
	return -ENOENT;
}

/* The path that execvp() would use; the caller frees it. NULL if not found. */
static char *find_program(const char *name)
{
	_cleanup_free_ char *path = xstrdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
	char *save = NULL;

	for (char *dir = strtok_r(path, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
		_cleanup_free_ char *file = path_join(dir, name, NULL);

		if (access(file, X_OK) == 0)
			return TAKE_PTR(file);
	}
	return NULL;
}

char *qemu_describe_machine(const struct qemu_config *c)
{
	_cleanup_free_ char *file = find_program(QEMU);
	struct stat st;

	if (!file || stat(file, &st) < 0) {
		no_qemu();
		return NULL;
	}
	return xasprintf("%s %d %d %lld.%09ld %s", c->kvm ? "kvm" : "tcg", c->cpus, c->memory_mib,
			 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, OUTPOST_VERSION);
}

static int cannot_start(int r)
{
	if (r == -ENOENT)
		return no_qemu();
	return r < 0 && r != -EINTR ? log_error_errno(r, "Cannot start %s", QEMU) : r;
}

static int complain(int status, const struct strbuf *said)
{
	log_error("%s ended with status %d: %.*s", QEMU, status, (int)strcspn(said->buf, "\n"),
		  said->buf);
	return -EIO;
}

int qemu_dump_dtb(const struct qemu_config *c, struct strbuf *dtb)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(c->dir, "qemu.dtb", NULL);
	_cleanup_strv_ char **argv = qemu_argv(c, "qemu.dtb");
	struct process_options options = {
		.dir = c->dir, .output = &said, .error = &said, .timeout_ms = START_MS
	};
	int r = cannot_start(process_run(argv, &options));

	if (r < 0)
		return r;
	if (r > 0)
		return complain(r, &said);
	r = fs_read(path, dtb, 4 * 1024 * 1024);
	unlink(path);
	return r < 0 ? log_error_errno(r, "Cannot read the device tree in %s", path) : 0;
}

/* Reads what QEMU has printed so far. */
static void read_said(struct process *qemu, struct strbuf *said)
{
	while (qemu->out >= 0 && process_read(&qemu->out, said) > 0)
		;
}

/*
 * QEMU answers when it has set up all devices. 0, its exit status if it has ended (never 0), or
 * -errno.
 */
static int await_answer(struct process *qemu, const char *dir, struct strbuf *said)
{
	long long deadline = monotonic_ms() + START_MS;
	int status;

	for (;;) {
		_cleanup_(qmp_closep) struct qmp *qmp = NULL;

		read_said(qemu, said);
		if (qmp_open(dir, &qmp) == 0)
			return 0;
		if (waitpid(qemu->pid, &status, WNOHANG) == qemu->pid) {
			qemu->pid = 0;
			read_said(qemu, said);
			return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status)
									: 128 + WTERMSIG(status);
		}
		if (process_interrupted)
			return -EINTR;
		if (monotonic_ms() >= deadline)
			return -ETIME;
		nanosleep(&(struct timespec){ .tv_nsec = 5 * 1000000 }, NULL);
	}
}

/*
 * Starts QEMU in a session of its own, in which it outlives us. It cannot do that itself
 * (-daemonize) in its sandbox. `said`: its output. Returns like await_answer().
 */
static int run(const struct qemu_config *c, struct strbuf *said)
{
	static const int fds[] = { PROCESS_NULL, PROCESS_PIPE, PROCESS_STDOUT };
	_cleanup_strv_ char **argv = qemu_argv(c, NULL);
	_cleanup_(process_close) struct process qemu = { .in = -1, .out = -1, .error = -1 };
	_cleanup_close_ int log = console_log_start(c->dir);
	int r = log < 0 ? log
			: process_start(&qemu, argv,
					&(struct process_setup){ .dir = c->dir,
								 .fds = fds,
								 .group = PROCESS_OWN_SESSION });

	if (r < 0)
		return cannot_start(r);
	if (fcntl(qemu.out, F_SETFL, O_NONBLOCK) < 0)
		r = -errno;
	else
		r = await_answer(&qemu, c->dir, said);
	if (r < 0) {
		kill(qemu.pid, SIGKILL);
		process_wait(qemu.pid);
	}
	return cannot_start(r);
}

static bool lacks_sandbox(const struct strbuf *said)
{
	return strstr(said->buf, "sandbox") || strstr(said->buf, "seccomp");
}

int qemu_start(struct qemu_config *c, int (*prepare)(int port, void *arg), void *arg)
{
	for (int tries = 5;; tries--) {
		_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
		int r = net_free_port();

		if (r < 0)
			return log_error_errno(r, "Cannot find a free TCP port on 127.0.0.1");
		c->port = r;
		r = prepare(c->port, arg);
		if (r < 0)
			return r;
		r = run(c, &said);
		if (r <= 0)
			return r;
		if (!c->unconfined && lacks_sandbox(&said)) {
			log_warn("%s runs without its sandbox: %.*s", QEMU,
				 (int)strcspn(said.buf, "\n"), said.buf);
			c->unconfined = true;
			continue;
		}
		/* Another process may have taken the port in the meantime. */
		if (tries == 1 || !strstr(said.buf, "host forwarding"))
			return complain(r, &said);
	}
}

pid_t qemu_pid(const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, "pid", NULL);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int pid;

	/*
	 * QEMU holds an open-file-description lock or, on some systems, a process lock: this
	 * detects both.
	 */
	if (fd < 0 || fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	if (fs_read_trimmed(path, &text, 64) < 0 || parse_int(text.buf, 2, INT_MAX, &pid) < 0)
		return 0;
	return pid;
}

int qemu_await_end(const char *dir, int timeout_ms)
{
	long long deadline = monotonic_ms() + timeout_ms;

	while (qemu_pid(dir)) {
		if (process_interrupted)
			return -EINTR;
		if (monotonic_ms() >= deadline)
			return -ETIME;
		nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000000 }, NULL);
	}
	return 0;
}

int qemu_stop(const char *dir)
{
	pid_t pid;
	int r;

	if (qmp_command(dir, "quit", NULL) < 0)
		log_debug("QEMU in %s did not take 'quit'", dir);
	r = qemu_await_end(dir, 2000);
	if (r == 0)
		return 0;
	pid = qemu_pid(dir);
	if (pid && kill(pid, SIGKILL) < 0 && errno != ESRCH)
		return -errno;
	for (int i = 0; i < 200 && qemu_pid(dir); i++) /* even after Ctrl-C */
		nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000000 }, NULL);
	return qemu_pid(dir) ? -ETIME : 0;
}
