// SPDX-License-Identifier: GPL-2.0-only
/* The sockets that sshd has made for the board, and who answers through them. */
#include "host/tunnel/legs_internal.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/probe.h"
#include "common/strbuf.h"
#include "common/text.h"
#include "common/unix_socket.h"
#include "host/tunnel/status.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ON_BOARD "On the board: systemctl status outpost-tunnel; journalctl -u outpost-tunnel"

/* What the prober has seen of it, for a board that is not there. */
static char *last_seen(const struct trip *trip)
{
	_cleanup_(tunnel_boards_release) struct tunnel_boards boards = { 0 };
	const struct tunnel_status *s;
	int64_t now_ms = tunnel_now_ms(), age_s;

	if (tunnel_boards_read(trip->root, trip->name, now_ms, &boards) < 0 ||
	    boards.list[0].seen != TUNNEL_SEEN_NOW || boards.list[0].status.up)
		return xstrdup("");
	s = &boards.list[0].status;
	age_s = (now_ms - s->since_ms) / 1000;
	return xasprintf(" (for %" PRId64 " min: %s)", age_s / 60, tunnel_reason_clause(s->reason));
}

void leg_socket(const struct trip *trip, struct tunnel_leg *leg)
{
	_cleanup_free_ char *path = xasprintf("%s/" TUNNEL_SSH_SOCKET, trip->sockets);
	_cleanup_free_ char *seen = NULL;

	if (access(trip->sockets, R_OK | X_OK) < 0) {
		leg_fail(leg, "cannot enter %s: %s", trip->sockets, log_reason(-errno));
		if (errno == EACCES)
			leg_fix(leg,
				"As root, run usermod -aG " TUNNEL_GROUP " %s; then log in again",
				leg_user(trip));
		else
			leg_fix(leg, "As root, run outpost tunnel invite %s", trip->name);
		return;
	}
	if (fs_is_there(path)) {
		leg_ok(leg, "%s", path);
		return;
	}
	seen = last_seen(trip);
	leg_fail(leg, "the board has not connected%s", seen);
	leg_fix(leg, "Check that the board has power and a network. " ON_BOARD);
}

/* --- who listens -------------------------------------------------------------------------- */

static void name_user(char *out, size_t size, uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	if (pw)
		snprintf(out, size, "%s", pw->pw_name);
	else
		snprintf(out, size, "user %u", (unsigned int)uid);
}

/* The process that made the socket, as the kernel knows it. */
static void say_holder(const struct trip *trip, int fd, struct tunnel_leg *leg)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	char user[64], path[64], comm[64] = "a process";
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.pid <= 0) {
		leg_ok(leg, "somebody listens");
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)peer.pid);
	if (fs_read_trimmed(path, &text, sizeof(comm)) == 0)
		snprintf(comm, sizeof(comm), "%s", text.buf);
	name_user(user, sizeof(user), peer.uid);
	leg_ok(leg, "%s of %s, process %d, listens", comm, user, (int)peer.pid);
	if (*trip->root || strcmp(user, trip->account) == 0)
		return;
	leg_fail(leg, "%s of %s, process %d, listens, and not the sshd of %s", comm, user,
		 (int)peer.pid, trip->account);
	leg_fix(leg, "As root, find out what process %d is, and end it", (int)peer.pid);
}

void leg_listener(const struct trip *trip, struct tunnel_leg *leg)
{
	_cleanup_close_ int fd = unix_socket_connect(trip->sockets, TUNNEL_SSH_SOCKET, true);

	if (fd >= 0) {
		say_holder(trip, fd, leg);
		return;
	}
	switch (fd) {
	case -ECONNREFUSED:
		leg_fail(leg, "the socket is stale: its connection has ended, and nobody listens");
		leg_fix(leg,
			"Nothing to remove here: the board replaces it when it connects. " ON_BOARD);
		return;
	case -EAGAIN:
		leg_fail(leg, "the sshd that holds the socket takes no connections");
		leg_fix(leg, "As root, run pkill -u %s; the board connects again", trip->account);
		return;
	case -EACCES:
		leg_fail(leg, "you may not use it: you are not in the group " TUNNEL_GROUP);
		leg_fix(leg, "As root, run usermod -aG " TUNNEL_GROUP " %s; then log in again",
			leg_user(trip));
		return;
	default:
		leg_fail(leg, "cannot connect: %s",
			 fd == -ENOTSOCK || fd == -ELOOP ? "it is not a socket" : log_reason(fd));
		leg_fix(leg,
			"As root, remove %s/" TUNNEL_SSH_SOCKET ", which is not a socket of sshd's",
			trip->sockets);
	}
}

/* --- who answers -------------------------------------------------------------------------- */

/*
 * Reads until `enough` bytes or a newline (enough 0) are there. Returns how many, also if the other
 * side closes before; -ETIME; or -errno.
 */
static ssize_t read_some(int fd, char *buffer, size_t size, size_t enough, long long end_ms)
{
	size_t have = 0;

	while (have < size && (enough ? have < enough : !memchr(buffer, '\n', have))) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		long long left = end_ms - monotonic_ms();
		ssize_t n;

		if (left <= 0 || poll(&wait, 1, (int)left) == 0)
			return -ETIME;
		n = read(fd, buffer + have, size - have);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		have += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)have;
}

static void say_stale(const struct trip *trip, struct tunnel_leg *leg, const char *what)
{
	leg_fail(leg, "%s: the connection behind the socket is dead, and its sshd has not noticed",
		 what);
	leg_fix(leg,
		"Wait until the board connects again and replaces it; or, as root, run pkill -u %s",
		trip->account);
}

/* The hello, one ping and its echo, on a connection of its own. */
static ssize_t ping(int fd, struct probe_hello *hello, long long *rtt_us)
{
	char line[PROBE_HELLO_MAX + PROBE_ECHO_SIZE];
	const struct probe_ping ping = { 1, boottime_us() };
	struct probe_echo echo;
	ssize_t n = read_some(fd, line, PROBE_HELLO_MAX, 0, monotonic_ms() + LEG_MS);

	if (n <= 0)
		return n < 0 ? n : -ECONNRESET;
	if (probe_hello_parse(line, (size_t)n, hello) < 0)
		return -EBADMSG;
	if (write(fd, &ping, sizeof(ping)) != (ssize_t)sizeof(ping))
		return -ECONNRESET;
	n = read_some(fd, (char *)&echo, sizeof(echo), sizeof(echo), monotonic_ms() + LEG_MS);
	if (n < (ssize_t)sizeof(echo))
		return n < 0 ? n : -ECONNRESET;
	*rtt_us = (long long)(boottime_us() - ping.clock);
	return memcmp(&echo.ping, &ping, sizeof(ping)) == 0 ? 0 : -EBADMSG;
}

void leg_probe(const struct trip *trip, struct tunnel_leg *leg)
{
	_cleanup_close_ int fd = unix_socket_connect(trip->sockets, TUNNEL_PROBE_SOCKET, true);
	struct probe_hello hello;
	long long rtt_us = 0;
	ssize_t r = fd < 0 ? fd : ping(fd, &hello, &rtt_us);

	if (r == 0) {
		leg_ok(leg, "the board answers in %lld.%02lld ms", rtt_us / 1000,
		       rtt_us % 1000 / 10);
	} else if (r == -ETIME) {
		say_stale(trip, leg, "no answer in 5 s");
	} else if (r == -ECONNRESET) {
		leg_fail(leg, "the board closed the connection: its tunnel's service does not run");
		leg_fix(leg, ON_BOARD);
	} else if (r == -EBADMSG) {
		leg_fail(leg, "what answers is not the board's agent, or of another version");
		leg_fix(leg,
			"On the board, run outpost-agent build-id, and compare it with that here; "
			"outpost -b %s board show updates it",
			trip->name);
	} else {
		leg_fail(leg, "cannot use the socket " TUNNEL_PROBE_SOCKET ": %s",
			 log_reason((int)r));
		leg_fix(leg, ON_BOARD);
	}
}

void leg_banner(const struct trip *trip, struct tunnel_leg *leg)
{
	_cleanup_close_ int fd = unix_socket_connect(trip->sockets, TUNNEL_SSH_SOCKET, true);
	char line[256] = "";
	ssize_t n = fd < 0 ? fd : read_some(fd, line, sizeof(line), 0, monotonic_ms() + LEG_MS);
	struct text said = { line, n > 0 ? (size_t)n : 0 };

	text_trim_end(&said);
	if (text_starts(said, "SSH-2.0-")) {
		leg_ok(leg, "%.*s", (int)said.n, said.p);
		return;
	}
	if (n == -ETIME)
		leg_fail(leg, "the board is there, but its ssh server does not answer in 5 s");
	else if (n <= 0)
		leg_fail(leg, "the board is there, but nothing listens on its port 22");
	else
		leg_fail(leg, "what listens on the board's port 22 is not an ssh server: %.*s",
			 (int)said.n, said.p);
	leg_fix(leg, "On the board: systemctl status ssh");
}
