// SPDX-License-Identifier: GPL-2.0-only
/* ssh to the board, as developers use it. */
#include "host/tunnel/legs_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "common/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SSH_MS     15000
#define OUTPUT_MAX (64 * 1024)

/* ssh's messages have been the same for many releases. */
static bool says(const struct strbuf *text, const char *words)
{
	return strcasestr(text->buf, words);
}

/* The last line, for what is not known. */
static void add_last_line(struct strbuf *out, const struct strbuf *text)
{
	struct text all = { text->buf, text->len };
	const char *p;

	text_trim_end(&all);
	for (p = all.p + all.n; p > all.p && p[-1] != '\n'; p--)
		;
	strbuf_add(out, p, all.n - (size_t)(p - all.p));
}

/* Runs `true` on the board. The exit status, or -errno. */
static int run_ssh(const struct trip *trip, const char *option, struct strbuf *said)
{
	_cleanup_free_ char *config =
		xasprintf("%s/etc/ssh/ssh_config.d/50-outpost-%s.conf", trip->root, trip->name);
	_cleanup_strv_ char **argv = NULL;
	const struct process_options options = {
		.output = said, .error = said, .timeout_ms = SSH_MS, .output_max = OUTPUT_MAX
	};

	if (trip->user) {
		strv_add(&argv, "runuser");
		strv_add(&argv, "-u");
		strv_add(&argv, trip->user);
		strv_add(&argv, "--");
	}
	strv_add(&argv, "ssh");
	if (*trip->root) { /* otherwise the user's own configuration counts, too */
		strv_add(&argv, "-F");
		strv_add(&argv, config);
	}
	strv_add(&argv, "-T");
	strv_add(&argv, "-oBatchMode=yes");
	strv_add(&argv, "-oControlPath=none");
	strv_add(&argv, "-oLogLevel=INFO");
	strv_add(&argv, "-oConnectTimeout=10");
	strv_add(&argv, "-oClearAllForwardings=yes");
	if (option)
		strv_add(&argv, option);
	strv_add(&argv, "--");
	strv_add(&argv, trip->name);
	strv_add(&argv, "true");
	return process_run(argv, &options);
}

/* The rest of the line after `start`; false if there is no such line. */
static bool find_line(const struct strbuf *said, const char *start, struct text *line)
{
	if (!text_after((struct text){ said->buf, said->len }, start, line))
		return false;
	line->n = strcspn(line->p, "\r\n");
	return true;
}

/* What `outpost-gateway connect` said is worth more than what ssh made of it. */
static bool quote_gateway(struct tunnel_leg *leg, const struct strbuf *said)
{
	struct text line;

	if (!find_line(said, "outpost-gateway: error: ", &line))
		return false;
	leg_fail(leg, "%.*s", (int)line.n, line.p);
	if (find_line(said, "outpost-gateway: hint: ", &line))
		leg_fix(leg, "%.*s", (int)line.n, line.p);
	return true;
}

static void fail_ssh(struct tunnel_leg *leg, int r, const struct strbuf *said, const char *name)
{
	_cleanup_(strbuf_release) struct strbuf line = STRBUF_INIT;

	if (r == -ENOENT) {
		leg_fail(leg, "ssh is not installed");
		leg_fix(leg, "As root, run apt-get install openssh-client");
		return;
	}
	if (quote_gateway(leg, said))
		return;
	add_last_line(&line, said);
	leg_fail(leg, "ssh %s fails: %s", name,
		 r == -ETIME ? "no answer in 15 s"
		 : r < 0     ? log_reason(r)
		 : line.len  ? line.buf
			     : "it prints no reason");
	leg_fix(leg, "Run ssh -v %s to see more", name);
}

static bool has_pins(const struct trip *trip, struct tunnel_leg *leg)
{
	_cleanup_free_ char *pins = xasprintf("%s/host_keys", trip->keys);

	if (fs_exists(pins))
		return true;
	leg_fail(leg, "the board's host keys are not pinned: there is no %s", pins);
	leg_fix(leg, "As root, run outpost tunnel invite %s, and accept that on the board",
		trip->name);
	return false;
}

/* Gets as far as the login, which is refused. */
void leg_host_key(const struct trip *trip, struct tunnel_leg *leg)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	int r;

	if (!has_pins(trip, leg))
		return;
	r = run_ssh(trip, "-oPreferredAuthentications=none", &said);
	if (r == 0 || says(&said, "permission denied (")) {
		leg_ok(leg, "it is the pinned one");
	} else if (says(&said, "host identification has changed") ||
		   says(&said, "host key verification failed")) {
		leg_fail(leg, "the board's host key is not the one pinned when it was invited");
		leg_fix(leg,
			"If you know why it changed (a new SD card?), as root, run outpost tunnel "
			"invite %s, and accept that on the board",
			trip->name);
	} else if (says(&said, "could not resolve hostname")) {
		leg_fail(leg, "ssh does not know %s: its configuration has no such Host",
			 trip->name);
		leg_fix(leg,
			"Check that /etc/ssh/ssh_config includes /etc/ssh/ssh_config.d/*.conf, and "
			"that 50-outpost-%s.conf is there",
			trip->name);
	} else {
		fail_ssh(leg, r, &said, trip->name);
	}
}

void leg_login(const struct trip *trip, struct tunnel_leg *leg)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	int r = run_ssh(trip, NULL, &said);

	if (r == 0) {
		leg_ok(leg, "ssh %s works%s%s", trip->name, trip->user ? " for " : "",
		       trip->user ? trip->user : "");
	} else if (r > 0 && says(&said, "permission denied (")) {
		leg_fail(leg, "the board accepts none of the keys of %s",
			 trip->user ? trip->user : "this user");
		leg_fix(leg,
			"Run ssh-copy-id %s, or use the login that accepts them: ssh "
			"LOGIN@%s",
			trip->name, trip->name);
	} else {
		fail_ssh(leg, r, &said, trip->name);
	}
}

/* --- the port ----------------------------------------------------------------------------- */

/* 0 if none is set up. */
static unsigned int read_port(const struct trip *trip)
{
	_cleanup_free_ char *path = xasprintf("%s" TUNNEL_CONF "/%s.conf", trip->root, trip->name);
	_cleanup_(strbuf_release) struct strbuf all = STRBUF_INIT;
	struct text rest, line;
	uint64_t port;

	if (fs_read(path, &all, 4096) < 0)
		return 0;
	rest = (struct text){ all.buf, all.len };
	while (text_line(&rest, &line))
		if (text_take(&line, "port = ") && text_take_u64(&line, &port) && port < 65536)
			return (unsigned int)port;
	return 0;
}

/* The firewall looks at the user who makes the socket. */
static int make_socket(const struct trip *trip)
{
	int fd;

	if (trip->user && seteuid(trip->uid) < 0)
		return -errno;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (trip->user && seteuid(0) < 0)
		abort();
	return fd < 0 ? -errno : fd;
}

/* 0; or -errno, -ECONNREFUSED both if nobody listens and if the firewall says no. */
static int connect_port(const struct trip *trip, unsigned int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	_cleanup_close_ int fd = make_socket(trip);
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t size = sizeof(error);

	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	if (poll(&wait, 1, LEG_MS) <= 0)
		return -ETIME;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return -error;
}

/* "  1: 0100007F:08AE 00000000:0000 0A ...": state 0A is LISTEN. */
static bool is_listened_on(unsigned int port)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/net/tcp", "re");
	unsigned int address, found, state;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " %*u: %8X:%4X %*8X:%*4X %2X", &address, &found, &state) == 3 &&
		    found == port && state == 0x0a)
			return true;
	return false;
}

void leg_port(const struct trip *trip, struct tunnel_leg *leg)
{
	unsigned int port = read_port(trip);
	int r;

	if (!port) {
		leg_skip(leg, "no port on loopback is set up for it");
		return;
	}
	r = connect_port(trip, port);
	if (r == 0) {
		leg_ok(leg, "127.0.0.1:%u accepts connections", port);
	} else if (is_listened_on(port)) {
		leg_fail(leg, "127.0.0.1:%u is refused to %s by the gateway's firewall", port,
			 trip->user ? trip->user : "you");
		leg_fix(leg,
			"As root, run usermod -aG " TUNNEL_GROUP
			" %s; then log in again. nft list ruleset shows who may.",
			leg_user(trip));
	} else {
		leg_fail(leg, "nothing listens on 127.0.0.1:%u", port);
		leg_fix(leg, "As root, run systemctl enable --now outpost-port@%s.socket",
			trip->name);
	}
}
