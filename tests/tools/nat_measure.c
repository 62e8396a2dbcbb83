// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures tunnels for tests/system/nat.
 *
 *	nat-measure await SINCE LIMIT TARGET COMMAND...
 *		Waits until an ssh server's greeting comes through TARGET and COMMAND succeeds. Prints
 *		the milliseconds from SINCE (microseconds since 1970) to the end of COMMAND, or ">LIMIT"
 *		and fails if that takes more than LIMIT seconds.
 *	nat-measure echo PORT
 *		Sends back 16 bytes at a time on all addresses.
 *	nat-measure rtt TARGET COUNT
 *		Sends COUNT times 16 bytes, one every 5 ms, and awaits them back; as the prober does if
 *		TARGET is a socket (common/probe.h). Prints p50 and p95 of the time to their return, in microseconds.
 *	nat-measure table <ROUNDS
 *		Reads lines "FAULT CARRIER MS" (or ">LIMIT") and prints a table: count, median, p95, most.
 *
 * TARGET: the path of a Unix socket, or ADDRESS:PORT (IPv4).
 */
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/options.h"
#include "common/probe.h"
#include "common/process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static long long now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* --- targets --- */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_un un;
};

static bool parse_target(const char *target, union address *a, socklen_t *length)
{
	char host[INET_ADDRSTRLEN] = "";
	const char *colon = strrchr(target, ':');
	int port;

	memset(a, 0, sizeof(*a));
	if (*target == '/') {
		a->un.sun_family = AF_UNIX;
		*length = sizeof(a->un);
		return snprintf(a->un.sun_path, sizeof(a->un.sun_path), "%s", target) <
		       (int)sizeof(a->un.sun_path);
	}
	if (!colon || colon - target >= (int)sizeof(host) ||
	    parse_int(colon + 1, 1, 65535, &port) < 0)
		return false;
	memcpy(host, target, (size_t)(colon - target));
	a->in.sin_family = AF_INET;
	a->in.sin_port = htons((uint16_t)port);
	*length = sizeof(a->in);
	return inet_pton(AF_INET, host, &a->in.sin_addr) == 1;
}

/* A socket that connects or is connected; -1 and errno. */
static int connect_to(const char *target, int flags)
{
	union address a;
	socklen_t length;
	int fd;

	if (!parse_target(target, &a, &length)) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd >= 0 && connect(fd, &a.any, length) < 0 && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

/* --- await --- */

#define TRY_EVERY_MS   100
#define TRY_FOR_MS     1500
#define COMMAND_FOR_MS 5000

struct attempt {
	int fd;
	long long since; /* monotonic, ms */
};

/* Has an ssh server greeted? Closes those that failed or take too long. */
static bool is_greeted(struct attempt *a)
{
	char text[4];
	ssize_t n = recv(a->fd, text, sizeof(text), MSG_DONTWAIT | MSG_PEEK);
	bool greeted = n == sizeof(text) && memcmp(text, "SSH-", sizeof(text)) == 0;
	bool waits = n < 0 && (errno == EAGAIN || errno == ENOTCONN);

	if (!greeted && waits && monotonic_ms() - a->since < TRY_FOR_MS)
		return false;
	close(a->fd);
	a->fd = -1;
	return greeted;
}

/* Starts an attempt, in place of the oldest if there are too many; waits a little. */
static void try_once(struct attempt *attempts, size_t count, const char *target)
{
	struct pollfd fds[TRY_FOR_MS / TRY_EVERY_MS + 1];
	static size_t next;
	struct attempt *a = &attempts[next++ % count];

	if (a->fd >= 0)
		close(a->fd);
	a->fd = connect_to(target, SOCK_NONBLOCK);
	a->since = monotonic_ms();
	for (size_t i = 0; i < count; i++)
		fds[i] = (struct pollfd){ .fd = attempts[i].fd, .events = POLLIN };
	poll(fds, count, 20);
}

static bool command_succeeds(char **argv)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	struct process_options options = {
		.output = &said, .error = &said, .output_max = 65536, .timeout_ms = COMMAND_FOR_MS
	};
	int status = process_run(argv, &options);

	if (status != 0)
		fprintf(stderr, "%s: %d %.*s\n", argv[0], status, (int)said.len, said.buf);
	return status == 0;
}

static bool is_reached(struct attempt *attempts, size_t count, const char *target, char **argv)
{
	bool greeted = false;
	static long long last;

	if (monotonic_ms() - last >= TRY_EVERY_MS) {
		last = monotonic_ms();
		try_once(attempts, count, target);
	} else {
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	for (size_t i = 0; i < count; i++)
		greeted = (attempts[i].fd >= 0 && is_greeted(&attempts[i])) || greeted;
	return greeted && (!*argv || command_succeeds(argv));
}

static int await(int argc, char **argv)
{
	struct attempt attempts[TRY_FOR_MS / TRY_EVERY_MS + 1];
	long long since = strtoll(argv[0], NULL, 10);
	int limit;

	if (since <= 0 || parse_int(argv[1], 1, 1000000, &limit) < 0)
		return 2;
	(void)argc;
	for (size_t i = 0; i < LENGTH(attempts); i++)
		attempts[i].fd = -1;
	while (!is_reached(attempts, LENGTH(attempts), argv[2], argv + 3))
		if (now_us(CLOCK_REALTIME) - since > limit * 1000000LL) {
			printf(">%d\n", limit * 1000);
			return 1;
		}
	printf("%lld\n", (now_us(CLOCK_REALTIME) - since) / 1000);
	return 0;
}

/* --- round trips --- */

#define PING PROBE_PING_SIZE

static bool transfer(int fd, char *buffer, size_t size, bool out)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = out ? send(fd, buffer + done, size - done, MSG_NOSIGNAL)
				: recv(fd, buffer + done, size - done, 0);

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static int echo(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port, one = 1;

	(void)argc;
	if (parse_int(argv[0], 1, 65535, &port) < 0)
		return 2;
	a.sin_port = htons((uint16_t)port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 8) < 0) {
		perror("echo");
		return 1;
	}
	for (;;) {
		int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		char buffer[PING];

		setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		while (transfer(peer, buffer, PING, false) && transfer(peer, buffer, PING, true))
			;
		close(peer);
	}
}

static int by_size(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

/* The value below which `percent` of the sorted values are. */
static long long percentile(const long long *sorted, size_t count, size_t percent)
{
	size_t rank = (count * percent + 99) / 100;

	return sorted[rank ? rank - 1 : 0];
}

/* Skips the line with which a board greets the prober. */
static bool skip_line(int fd)
{
	char c = 0;

	while (c != '\n')
		if (recv(fd, &c, 1, 0) != 1)
			return false;
	return true;
}

static int rtt(int argc, char **argv)
{
	static long long took[100000];
	struct timeval limit = { .tv_sec = 10 };
	int fd = connect_to(argv[0], 0), one = 1, count;
	char ping[PING] = "", pong[PROBE_ECHO_SIZE];
	size_t answer = *argv[0] == '/' ? PROBE_ECHO_SIZE : PING;

	(void)argc;
	if (parse_int(argv[1], 1, (int)LENGTH(took), &count) < 0)
		return 2;
	if (fd < 0) {
		perror(argv[0]);
		return 1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (*argv[0] == '/' && !skip_line(fd)) {
		fprintf(stderr, "%s: no greeting\n", argv[0]);
		return 1;
	}
	for (int i = 0; i < count; i++) {
		long long start = now_us(CLOCK_MONOTONIC);

		memcpy(ping, &i, sizeof(i));
		if (!transfer(fd, ping, PING, true) || !transfer(fd, pong, answer, false) ||
		    memcmp(ping, pong, PING) != 0) {
			fprintf(stderr, "%s: no echo after %d round trips\n", argv[0], i);
			return 1;
		}
		took[i] = now_us(CLOCK_MONOTONIC) - start;
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	qsort(took, (size_t)count, sizeof(took[0]), by_size);
	printf("%lld %lld\n", percentile(took, (size_t)count, 50),
	       percentile(took, (size_t)count, 95));
	return 0;
}

/* --- table --- */

struct row {
	char fault[32], carrier[32];
	long long ms[2048]; /* LLONG_MAX: not in its time */
	size_t count;
};

static struct row *row_of(struct row *rows, size_t *count, const char *fault, const char *carrier)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(rows[i].fault, fault) == 0 && strcmp(rows[i].carrier, carrier) == 0)
			return &rows[i];
	if (*count == 64)
		return NULL;
	snprintf(rows[*count].fault, sizeof(rows->fault), "%s", fault);
	snprintf(rows[*count].carrier, sizeof(rows->carrier), "%s", carrier);
	return &rows[(*count)++];
}

static void print_seconds(long long ms)
{
	if (ms == LLONG_MAX)
		printf(" %9s", "never");
	else
		printf(" %9.2f", (double)ms / 1000);
}

static int table(int argc, char **argv)
{
	static struct row rows[64];
	char fault[32], carrier[32], ms[32];
	size_t count = 0;

	(void)argc;
	(void)argv;
	while (scanf("%31s %31s %31s", fault, carrier, ms) == 3) {
		struct row *row = row_of(rows, &count, fault, carrier);

		if (row && row->count < LENGTH(row->ms))
			row->ms[row->count++] = *ms == '>' ? LLONG_MAX : strtoll(ms, NULL, 10);
	}
	printf("%-20s %-12s %6s %9s %9s %9s   (seconds)\n", "fault", "carrier", "rounds", "median",
	       "p95", "most");
	for (struct row *r = rows; r < rows + count; r++) {
		qsort(r->ms, r->count, sizeof(r->ms[0]), by_size);
		printf("%-20s %-12s %6zu", r->fault, r->carrier, r->count);
		print_seconds(percentile(r->ms, r->count, 50));
		print_seconds(percentile(r->ms, r->count, 95));
		print_seconds(r->ms[r->count - 1]);
		putchar('\n');
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int least;
		int (*run)(int argc, char **argv);
	} verbs[] = {
		{ "await", 3, await }, { "echo", 1, echo }, { "rtt", 2, rtt }, { "table", 0, table }
	};

	for (size_t i = 0; argc > 1 && i < LENGTH(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0 && argc - 2 >= verbs[i].least)
			return verbs[i].run(argc - 2, argv + 2);
	fputs("usage: nat-measure await|echo|rtt|table ...\n", stderr);
	return 2;
}
