// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/probe_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/tunnel.h"
#include "common/unix_socket.h"
#include "gateway/probe.h"
#include "gateway/probe_files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define SCAN_US   20000u /* the finest step of all timers */
#define WRITE_US  (TUNNEL_WRITE_MS * 1000u)
#define SOONER_US 200000u /* between two status files of a board, however often it changes */

/* Files written at a time: an echo that arrives meanwhile must not wait for those of all boards. */
#define WRITES_LEAST 4
#define WRITES_PART  50 /* one more for so many boards: all are written in half of WRITE_US */

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static struct probe_time now(void)
{
	struct timespec mono, wall;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct probe_time){
		.us = (uint64_t)mono.tv_sec * 1000000 + (uint64_t)mono.tv_nsec / 1000,
		.wall_ms = (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000,
	};
}

/* --- one board ---------------------------------------------------------------------------- */

static void write_files(struct prober *p, struct watched *w, struct probe_time t)
{
	uint64_t age = t.us - w->written_us;
	struct tunnel_status status;
	int r;

	if (w->board.has_ended) {
		w->board.has_ended = false;
		r = probe_files_add_outage(p->history_dir, w->name, &w->board.status.last);
		if (r < 0)
			probe_complain(p, r, "write the history of board", w->name);
	}
	if (age < (w->board.changed ? SOONER_US : WRITE_US) || !p->writes_left)
		return;
	p->writes_left--;
	probe_board_status(&w->board, t, &status);
	r = probe_files_write(p->status_dir, w->name, &status);
	if (r < 0)
		probe_complain(p, r, "write the status of board", w->name);
	w->written_us = t.us;
	w->board.changed = false;
}

static void connect_board(struct prober *p, struct watched *w, struct probe_time t)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = w };
	int fd;

	probe_list_watch(p, w);
	fd = unix_socket_connect(w->dir, TUNNEL_PROBE_SOCKET, true);
	if (fd >= 0 && epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		close(fd);
		fd = -errno;
	}
	probe_board_connected(&w->board, fd, t);
}

static void tick(struct prober *p, struct watched *w, struct probe_time t)
{
	if (t.us >= probe_board_due(&w->board)) {
		if (w->board.fd < 0)
			connect_board(p, w, t);
		else
			probe_board_tick(&w->board, t);
	}
	write_files(p, w, t);
}

/* --- the loop ----------------------------------------------------------------------------- */

/* All that is due. Returns when the next thing will be. */
static uint64_t scan(struct prober *p, struct probe_time t)
{
	uint64_t next;

	if (t.us >= p->list_us)
		probe_list_read(p, t);
	next = p->list_us;
	p->writes_left = WRITES_LEAST + p->n / WRITES_PART;
	for (size_t i = 0; i < p->n; i++) {
		struct watched *w = p->boards[i];
		uint64_t due;

		tick(p, w, now());
		due = probe_board_due(&w->board);
		next = due < next ? due : next;
		due = w->written_us + (w->board.changed ? SOONER_US : WRITE_US);
		next = due < next ? due : next;
	}
	return next;
}

static int loop(struct prober *p)
{
	uint64_t next = 0, scanned = 0;

	while (!stopped) {
		struct epoll_event events[64];
		struct probe_time t = now();
		int n, wait_ms;

		if (t.us >= next && t.us >= scanned + SCAN_US) {
			next = scan(p, t);
			scanned = t.us;
		}
		if (next < scanned + SCAN_US)
			next = scanned + SCAN_US;
		wait_ms = next > t.us ? (int)((next - t.us + 999) / 1000) : 0;
		n = epoll_wait(p->epoll, events, ARRAY_SIZE(events), wait_ms);
		if (n < 0 && errno != EINTR)
			return log_error_errno(-errno, "Cannot wait for boards");
		for (int i = 0; i < n; i++) {
			struct watched *w = events[i].data.ptr;

			t = now();
			if (w)
				probe_board_read(&w->board, t);
			else
				probe_list_take_events(p, t);
		}
		if (n > 0)
			next = t.us; /* what arrived may have changed what is due */
	}
	return 0;
}

static int open_folder(const char *root, const char *path)
{
	_cleanup_free_ char *whole = xasprintf("%s%s", root, path);
	int fd = open(whole, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		int r = log_error_errno(-errno, "Cannot open the folder %s", whole);

		log_hint("As root, run outpost tunnel setup-gateway, which creates it");
		return r;
	}
	return fd;
}

static int set_up(struct prober *p, const char *root)
{
	struct epoll_event event = { .events = EPOLLIN };

	p->boards_dir = xasprintf("%s" TUNNEL_ROOTS, root);
	p->status_dir = open_folder(root, TUNNEL_STATUS);
	p->history_dir = p->status_dir < 0 ? -1 : open_folder(root, TUNNEL_HISTORY);
	if (p->history_dir < 0)
		return -ENOENT;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (p->epoll < 0 || p->inotify < 0 ||
	    epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->inotify, &event) < 0)
		return log_error_errno(-errno, "Cannot watch the boards' folders");
	return 0;
}

static void tear_down(struct prober *p)
{
	probe_list_release(p);
	free(p->boards_dir);
	close_fd(&p->epoll);
	close_fd(&p->inotify);
	close_fd(&p->status_dir);
	close_fd(&p->history_dir);
}

int probe_run(const char *root)
{
	struct prober p = {
		.epoll = -1, .inotify = -1, .boards_watch = -1, .status_dir = -1, .history_dir = -1
	};
	struct sigaction action = { .sa_handler = on_signal };
	int r;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	r = set_up(&p, root);
	if (r == 0)
		r = loop(&p);
	tear_down(&p);
	return r < 0;
}

int cmd_probe(int argc, char **argv)
{
	return probe_run(argc ? argv[0] : "");
}
