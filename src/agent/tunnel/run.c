// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/run.h"

#include "agent/tunnel/notify.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#define NEVER INT64_MAX

enum { SIGNALS, EVENTS, CARRIER, OUTPUT, PROBES, N_FDS = PROBES + 1 + PROBE_CLIENTS };

struct loop {
	struct tunnel tunnel;
	struct pollfd fds[N_FDS];
	int signals, events;
	int watchdog_ms;
	long long watchdog_at;
};

/* --- setting up --- */

static int open_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static void read_boot_id(char boot_id[37])
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (fs_read_trimmed("/proc/sys/kernel/random/boot_id", &text, 64) == 0 && text.len == 36)
		memcpy(boot_id, text.buf, 37);
}

static int prepare(struct loop *l)
{
	struct tunnel *t = &l->tunnel;
	_cleanup_free_ char *socket = tunnel_path(&t->config, TUNNEL_RUN, "probe");
	int r;

	r = tunnel_config_pin(&t->config);
	if (r == 0)
		r = probe_server_open(&t->probes, socket);
	if (r < 0)
		return r;
	l->signals = open_signals();
	if (l->signals < 0)
		return log_error_errno(l->signals, "Cannot receive signals");
	l->events = path_open_events();
	if (l->events < 0)
		return log_error_errno(l->events, "Cannot learn about changes of the network");
	link_init(&t->link, carrier_find(t->config.carrier));
	read_boot_id(t->boot_id);
	return 0;
}

/* --- the loop --- */

static void expect(struct loop *l)
{
	const struct tunnel *t = &l->tunnel;

	l->fds[SIGNALS] = (struct pollfd){ .fd = l->signals, .events = POLLIN };
	l->fds[EVENTS] = (struct pollfd){ .fd = l->events, .events = POLLIN };
	l->fds[CARRIER] = (struct pollfd){ .fd = t->link.pidfd, .events = POLLIN };
	l->fds[OUTPUT] = (struct pollfd){ .fd = t->link.process.error, .events = POLLIN };
	probe_server_poll(&t->probes, &l->fds[PROBES]);
}

static int time_left(const struct loop *l, long long now)
{
	const struct tunnel *t = &l->tunnel;
	long long next = t->link.phase == LINK_NONE ? t->retry_at : t->look_at;

	if (t->path_at && t->path_at < next)
		next = t->path_at;
	if (l->watchdog_ms && l->watchdog_at < next)
		next = l->watchdog_at;
	return next <= now ? 0 : next - now > 3600 * 1000 ? 3600 * 1000 : (int)(next - now);
}

static void serve_probes(struct loop *l, long long now)
{
	struct tunnel *t = &l->tunnel;
	const struct probe_echo echo = { .received = htole64(t->link.received),
					 .sent = htole64(t->link.sent) };
	struct probe_hello hello;

	run_hello(t, now, &hello);
	if (probe_server_serve(&t->probes, &l->fds[PROBES], &hello, &echo, now))
		run_pinged(t, now);
}

static bool probes_called(const struct loop *l)
{
	for (int i = PROBES; i < N_FDS; i++)
		if (l->fds[i].revents)
			return true;
	return false;
}

/* What the descriptors say. The carrier's end comes last: what came before it counts. */
static void react(struct loop *l, long long now)
{
	struct tunnel *t = &l->tunnel;

	if (l->fds[EVENTS].revents) {
		path_read_events(l->events);
		if (!t->path_at)
			t->path_at = now + RUN_SETTLE_MS;
	}
	if (l->fds[OUTPUT].revents)
		link_listen(&t->link);
	if (probes_called(l))
		serve_probes(l, now);
	if (l->fds[CARRIER].revents)
		run_ended(t, now);
}

static void act_in_time(struct loop *l, long long now)
{
	struct tunnel *t = &l->tunnel;

	if (t->path_at && t->path_at <= now)
		run_consider(t, now);
	if (t->link.phase == LINK_NONE && t->retry_at <= now)
		run_attempt(t, now);
	else if (t->link.phase != LINK_NONE && t->look_at <= now)
		run_look(t, now);
	if (l->watchdog_ms && l->watchdog_at <= now) {
		notify_send("WATCHDOG=1");
		l->watchdog_at = now + l->watchdog_ms;
	}
}

/* Until SIGTERM, or an error. */
static int go_on(struct loop *l)
{
	long long now = monotonic_ms();

	backoff_reset(&l->tunnel.backoff, now);
	outage_init(&l->tunnel.outage, now);
	l->tunnel.attempt_at = now - RUN_HASTE_MS;
	l->watchdog_ms = notify_watchdog_ms();
	notify_send("READY=1");
	for (;;) {
		act_in_time(l, now);
		expect(l);
		if (poll(l->fds, N_FDS, time_left(l, monotonic_ms())) < 0 && errno != EINTR)
			return log_error_errno(-errno, "Cannot wait");
		now = monotonic_ms();
		if (l->fds[SIGNALS].revents)
			return 0;
		react(l, now);
	}
}

static void clean_up(struct loop *l)
{
	struct tunnel *t = &l->tunnel;

	notify_send("STOPPING=1");
	if (t->link.phase != LINK_NONE)
		link_end(&t->link, PROBE_CAUSE_OTHER, "stopped");
	probe_server_close(&t->probes);
	close_fd(&l->signals);
	close_fd(&l->events);
	tunnel_config_release(&t->config);
}

int tunnel_run(const char *root)
{
	struct loop l = { .signals = -1, .events = -1, .tunnel.probes.listener = -1 };
	int r;

	for (size_t i = 0; i < PROBE_CLIENTS; i++)
		l.tunnel.probes.clients[i].fd = -1;
	tunnel_config_init(&l.tunnel.config, root);
	r = tunnel_config_load(&l.tunnel.config);
	if (r < 0) {
		tunnel_config_release(&l.tunnel.config);
		return 2;
	}
	r = prepare(&l);
	if (r == 0)
		r = go_on(&l);
	clean_up(&l);
	return r < 0;
}
