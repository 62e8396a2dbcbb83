// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole prober, with boards that are processes of the test: good ones, and ones that must not
 * disturb them.
 */
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/probe.h"
#include "common/tunnel.h"
#include "common/tunnel_status.h"
#include "gateway/probe.h"
#include "gateway/probe_files.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY       200
#define PATIENCE_S 20

static char root[64];
static pid_t prober, players[8];
static size_t n_players;

/* --- places ------------------------------------------------------------------------------- */

static char *board_file(const char *name, const char *file)
{
	return xasprintf("%s" TUNNEL_ROOTS "/" TUNNEL_ACCOUNT "%s/s/%s", root, name, file);
}

static void make_folder(const char *path)
{
	_cleanup_free_ char *whole = xasprintf("%s%s", root, path);

	assert_int_equal(fs_mkdir_p(whole, 0755), 0);
}

static void make_board(const char *name)
{
	_cleanup_free_ char *dir = board_file(name, "");

	assert_int_equal(fs_mkdir_p(dir, 0755), 0);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/outpost-test-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	make_folder(TUNNEL_ROOTS);
	make_folder(TUNNEL_STATUS);
	make_folder(TUNNEL_HISTORY);
	return 0;
}

static void end_process(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

static int tear_down(void **state)
{
	(void)state;
	end_process(&prober);
	while (n_players)
		end_process(&players[--n_players]);
	return fs_remove_tree(root);
}

static void start_prober(void)
{
	prober = fork();
	if (prober == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(STDERR_FILENO);
		open("/dev/null", O_WRONLY | O_CLOEXEC);
		_exit(probe_run(root));
	}
}

/* --- boards ------------------------------------------------------------------------------- */

static int listen_as(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_free_ char *path = board_file(name, TUNNEL_PROBE_SOCKET);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(path) < sizeof(address.sun_path));
	strcpy(address.sun_path, path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

/* The first thing on each connection. */
typedef void greeting(int fd);

static void greet_well(int fd)
{
	struct probe_hello hello = { .boot_id = "11111111-2222-3333-4444-555555555555",
				     .connects = (uint64_t)getpid(),
				     .cause = PROBE_CAUSE_PATH };
	char line[PROBE_HELLO_MAX];

	(void)!write(fd, line, probe_hello_format(&hello, line));
}

static void greet_not(int fd)
{
	(void)fd;
}

static void greet_with_garbage(int fd)
{
	(void)!write(fd, "HTTP/1.0 400 Bad Request\r\n\r\n", 28);
	close(fd);
}

static void greet_with_flood(int fd)
{
	static const char flood[4096] = { 'x' };

	while (write(fd, flood, sizeof(flood)) > 0)
		;
	close(fd);
}

static void answer(int fd)
{
	struct probe_echo echo = { .received = htole64(4096), .sent = htole64(512) };

	if (recv(fd, &echo.ping, sizeof(echo.ping), MSG_DONTWAIT) == (ssize_t)sizeof(echo.ping))
		(void)!send(fd, &echo, sizeof(echo), MSG_NOSIGNAL);
}

/* Plays `n` boards, whose listeners are the first in fds. */
static void __attribute__((noreturn)) play(struct pollfd *fds, size_t n, greeting *greet)
{
	size_t all = n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	while (poll(fds, (nfds_t)all, -1) >= 0) {
		for (size_t i = 0; i < all; i++) {
			if (!fds[i].revents)
				continue;
			if (i >= n) {
				answer(fds[i].fd);
				fds[i].events = fds[i].revents & POLLHUP ? 0 : POLLIN;
				fds[i].fd = fds[i].revents & POLLHUP ? -1 : fds[i].fd;
				continue;
			}
			if (all == 4 * MANY)
				_exit(1);
			fds[all] = (struct pollfd){ accept(fds[i].fd, NULL, NULL), POLLIN, 0 };
			greet(fds[all++].fd);
		}
	}
	_exit(1);
}

static void start_boards(const char *const *names, size_t n, greeting *greet)
{
	static struct pollfd fds[4 * MANY];
	pid_t pid;

	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){ listen_as(names[i]), POLLIN, 0 };
	pid = fork();
	if (pid == 0)
		play(fds, n, greet);
	for (size_t i = 0; i < n; i++)
		close(fds[i].fd);
	players[n_players++] = pid;
}

static void start_board(const char *name, greeting *greet)
{
	make_board(name);
	start_boards(&name, 1, greet);
}

/* --- what the prober writes ---------------------------------------------------------------- */

static int read_status(const char *name, struct tunnel_status *s)
{
	_cleanup_free_ char *dir = xasprintf("%s" TUNNEL_STATUS, root);
	_cleanup_close_ int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return probe_files_read(fd, name, s);
}

static bool is_up(const struct tunnel_status *s)
{
	return s->up && s->samples;
}

static bool is_down_by(const struct tunnel_status *s, enum tunnel_reason reason)
{
	return !s->up && s->reason == reason;
}

static void wait_for(const char *name, bool (*is)(const struct tunnel_status *),
		     enum tunnel_reason reason)
{
	long long end = monotonic_ms() + PATIENCE_S * 1000LL;
	struct tunnel_status s = { 0 };
	int r;

	do {
		r = read_status(name, &s);
		if (r == 0 && (is ? is(&s) : is_down_by(&s, reason)))
			return;
		usleep(10000);
	} while (monotonic_ms() < end);
	fail_msg("%s: %s, %s, %u samples", name,
		 r < 0  ? strerror(-r)
		 : s.up ? "up"
			: "down",
		 tunnel_reason_word(s.reason), s.samples);
}

static bool is_measured(const struct tunnel_status *s)
{
	return s->up && s->samples >= 3;
}

static void wait_up(const char *name)
{
	wait_for(name, is_up, TUNNEL_STARTING);
}

static void wait_down(const char *name, enum tunnel_reason reason)
{
	wait_for(name, NULL, reason);
}

/* --- tests -------------------------------------------------------------------------------- */

/* Boards that misbehave are named, and the good one is up all the time. */
static void test_bad_boards_do_not_disturb(void **state)
{
	struct tunnel_status s;

	(void)state;
	make_board("absent");
	start_board("mute", greet_not);
	start_board("garbage", greet_with_garbage);
	start_board("flood", greet_with_flood);
	start_prober();
	wait_down("absent", TUNNEL_ABSENT);
	wait_down("garbage", TUNNEL_GARBAGE);
	wait_down("flood", TUNNEL_GARBAGE);
	start_board("good", greet_well);
	wait_up("good");
	wait_down("mute", TUNNEL_SILENT);
	assert_int_equal(read_status("good", &s), 0);
	assert_true(s.up);
	assert_int_equal(s.reconnects, 0);
	assert_int_equal(s.lost, 0);
	assert_int_equal(s.received, 4096);
	assert_int_equal(s.sent, 512);
}

/* The prober connects as soon as the socket is made again, and writes the outage down. */
static void test_board_comes_back(void **state)
{
	_cleanup_free_ char *history = xasprintf("%s" TUNNEL_HISTORY "/pi", root);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct tunnel_outage outage;
	long long began_ms;

	(void)state;
	start_board("pi", greet_well);
	start_prober();
	wait_up("pi");
	end_process(&players[--n_players]);
	wait_down("pi", TUNNEL_REFUSED); /* the socket is left behind */
	usleep(3000000);                 /* the intervals between attempts are long by now */
	began_ms = monotonic_ms();
	start_board("pi", greet_well);
	wait_up("pi");
	print_message("up %lld ms after the socket was made\n", monotonic_ms() - began_ms);
	assert_true(monotonic_ms() - began_ms < 1500);
	assert_int_equal(fs_read(history, &text, 0), 0);
	assert_int_equal(tunnel_outage_parse((struct text){ text.buf, text.len }, &outage), 0);
	assert_int_equal(outage.seen, TUNNEL_CLOSED);
	assert_string_equal(outage.cause, "path");
	assert_true(outage.end_ms - outage.start_ms > 2900);
}

static void test_boards_come_and_go(void **state)
{
	_cleanup_free_ char *dir = NULL, *status = xasprintf("%s" TUNNEL_STATUS "/late", root);
	long long end = monotonic_ms() + PATIENCE_S * 1000LL;

	(void)state;
	start_prober();
	usleep(300000);
	start_board("late", greet_well);
	wait_up("late");
	dir = xasprintf("%s" TUNNEL_ROOTS "/" TUNNEL_ACCOUNT "late", root);
	assert_int_equal(fs_remove_tree(dir), 0);
	while (fs_exists(status) && monotonic_ms() < end)
		usleep(10000);
	assert_false(fs_exists(status));
}

/* A file instead of the socket, and a link to another board's. */
static void test_not_a_socket(void **state)
{
	_cleanup_free_ char *file = NULL, *link = NULL, *target = NULL;

	(void)state;
	start_board("good", greet_well);
	make_board("file");
	make_board("link");
	file = board_file("file", TUNNEL_PROBE_SOCKET);
	link = board_file("link", TUNNEL_PROBE_SOCKET);
	target = board_file("good", TUNNEL_PROBE_SOCKET);
	assert_int_equal(fs_write_atomic(file, "", 0, 0644), 0);
	assert_int_equal(symlink(target, link), 0);
	start_prober();
	wait_up("good");
	wait_down("file", TUNNEL_DENIED);
	wait_down("link", TUNNEL_DENIED);
}

static long pss_kb(pid_t pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/smaps_rollup", (int)pid);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *pss;

	assert_int_equal(fs_read(path, &text, 0), 0);
	pss = strstr(text.buf, "\nPss:");
	assert_non_null(pss);
	return strtol(pss + 5, NULL, 10);
}

/* What 200 boards cost, on top of what none does. */
static void test_many_boards(void **state)
{
	static char names[MANY][8];
	static const char *list[MANY];
	long none_kb;

	(void)state;
	start_prober();
	make_board("first");
	wait_down("first", TUNNEL_ABSENT);
	none_kb = pss_kb(prober);
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "b%d", i);
		list[i] = names[i];
		make_board(names[i]);
	}
	start_boards(list, MANY, greet_well);
	for (int i = 0; i < MANY; i++)
		wait_for(names[i], is_measured, TUNNEL_STARTING);
	print_message("%d boards: %ld kB, without boards %ld kB\n", MANY, pss_kb(prober), none_kb);
#ifndef __SANITIZE_ADDRESS__
	assert_true(pss_kb(prober) - none_kb < 1024);
#endif
}

static void test_history_is_bounded(void **state)
{
	_cleanup_free_ char *dir = xasprintf("%s" TUNNEL_HISTORY, root);
	_cleanup_free_ char *path = xasprintf("%s/pi", dir);
	_cleanup_close_ int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(strbuf_release) struct strbuf all = STRBUF_INIT;
	struct tunnel_outage outage = { .seen = TUNNEL_LOST };
	struct text rest, line;
	int64_t last = 0;

	(void)state;
	memset(outage.text, 't', sizeof(outage.text) - 1);
	for (int i = 1; i <= 2000; i++) {
		outage.start_ms = i;
		outage.end_ms = i + 1;
		assert_int_equal(probe_files_add_outage(fd, "pi", &outage), 0);
	}
	assert_int_equal(fs_read(path, &all, PROBE_HISTORY_MAX + TUNNEL_STATUS_SIZE), 0);
	assert_true(all.len > PROBE_HISTORY_MAX / 4);
	rest = (struct text){ all.buf, all.len };
	while (text_line(&rest, &line)) {
		assert_int_equal(tunnel_outage_parse(line, &outage), 0);
		assert_true(!last || outage.start_ms == last + 1);
		last = outage.start_ms;
	}
	assert_int_equal(last, 2000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bad_boards_do_not_disturb),
		TEST(test_board_comes_back),
		TEST(test_boards_come_and_go),
		TEST(test_not_a_socket),
		TEST(test_many_boards),
		TEST(test_history_is_bounded),
	};

	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
