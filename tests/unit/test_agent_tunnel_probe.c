// SPDX-License-Identifier: GPL-2.0-only
/* What the supervisor answers its gateway's prober. */
#include "unit.h"

#include "agent/tunnel/probe_server.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define BOOT_ID "11111111-2222-3333-4444-555555555555"

static const struct probe_hello sample = {
	.boot_id = BOOT_ID,
	.up_ms = 123456,
	.connects = 7,
	.ping_ms = 1000,
	.outage_ms = 4200,
	.cause = PROBE_CAUSE_SILENT,
	.failures = 3,
	.last = PROBE_CAUSE_REFUSED,
	.text = "Timeout, server gw not responding.",
};

static struct {
	char dir[32], path[64];
	struct probe_server server;
} place;

static int set_up(void **state)
{
	(void)state;
	strcpy(place.dir, "/tmp/outpost-test-XXXXXX");
	if (!mkdtemp(place.dir))
		return -1;
	snprintf(place.path, sizeof(place.path), "%s/probe", place.dir);
	return probe_server_open(&place.server, place.path);
}

static int tear_down(void **state)
{
	(void)state;
	probe_server_close(&place.server);
	return fs_remove_tree(place.dir);
}

static int call(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, place.path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* One round of the supervisor's loop. */
static unsigned int serve(long long now)
{
	const struct probe_echo echo = { .received = 100, .sent = 200 };
	struct pollfd fds[1 + PROBE_CLIENTS];

	probe_server_poll(&place.server, fds);
	assert_true(poll(fds, ARRAY_SIZE(fds), 0) >= 0);
	return probe_server_serve(&place.server, fds, &sample, &echo, now);
}

static void expect_hello(int fd)
{
	char line[PROBE_HELLO_MAX], expected[PROBE_HELLO_MAX];
	size_t n = probe_hello_format(&sample, expected);

	assert_int_equal(recv(fd, line, sizeof(line), MSG_DONTWAIT), n);
	assert_memory_equal(line, expected, n);
}

static bool is_closed(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}

static void pings_are_echoed(void **state)
{
	_cleanup_close_ int fd = call();
	const struct probe_ping pings[2] = { { 1, 1000 }, { 2, 2000 } };
	struct probe_echo echoes[2];

	(void)state;
	assert_int_equal(serve(1), 0);
	expect_hello(fd);
	assert_int_equal(send(fd, pings, 20, 0), 20); /* one, and a quarter */
	assert_int_equal(serve(2), 1);
	assert_int_equal(serve(3), 0);
	assert_int_equal(send(fd, (const char *)pings + 20, 12, 0), 12);
	assert_int_equal(serve(4), 1);
	assert_int_equal(recv(fd, echoes, sizeof(echoes), MSG_DONTWAIT), sizeof(echoes));
	for (int i = 0; i < 2; i++) {
		assert_memory_equal(&echoes[i].ping, &pings[i], sizeof(pings[i]));
		assert_int_equal(echoes[i].received, 100);
		assert_int_equal(echoes[i].sent, 200);
	}
}

/* Each has its own hello; the one that was quiet for longest makes room. */
static void connections_are_few(void **state)
{
	int fds[PROBE_CLIENTS + 1];

	(void)state;
	for (int i = 0; i < PROBE_CLIENTS; i++) {
		fds[i] = call();
		serve(10 + i);
		expect_hello(fds[i]);
	}
	assert_int_equal(send(fds[0], "x", 1, 0), 1);
	serve(50);
	fds[PROBE_CLIENTS] = call();
	serve(60);
	expect_hello(fds[PROBE_CLIENTS]);
	assert_true(is_closed(fds[1]));
	assert_false(is_closed(fds[0]));
	probe_server_drop(&place.server);
	assert_true(is_closed(fds[0]));
	for (int i = 0; i <= PROBE_CLIENTS; i++)
		close(fds[i]);
}

/* It does not hold up the supervisor, and does not make it use memory. */
static void one_that_does_not_read_is_given_up(void **state)
{
	_cleanup_close_ int fd = call();
	char pings[PROBE_PING_SIZE * 64] = { 0 };
	ssize_t n = 0;

	(void)state;
	serve(1);
	for (int i = 0; i < 10000 && n >= 0; i++) {
		n = send(fd, pings, sizeof(pings), MSG_DONTWAIT | MSG_NOSIGNAL);
		serve(2 + i);
	}
	assert_int_equal(n, -1);
	assert_int_equal(place.server.clients[0].fd, -1);
}

static void an_earlier_socket_is_replaced(void **state)
{
	struct probe_server again;
	_cleanup_close_ int fd = -1;

	(void)state;
	assert_int_equal(probe_server_open(&again, place.path), 0);
	fd = call();
	assert_int_equal(serve(1), 0);
	assert_int_equal(recv(fd, &(char){ 0 }, 1, MSG_DONTWAIT), -1);
	probe_server_close(&again);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(pings_are_echoed),
		TEST(connections_are_few),
		TEST(one_that_does_not_read_is_given_up),
		TEST(an_earlier_socket_is_replaced),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
