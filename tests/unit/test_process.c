// SPDX-License-Identifier: GPL-2.0-only
/* Starting programs: what they inherit, how they end, and which errors are told apart. */
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const int out_only[] = { PROCESS_NULL, PROCESS_PIPE, STDERR_FILENO };

/* What `argv`, started with `setup`, writes to its stdout; *status is its status. */
static char *output_of(char *const *argv, struct process_setup setup, int *status)
{
	struct strbuf text = STRBUF_INIT;
	struct process process;

	if (!setup.fds)
		setup.fds = out_only;
	assert_int_equal(process_start(&process, argv, &setup), 0);
	assert_true(process.pid > 0);
	while (process.out >= 0)
		process_read(&process.out, &text);
	*status = process_wait(process.pid);
	process_close(&process);
	return strbuf_detach(&text);
}

static void test_pipes(void **state)
{
	static const int all[] = { PROCESS_PIPE, PROCESS_PIPE, PROCESS_PIPE };
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT, error = STRBUF_INIT;
	struct process process;

	(void)state;
	assert_int_equal(process_start(&process, ARGV("sh", "-c", "cat; echo error >&2; exit 7"),
				       &(struct process_setup){ .fds = all }),
			 0);
	assert_int_equal(fs_write_all(process.in, "given", 5), 0);
	close_fd(&process.in);
	while (process.out >= 0)
		process_read(&process.out, &out);
	while (process.error >= 0)
		process_read(&process.error, &error);
	assert_int_equal(process_wait(process.pid), 7);
	assert_string_equal(out.buf, "given");
	assert_string_equal(error.buf, "error\n");
}

static void test_stderr_as_stdout(void **state)
{
	static const int both[] = { PROCESS_NULL, PROCESS_PIPE, PROCESS_STDOUT };
	_cleanup_free_ char *text = NULL;
	int status;

	(void)state;
	text = output_of(ARGV("sh", "-c", "echo 1; echo 2 >&2; read x || echo 3; kill -9 $$"),
			 (struct process_setup){ .fds = both }, &status);
	assert_string_equal(text, "1\n2\n3\n");
	assert_int_equal(status, 128 + SIGKILL);
}

/* The program is searched in the PATH of the environment that it gets, as by env(1). */
static void test_environment(void **state)
{
	char dir[] = "/tmp/outpost-process-XXXXXX";
	_cleanup_free_ char *path = NULL, *program = NULL, *text = NULL;
	int status;

	(void)state;
	assert_non_null(mkdtemp(dir));
	program = xasprintf("%s/outpost-test-program", dir);
	path = xasprintf("PATH=%s:/usr/bin:/bin", dir);
	assert_int_equal(fs_write_atomic(program, "#!/bin/sh\necho \"$A $HOME\"; pwd\n", 31, 0700),
			 0);
	text = output_of(ARGV("outpost-test-program"),
			 (struct process_setup){ .env = ARGV(path, "A=a b"), .dir = "/usr" },
			 &status);
	assert_string_equal(text, "a b \n/usr\n");
	assert_int_equal(status, 0);
	fs_remove_tree(dir);
}

static int refuse(void *arg)
{
	return *(int *)arg;
}

static void test_not_started(void **state)
{
	static const int pipes[] = { PROCESS_PIPE, PROCESS_PIPE, PROCESS_PIPE };
	struct process_setup setup = { .fds = pipes };
	int why = -EDOM, before = open("/dev/null", O_RDONLY | O_CLOEXEC), after;
	struct process process;

	(void)state;
	close(before);
	assert_int_equal(process_start(&process, ARGV("no-such-program"), &setup), -ENOENT);
	assert_int_equal(process_start(&process, ARGV("/etc/passwd"), &setup), -EACCES);
	setup.dir = "/nowhere";
	assert_int_equal(process_start(&process, ARGV("true"), &setup), -ENOENT);
	setup.dir = NULL;
	setup.in_child = refuse;
	setup.arg = &why;
	assert_int_equal(process_start(&process, ARGV("true"), &setup), -EDOM);
	assert_int_equal(process.pid, 0);
	assert_int_equal(process.in, -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left, */
	assert_int_equal(errno, ECHILD);
	after = open("/dev/null", O_RDONLY | O_CLOEXEC); /* and no descriptor */
	close(after);
	assert_int_equal(after, before);
}

#define ITS_OWN (-1)

/*
 * Checks the process group and session of a process, which prints both. 0 is a valid answer: the
 * leader of the group or session is outside our PID namespace.
 */
static void expect_group(enum process_group group, pid_t wanted_group, pid_t wanted_session)
{
	_cleanup_free_ char *text = NULL;
	int status, pid, its_group, its_session;

	text = output_of(ARGV("sh", "-c", "cut -d' ' -f1,5,6 /proc/$$/stat"),
			 (struct process_setup){ .group = group }, &status);
	assert_int_equal(sscanf(text, "%d %d %d", &pid, &its_group, &its_session), 3);
	assert_int_equal(its_group, wanted_group == ITS_OWN ? pid : wanted_group);
	assert_int_equal(its_session, wanted_session == ITS_OWN ? pid : wanted_session);
}

static void test_group(void **state)
{
	(void)state;
	expect_group(PROCESS_OUR_GROUP, getpgrp(), getsid(0));
	expect_group(PROCESS_OWN_GROUP, ITS_OWN, getsid(0));
	expect_group(PROCESS_OWN_SESSION, ITS_OWN, ITS_OWN);
}

/* SigBlk and SigIgn in /proc/self/status are hexadecimal masks. */
static void test_signals(void **state)
{
	unsigned long long blocked, ignored;
	_cleanup_free_ char *text = NULL;
	sigset_t term, before;
	int status;

	(void)state;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	signal(SIGPIPE, SIG_IGN);
	text = output_of(ARGV("sed", "-n", "s/^Sig\\(Blk\\|Ign\\):\\t//p", "/proc/self/status"),
			 (struct process_setup){ 0 }, &status);
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(sscanf(text, "%llx %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 0);
	assert_int_equal(ignored & 1u << (SIGPIPE - 1), 0);
}

/* It inherits none of our descriptors, whatever numbers its three have here. */
static void test_descriptors(void **state)
{
	_cleanup_free_ char *text = NULL;
	int in = dup(STDIN_FILENO), status;

	(void)state;
	close_range(3, ~0U,
		    CLOSE_RANGE_CLOEXEC); /* descriptors that the caller of the test left open */
	close(STDIN_FILENO);              /* so that the pipes get this number */
	text = output_of(ARGV("ls", "/proc/self/fd"), (struct process_setup){ 0 }, &status);
	if (in >= 0) {
		dup2(in, STDIN_FILENO);
		close(in);
	}
	assert_int_equal(status, 0);
	assert_string_equal(text, "0\n1\n2\n3\n"); /* 3: ls opens the folder */
}

static void test_run(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT, error = STRBUF_INIT;
	struct process_options options = {
		.input = "text", .input_len = 4, .output = &out, .error = &error
	};

	(void)state;
	assert_int_equal(process_run(ARGV("sh", "-c", "cat; echo no >&2; exit 3"), &options), 3);
	assert_string_equal(out.buf, "text");
	assert_string_equal(error.buf, "no\n");
	assert_int_equal(process_run(ARGV("no-such-program"), &options), -ENOENT);
	options.output_max = 1000;
	assert_int_equal(process_run(ARGV("cat", "/dev/zero"), &options), -EFBIG);
	options.output_max = 0;
	options.timeout_ms = 50;
	assert_int_equal(process_run(ARGV("sleep", "1000"), &options), -ETIME);
	process_interrupted = SIGINT;
	assert_int_equal(process_run(ARGV("sleep", "1000"), &options), -EINTR);
	process_interrupted = 0;
}

static int join_our_group(void *arg)
{
	return setpgid(0, *(const pid_t *)arg) < 0 ? -errno : 0;
}

/* One that left its process group is killed, too. */
static void test_leaves_its_group(void **state)
{
	pid_t group = getpgrp();
	const struct process_options options = { .timeout_ms = 100,
						 .in_child = join_our_group,
						 .in_child_arg = &group };

	(void)state;
	alarm(20);
	assert_int_equal(process_run(ARGV("sleep", "60"), &options), -ETIME);
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_stderr_as_stdout),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_leaves_its_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
