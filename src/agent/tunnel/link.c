// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/link.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024               /* of what is kept of a line */
#define LOOK_SOON_MS   100                /* while a connection is being made */
#define LOOK_NEVER_MS  (24 * 3600 * 1000) /* it is forbidden */

void link_init(struct link *link, const struct carrier *carrier)
{
	*link = (struct link){
		.carrier = carrier,
		.process = { .in = -1, .out = -1, .error = -1 },
		.pidfd = -1,
		.output = STRBUF_INIT,
	};
}

static void set_phase(struct link *link, enum link_phase phase, long long now)
{
	if (link->phase == phase)
		return;
	link->phase = phase;
	link->since = now;
}

static void say(struct link *link, enum probe_cause cause, const char *text, size_t n)
{
	_cleanup_(strbuf_release) struct strbuf clean = STRBUF_INIT;

	strbuf_add_clean(&clean, text, n);
	n = clean.len < sizeof(link->text) ? clean.len : sizeof(link->text) - 1;
	memcpy(link->text, clean.buf, n);
	link->text[n] = '\0';
	link->cause = cause;
}

/* --- the process --- */

/* It must not outlive us, also if we are killed. */
static int die_with_parent(void *arg)
{
	const pid_t *parent = arg;

	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return -errno;
	return getppid() == *parent ? 0 : -ESRCH;
}

static int start(struct link *link, const struct tunnel_config *config)
{
	const int fds[] = { PROCESS_NULL, PROCESS_NULL, PROCESS_PIPE };
	_cleanup_strv_ char **argv = NULL, **env = carrier_environment();
	pid_t self = getpid();
	const struct process_setup setup = { .env = env,
					     .fds = fds,
					     .group = PROCESS_OWN_GROUP,
					     .in_child = die_with_parent,
					     .arg = &self };
	int r;

	link->carrier->command(config, &link->wish, &argv);
	r = process_start(&link->process, argv, &setup);
	if (r < 0)
		return r;
	link->pidfd = (int)syscall(SYS_pidfd_open, link->process.pid, 0);
	if (link->pidfd < 0 || fcntl(link->process.error, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

int link_start(struct link *link, const struct tunnel_config *config,
	       const struct carrier_wish *wish, long long now)
{
	const struct carrier *carrier = link->carrier;
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	int r;

	link_init(link, carrier);
	link->wish = *wish;
	r = start(link, config);
	if (r == 0) {
		set_phase(link, LINK_STARTED, now);
		return 0;
	}
	strbuf_addf(&why, "cannot run %s (package %s): %s", carrier->name, carrier->package,
		    log_reason(r));
	link_end(link, PROBE_CAUSE_CARRIER, why.buf);
	return r;
}

static void take_line(struct link *link, struct text line)
{
	char copy[LINE_MAX_BYTES];
	enum probe_cause cause;

	text_trim_end(&line);
	if (!line.n)
		return;
	if (line.n >= sizeof(copy))
		line.n = sizeof(copy) - 1;
	memcpy(copy, line.p, line.n);
	copy[line.n] = '\0';
	cause = link->carrier->meaning(copy);
	/* The last line that means something; without one, the last. */
	if (cause != PROBE_CAUSE_NONE || link->cause == PROBE_CAUSE_NONE)
		say(link, cause, copy, line.n);
}

static void take_lines(struct link *link)
{
	struct text rest = { link->output.buf, link->output.len }, line;

	while (memchr(rest.p, '\n', rest.n) && text_line(&rest, &line))
		take_line(link, line);
	strbuf_consume(&link->output, link->output.len - rest.n);
	if (link->output.len < LINE_MAX_BYTES)
		return;
	take_line(link, rest);
	strbuf_reset(&link->output);
}

void link_listen(struct link *link)
{
	if (process_read(&link->process.error, &link->output))
		take_lines(link);
}

/* A process that inherited its stderr may hold it open: what is there now is enough. */
static void hear_the_rest(struct link *link)
{
	while (link->process.error >= 0 && process_read(&link->process.error, &link->output))
		take_lines(link);
	take_line(link, (struct text){ link->output.buf, link->output.len });
	strbuf_release(&link->output);
}

/* While it works, a time-out means the same as silence. */
static void settle_cause(struct link *link)
{
	if (link->phase == LINK_PROVEN && link->cause == PROBE_CAUSE_TIMEOUT)
		link->cause = PROBE_CAUSE_SILENT;
	if (link->cause == PROBE_CAUSE_NONE)
		link->cause = PROBE_CAUSE_OTHER;
}

void link_end(struct link *link, enum probe_cause cause, const char *text)
{
	int status = 0;

	if (link->process.pid > 0) {
		kill(-link->process.pid, SIGKILL);
		status = process_wait(link->process.pid);
	}
	hear_the_rest(link);
	if (cause != PROBE_CAUSE_NONE)
		say(link, cause, text, strlen(text));
	else if (status > 128 && link->cause == PROBE_CAUSE_NONE)
		say(link, PROBE_CAUSE_CARRIER, "killed", strlen("killed"));
	settle_cause(link);
	process_close(&link->process);
	close_fd(&link->pidfd);
	link->process.pid = 0;
	link->phase = LINK_NONE;
}

/* --- the connection --- */

/* States of the kernel, include/net/tcp_states.h. */
#define STATE_ESTABLISHED 1
#define STATE_SYN_SENT    2

static int socket_option(int fd, int option)
{
	int value = -1;
	socklen_t n = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &n) < 0 ? -1 : value;
}

static bool is_tcp(int fd)
{
	int domain = socket_option(fd, SO_DOMAIN);

	return (domain == AF_INET || domain == AF_INET6) &&
	       socket_option(fd, SO_TYPE) == SOCK_STREAM;
}

static int borrow(const struct link *link, int number)
{
	return (int)syscall(SYS_pidfd_getfd, link->pidfd, number, 0);
}

/*
 * A descriptor of its socket to the gateway, which is the first that it opens; -1: there is none yet
 * (EBADF), or we must not.
 */
static int find_socket(const struct link *link)
{
	for (int number = STDERR_FILENO + 1; number < 10; number++) {
		_cleanup_close_ int fd = borrow(link, number);

		if (fd >= 0 && is_tcp(fd))
			return TAKE_FD(fd);
		if (fd < 0 && errno != EBADF)
			return -1;
	}
	errno = EBADF;
	return -1;
}

static void take_addresses(struct link *link, int fd)
{
	socklen_t n = sizeof(link->here);

	if (getsockname(fd, (struct sockaddr *)&link->here, &n) < 0)
		link->here.ss_family = AF_UNSPEC;
	n = sizeof(link->there);
	if (getpeername(fd, (struct sockaddr *)&link->there, &n) < 0)
		link->there.ss_family = AF_UNSPEC;
}

static unsigned int quiet_ms(const struct tcp_info *info)
{
	return info->tcpi_last_ack_recv < info->tcpi_last_data_recv ? info->tcpi_last_ack_recv
								    : info->tcpi_last_data_recv;
}

static int look_at_open(struct link *link, const struct tcp_info *info, int alive_ms)
{
	long long left = alive_ms + LINK_SILENT_OVER_MS - (long long)quiet_ms(info);

	link->received = info->tcpi_bytes_received;
	link->sent = info->tcpi_bytes_acked;
	link->dead = left <= 0 && info->tcpi_unacked && info->tcpi_retransmits >= LINK_REPEATS;
	return left > LOOK_SOON_MS ? (int)left : LOOK_SOON_MS;
}

static int look_at(struct link *link, int fd, int alive_ms, long long now)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) < 0)
		return LOOK_SOON_MS;
	if (info.tcpi_state == STATE_SYN_SENT) {
		if (link->phase < LINK_CALLING)
			set_phase(link, LINK_CALLING, now);
		take_addresses(link, fd);
		return LOOK_SOON_MS;
	}
	if (info.tcpi_state != STATE_ESTABLISHED)
		return LOOK_SOON_MS;
	if (link->phase < LINK_OPEN) {
		set_phase(link, LINK_OPEN, now);
		take_addresses(link, fd);
	}
	return look_at_open(link, &info, alive_ms);
}

int link_look(struct link *link, int alive_ms, long long now)
{
	_cleanup_close_ int fd = find_socket(link);

	if (fd >= 0)
		return look_at(link, fd, alive_ms, now);
	return errno == EBADF ? LOOK_SOON_MS : LOOK_NEVER_MS;
}

void link_prove(struct link *link, long long now)
{
	set_phase(link, LINK_PROVEN, now);
	link->cause = PROBE_CAUSE_NONE;
	link->text[0] = '\0';
}

void link_doubt(struct link *link, const char *text, long long now)
{
	set_phase(link, LINK_STARTED, now);
	if (link->cause == PROBE_CAUSE_NONE)
		say(link, PROBE_CAUSE_SILENT, text, strlen(text));
}
