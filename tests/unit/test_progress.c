// SPDX-License-Identifier: GPL-2.0-only
/* The progress line, on a pseudoterminal. */
#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strbuf.h"
#include "host/base/progress.h"

#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

/* The output of fn() on a terminal with `columns` columns. */
static void on_terminal(struct strbuf *out, unsigned short columns, const char *term,
			void (*fn)(void))
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	_cleanup_close_ int fd = -1;
	char text[4096];
	int status;
	ssize_t n;
	pid_t pid = forkpty(&fd, NULL, NULL, &size);

	assert_true(pid >= 0);
	if (pid == 0) {
		setenv("TERM", term, 1);
		fn();
		_exit(0);
	}
	while ((n = read(fd, text, sizeof(text))) > 0)
		strbuf_add(out, text, (size_t)n);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void assert_ends_with(const struct strbuf *out, const char *end)
{
	size_t n = strlen(end);

	if (out->len < n || memcmp(out->buf + out->len - n, end, n) != 0)
		fail_msg("does not end with \"%s\": \"%s\"", end, out->buf);
}

static void assert_has(const struct strbuf *out, const char *text)
{
	if (!strstr(out->buf, text))
		fail_msg("\"%s\" is not in \"%s\"", text, out->buf);
}

static void step_and_message(void)
{
	progress_start();
	progress_start();
	progress_step("vm  loading %s (2/7)", "chardev");
	log_info("said meanwhile");
	progress_end();
	progress_end();
	log_info("said after");
}

/* A message erases the line, which is drawn again below; at the end nothing of it is left. */
static void test_line(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	on_terminal(&out, 80, "xterm", step_and_message);
	assert_has(&out, "\rvm  loading chardev (2/7)  0.0 s\033[K"
			 "\r\033[Koutpost: said meanwhile\r\n"
			 "\rvm  loading chardev (2/7)  0.");
	assert_ends_with(&out, "s\033[K\r\033[Koutpost: said after\r\n");
}

static void test_dumb(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	on_terminal(&out, 80, "dumb", step_and_message);
	assert_string_equal(out.buf, "outpost: said meanwhile\r\noutpost: said after\r\n");
}

static void verbose(void)
{
	log_set_level(LOG_LEVEL_DEBUG);
	step_and_message();
}

static void quiet(void)
{
	log_set_level(LOG_LEVEL_WARN);
	step_and_message();
}

static void test_verbose_and_quiet(void **state)
{
	_cleanup_(strbuf_release) struct strbuf loud = STRBUF_INIT;
	_cleanup_(strbuf_release) struct strbuf silent = STRBUF_INIT;

	(void)state;
	on_terminal(&loud, 80, "xterm", verbose);
	assert_string_equal(loud.buf, "outpost: vm  loading chardev (2/7)\r\n"
				      "outpost: said meanwhile\r\noutpost: said after\r\n");
	on_terminal(&silent, 80, "xterm", quiet);
	assert_string_equal(silent.buf, "");
}

static void narrow(void)
{
	progress_start();
	progress_step("gr\xc3\xbc\xc3\x9f"
		      "e an\tdas\033[2J\xc3\xbc Brett");
	progress_end();
}

/* Truncated to fit, but never within a character; control characters from a board are harmless. */
static void test_narrow(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	on_terminal(&out, 30, "xterm", narrow);
	assert_string_equal(out.buf, "\rgr\xc3\xbc\xc3\x9f"
				     "e an das\\x1b[2J  0.0 s\033[K\r\033[K");
}

static void many_ticks(void)
{
	progress_start();
	progress_step("x");
	for (size_t i = 0; i <= 350; i++) {
		progress_fraction(i, 1000);
		usleep(1000);
	}
	progress_end();
}

/* At most ten times per second, and with the percentage. */
static void test_rate(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	size_t n = 0;

	(void)state;
	on_terminal(&out, 80, "xterm", many_ticks);
	for (const char *c = out.buf; (c = strstr(c, "\rx  ")); c++)
		n++;
	assert_has(&out, "%  0.");
	/*
	 * It lasts 350 ms, or longer on a busy machine: only very few or hundreds would be
	 * wrong.
	 */
	if (n < 3 || n > 30)
		fail_msg("drawn %zu times: \"%s\"", n, out.buf);
}

static void wait_twice(void)
{
	progress_start();
	progress_step("wait");
	process_run(ARGV("sleep", "0.3"), NULL);
	log_set_line(NULL); /* like a child whose parent owns the line */
	log_info("said without");
	process_run(ARGV("sleep", "0.3"), NULL);
	log_tick();
}

/* It shows the time while waiting for a program; after log_set_line(NULL), it is left alone. */
static void test_waiting(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	on_terminal(&out, 80, "xterm", wait_twice);
	assert_has(&out, "\rwait  0.0 s\033[K\rwait  0.");
	assert_ends_with(&out, "s\033[Koutpost: said without\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),   cmocka_unit_test(test_dumb),
		cmocka_unit_test(test_narrow), cmocka_unit_test(test_verbose_and_quiet),
		cmocka_unit_test(test_rate),   cmocka_unit_test(test_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
