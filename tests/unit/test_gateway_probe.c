// SPDX-License-Identifier: GPL-2.0-only
/* One board of the prober, over a socket pair and a clock of the test's own. */
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/probe.h"
#include "gateway/probe_board.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BOOT_A "11111111-2222-3333-4444-555555555555"
#define BOOT_B "aaaaaaaa-2222-3333-4444-555555555555"
#define START  1796000000000 /* the wall clock when the test's clock is 0 */

static struct probe_board board;
static int far = -1; /* the board's end of the connection */
static struct probe_time now;

static void at_ms(uint64_t ms)
{
	now = (struct probe_time){ .us = ms * 1000 + 1000000, .wall_ms = START + (int64_t)ms };
}

static int set_up(void **state)
{
	(void)state;
	at_ms(0);
	probe_board_init(&board, NULL, now);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	probe_board_release(&board);
	close_fd(&far);
	return 0;
}

/* --- the board's side ---------------------------------------------------------------------- */

static void connect_it(void)
{
	int ends[2];

	close_fd(&far);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	far = ends[1];
	probe_board_connected(&board, ends[0], now);
}

static void say(const void *data, size_t n)
{
	assert_int_equal(send(far, data, n, MSG_NOSIGNAL), (ssize_t)n);
	probe_board_read(&board, now);
}

static void say_text(const char *text)
{
	say(text, strlen(text));
}

static void hello(const char *boot, uint64_t connects, enum probe_cause cause, const char *text)
{
	struct probe_hello h = { .up_ms = 42000, .connects = connects, .cause = cause };
	char line[PROBE_HELLO_MAX];

	snprintf(h.boot_id, sizeof(h.boot_id), "%s", boot);
	snprintf(h.text, sizeof(h.text), "%s", text);
	say(line, probe_hello_format(&h, line));
}

static bool take_ping(struct probe_ping *ping)
{
	ssize_t n = recv(far, ping, sizeof(*ping), 0);

	assert_true(n == (ssize_t)sizeof(*ping) || (n < 0 && errno == EAGAIN));
	return n > 0;
}

static void echo(const struct probe_ping *ping, uint64_t received, uint64_t sent)
{
	const struct probe_echo e = { *ping, htole64(received), htole64(sent) };

	say(&e, sizeof(e));
}

/* Answers the ping that must be there. */
static void answer(uint64_t received, uint64_t sent)
{
	struct probe_ping ping;

	assert_true(take_ping(&ping));
	echo(&ping, received, sent);
}

static void tick_at(uint64_t ms)
{
	at_ms(ms);
	probe_board_tick(&board, now);
}

/* A board that answers after `rtt_ms`, from second `from` to `to`. */
static void live(uint64_t from, uint64_t to, uint64_t rtt_ms)
{
	for (uint64_t s = from; s <= to; s++) {
		tick_at(s * 1000);
		at_ms(s * 1000 + rtt_ms);
		answer(s * 100, s * 10);
	}
}

static void begin(uint64_t ms)
{
	at_ms(ms);
	connect_it();
	hello(BOOT_A, 1, PROBE_CAUSE_START, "");
	at_ms(ms + 20);
	answer(100, 10);
	assert_true(board.status.up);
}

static struct tunnel_status status(void)
{
	struct tunnel_status s;

	probe_board_status(&board, now, &s);
	return s;
}

static void assert_down(enum tunnel_reason reason, int64_t since_ms)
{
	struct tunnel_status s = status();

	assert_false(s.up);
	assert_string_equal(tunnel_reason_word(s.reason), tunnel_reason_word(reason));
	assert_int_equal(s.since_ms, START + since_ms);
}

/* --- a good board -------------------------------------------------------------------------- */

static void test_up_with_the_first_echo(void **state)
{
	struct tunnel_status s;
	struct probe_ping ping;

	(void)state;
	assert_down(TUNNEL_STARTING, 0);
	at_ms(500);
	connect_it();
	assert_false(take_ping(&ping)); /* nothing before the hello */
	hello(BOOT_A, 7, PROBE_CAUSE_PATH, "wlan0 became eth0");
	assert_false(board.status.up);
	at_ms(523);
	answer(1000, 200);
	s = status();
	assert_true(s.up);
	assert_int_equal(s.since_ms, START + 523);
	assert_int_equal(s.p50_us, 23000);
	assert_int_equal(s.samples, 1);
	assert_int_equal(s.reconnects, 0);
	assert_int_equal(s.connects, 7);
	assert_int_equal(s.received, 1000);
	assert_int_equal(s.sent, 200);
	assert_string_equal(s.boot, BOOT_A);
	assert_int_equal(s.last.start_ms, 0); /* no outage was seen from here */
	assert_false(board.has_ended);
}

static void test_one_ping_a_second(void **state)
{
	struct probe_ping ping;

	(void)state;
	begin(0);
	assert_int_equal(probe_board_due(&board), 2000000);
	tick_at(999);
	assert_false(take_ping(&ping));
	live(1, 60, 10);
	assert_int_equal(status().samples, 61);
	assert_int_equal(status().lost, 0);
	assert_int_equal(status().p50_us, 10000);
	assert_int_equal(status().received, 6000);
}

/* A metered link asks for fewer pings; neither more nor none are possible. */
static void test_board_chooses_the_interval(void **state)
{
	static const struct {
		uint32_t asked_ms;
		uint64_t due_us;
	} cases[] = {
		{ 0, 1000000 }, { 10, 1000000 }, { 15000, 15000000 }, { UINT32_MAX, 30000000 }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *line =
			xasprintf("outpost-probe 1 ping_ms=%" PRIu32 " text=\n", cases[i].asked_ms);

		tear_down(NULL);
		set_up(NULL);
		connect_it();
		say_text(line);
		answer(0, 0);
		assert_int_equal(probe_board_due(&board), now.us + cases[i].due_us);
	}
}

static void test_hello_in_pieces(void **state)
{
	const char *text = "outpost-probe 1 boot=" BOOT_A " text=\n";

	(void)state;
	connect_it();
	for (const char *p = text; *p; p++)
		say(p, 1);
	answer(0, 0);
	assert_true(board.status.up);
}

/* --- outages ------------------------------------------------------------------------------- */

static void test_closed_and_back(void **state)
{
	(void)state;
	begin(0);
	live(1, 5, 20);
	at_ms(5800);
	close_fd(&far);
	probe_board_read(&board, now);
	assert_int_equal(board.fd, -1);
	assert_down(TUNNEL_CLOSED, 5020); /* the last echo */
	assert_false(board.has_ended);
	at_ms(5900);
	probe_board_connected(&board, -ECONNREFUSED, now);
	assert_down(TUNNEL_REFUSED, 5020);
	at_ms(7000);
	connect_it();
	hello(BOOT_A, 2, PROBE_CAUSE_PATH, "wlan0 became eth0");
	at_ms(7050);
	answer(50, 5);
	assert_true(status().up);
	assert_int_equal(status().since_ms, START + 7050);
	assert_int_equal(status().reconnects, 1);
	assert_true(board.has_ended);
	assert_int_equal(status().last.start_ms, START + 5020);
	assert_int_equal(status().last.end_ms, START + 7050);
	assert_int_equal(status().last.seen, TUNNEL_CLOSED);
	assert_string_equal(status().last.cause, "path");
	assert_string_equal(status().last.text, "wlan0 became eth0");
	assert_int_equal(status().received, 500 + 50); /* of both carriers */
	assert_int_equal(status().sent, 50 + 5);
}

static void test_reboot_is_the_cause(void **state)
{
	(void)state;
	begin(0);
	close_fd(&far);
	probe_board_read(&board, now);
	at_ms(60000);
	connect_it();
	hello(BOOT_B, 1, PROBE_CAUSE_START, "");
	answer(0, 0);
	assert_string_equal(status().last.cause, "reboot");
	assert_string_equal(status().last.text, "the board had been up for 42 s");
	assert_string_equal(status().boot, BOOT_B);
}

/* It goes on over the same connection: what came late is no round trip of the statistics. */
static void test_stall(void **state)
{
	struct probe_ping pings[PROBE_UNANSWERED + 1];
	size_t n = 0;

	(void)state;
	begin(0);
	live(1, 4, 20);
	for (uint64_t s = 5; s < 60; s++)
		tick_at(s * 1000);
	while (take_ping(&pings[n]))
		n++;
	assert_int_equal(n, PROBE_UNANSWERED);
	assert_down(TUNNEL_LOST, 4020);
	assert_int_equal(status().lost, PROBE_UNANSWERED);
	for (size_t i = 0; i < n; i++)
		echo(&pings[i], 1000, 100);
	assert_true(status().up);
	assert_int_equal(status().p95_us, 20000);
	assert_string_equal(status().last.cause, "stall");
	assert_int_equal(status().last.end_ms - status().last.start_ms, 59000 - 4020);
	assert_int_equal(status().reconnects, 1);
	tick_at(60000);
	at_ms(60020);
	answer(1000, 100);
}

/* 2.9 s without an answer is a slow link, 3 s is an outage. */
static void test_when_it_is_lost(void **state)
{
	(void)state;
	begin(0);
	tick_at(1000);
	tick_at(3999);
	assert_true(status().up);
	assert_true(probe_board_due(&board) <= now.us + 1000);
	tick_at(4000);
	assert_down(TUNNEL_LOST, 20);
}

/* --- hostile boards ------------------------------------------------------------------------ */

static void assert_garbage(void)
{
	assert_int_equal(board.fd, -1);
	assert_int_equal(status().reason, TUNNEL_GARBAGE);
	assert_int_equal(probe_board_due(&board), now.us + PROBE_PENALTY_US);
	/* Making the socket again does not help it. */
	probe_board_renewed(&board, now);
	assert_int_equal(probe_board_due(&board), now.us + PROBE_PENALTY_US);
}

static void test_never_answers(void **state)
{
	struct probe_ping ping;

	(void)state;
	connect_it();
	for (uint64_t s = 1; s < PROBE_SILENT_US / 1000000; s++) {
		tick_at(s * 1000);
		assert_true(board.fd >= 0); /* held, not opened again and again */
	}
	assert_false(take_ping(&ping));
	assert_down(TUNNEL_SILENT, 0);
	tick_at(PROBE_SILENT_US / 1000);
	assert_int_equal(board.fd, -1);
	assert_true(probe_board_due(&board) <= now.us + PROBE_RETRY_MOST_US);
}

/* It reads nothing and answers nothing: not more than a few pings wait for it. */
static void test_stops_reading(void **state)
{
	struct probe_ping ping;
	size_t n = 0;

	(void)state;
	begin(0);
	for (uint64_t s = 1; s < 170; s++)
		tick_at(s * 1000);
	while (take_ping(&ping))
		n++;
	assert_int_equal(n, PROBE_UNANSWERED);
	assert_true(board.fd >= 0);
	tick_at(20 + PROBE_SILENT_US / 1000);
	assert_int_equal(board.fd, -1);
}

static void test_flood(void **state)
{
	static char flood[64 * 1024];

	(void)state;
	memset(flood, 'x', sizeof(flood));
	connect_it();
	say(flood, sizeof(flood));
	assert_garbage();
}

static void test_flood_after_hello(void **state)
{
	static char flood[64 * 1024];

	(void)state;
	begin(0);
	at_ms(100);
	say(flood, sizeof(flood));
	assert_garbage();
	assert_down(TUNNEL_GARBAGE, 20);
}

static void test_hello_without_end(void **state)
{
	char line[PROBE_HELLO_MAX];

	(void)state;
	memset(line, 'h', sizeof(line));
	connect_it();
	say(line, sizeof(line) - 1);
	assert_true(board.fd >= 0);
	say(line, 1);
	assert_garbage();
}

static void test_other_hellos(void **state)
{
	static const char *const lines[] = { "\n", "SSH-2.0-OpenSSH_9.2\r\n", "outpost-probe 99\n",
					     "outpost-probe 1 connects=-1\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		tear_down(NULL);
		set_up(NULL);
		connect_it();
		say_text(lines[i]);
		assert_garbage();
	}
}

static void test_echo_of_another_ping(void **state)
{
	struct probe_ping ping;

	(void)state;
	begin(0);
	tick_at(1000);
	assert_true(take_ping(&ping));
	ping.clock ^= 1;
	echo(&ping, 0, 0);
	assert_garbage();
	tear_down(NULL);
	set_up(NULL);
	begin(0);
	tick_at(1000);
	assert_true(take_ping(&ping));
	ping.sequence ^= 1;
	echo(&ping, 0, 0);
	assert_garbage();
}

static void test_echo_twice(void **state)
{
	struct probe_ping ping;

	(void)state;
	begin(0);
	tick_at(1000);
	assert_true(take_ping(&ping));
	echo(&ping, 0, 0);
	assert_true(board.fd >= 0);
	echo(&ping, 0, 0);
	assert_garbage();
}

static void test_text_is_clean(void **state)
{
	(void)state;
	begin(0);
	close_fd(&far);
	probe_board_read(&board, now);
	at_ms(1000);
	connect_it();
	say_text("outpost-probe 1 cause=other text=\033]0;owned\007\rline\n");
	answer(0, 0);
	assert_string_equal(status().last.text, "\\x1b]0;owned\\x07\\x0dline");
	assert_string_equal(status().last.cause, "other");
}

/* However often the socket is made again, connections keep their distance. */
static void test_flapping(void **state)
{
	uint64_t connections = 0;

	(void)state;
	for (uint64_t ms = 0; ms < 10000; ms++) {
		at_ms(ms);
		probe_board_renewed(&board, now);
		if (now.us >= probe_board_due(&board)) {
			connect_it();
			connections++;
		}
	}
	assert_true(connections <= 10000000 / PROBE_GAP_US + 1);
	assert_true(connections >= 10); /* but it is not given up */
}

/* A listener that hangs up at once is asked less and less often, but soon at first. */
static void test_hangs_up(void **state)
{
	uint64_t connections = 0;

	(void)state;
	for (uint64_t ms = 0; ms < 60000; ms++) {
		at_ms(ms);
		assert_true(ms != 1000 || connections >= 5);
		if (board.fd >= 0 || now.us < probe_board_due(&board))
			continue;
		connect_it();
		connections++;
		close_fd(&far);
		probe_board_read(&board, now);
	}
	assert_true(connections < 45);
	assert_int_equal(status().reason, TUNNEL_SILENT);
}

/* They begin again at 0 with another carrier, whether or not that was noticed otherwise. */
static void test_bytes_of_carriers_add_up(void **state)
{
	(void)state;
	begin(0); /* 100 and 10 */
	tick_at(1000);
	answer(1000, 500);
	tick_at(2000);
	answer(30, 7);
	assert_int_equal(status().received, 1030);
	assert_int_equal(status().sent, 507);
}

static void test_bytes_do_not_wrap(void **state)
{
	(void)state;
	begin(0);
	tick_at(1000);
	answer(UINT64_MAX - 1, UINT64_MAX);
	tick_at(2000);
	answer(5, 0); /* another carrier */
	tick_at(3000);
	answer(UINT64_MAX, UINT64_MAX);
	assert_true(status().received == UINT64_MAX);
	assert_true(status().sent == UINT64_MAX);
}

/* --- after a restart of the prober ---------------------------------------------------------- */

static void restart(uint64_t ms)
{
	struct tunnel_status old = status();

	tear_down(NULL);
	at_ms(ms);
	probe_board_init(&board, &old, now);
	assert_down(TUNNEL_STARTING, (int64_t)ms);
}

static void test_restart_of_the_prober(void **state)
{
	(void)state;
	begin(0);
	live(1, 5, 20);
	restart(9000);
	connect_it();
	hello(BOOT_A, 1, PROBE_CAUSE_START, "");
	answer(900, 90);
	assert_true(status().up);
	assert_int_equal(status().since_ms, START + 20);
	assert_int_equal(status().reconnects, 0);
	assert_int_equal(status().received, 500); /* what it carried meanwhile is not known */
	tick_at(10000);
	answer(1000, 100);
	assert_int_equal(status().received, 600);
	assert_false(board.has_ended);
}

static void test_reconnection_during_the_restart(void **state)
{
	(void)state;
	begin(0);
	restart(9000);
	connect_it();
	hello(BOOT_A, 2, PROBE_CAUSE_PATH, "");
	answer(50, 5);
	assert_int_equal(status().since_ms, START + 9000);
	assert_int_equal(status().reconnects, 1);
	assert_int_equal(status().received, 150);
	assert_false(board.has_ended); /* nobody saw how long it was */
}

static void test_outage_during_the_restart(void **state)
{
	struct tunnel_status old;

	(void)state;
	begin(0);
	close_fd(&far);
	probe_board_read(&board, now);
	old = status();
	tear_down(NULL);
	at_ms(9000);
	probe_board_init(&board, &old, now);
	connect_it();
	hello(BOOT_A, 2, PROBE_CAUSE_PATH, "");
	answer(0, 0);
	assert_true(board.has_ended);
	assert_int_equal(status().last.start_ms, START + 20);
	assert_int_equal(status().last.end_ms, START + 9000);
	assert_int_equal(status().last.seen, TUNNEL_CLOSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_up_with_the_first_echo),
		TEST(test_one_ping_a_second),
		TEST(test_board_chooses_the_interval),
		TEST(test_hello_in_pieces),
		TEST(test_closed_and_back),
		TEST(test_reboot_is_the_cause),
		TEST(test_stall),
		TEST(test_when_it_is_lost),
		TEST(test_never_answers),
		TEST(test_stops_reading),
		TEST(test_flood),
		TEST(test_flood_after_hello),
		TEST(test_hello_without_end),
		TEST(test_other_hellos),
		TEST(test_echo_of_another_ping),
		TEST(test_echo_twice),
		TEST(test_text_is_clean),
		TEST(test_flapping),
		TEST(test_hangs_up),
		TEST(test_bytes_of_carriers_add_up),
		TEST(test_bytes_do_not_wrap),
		TEST(test_restart_of_the_prober),
		TEST(test_reconnection_during_the_restart),
		TEST(test_outage_during_the_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
