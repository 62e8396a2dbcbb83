/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by probe.c and probe_list.c only. */
#ifndef OUTPOST_GATEWAY_PROBE_INTERNAL_H
#define OUTPOST_GATEWAY_PROBE_INTERNAL_H

#include "common/tunnel.h"
#include "gateway/probe_board.h"

struct watched {
	char name[TUNNEL_NAME_MAX + 1];
	char *dir; /* with its socket */
	int watch; /* of inotify; -1: none yet */
	bool kept; /* still in the list */
	uint64_t written_us;
	struct probe_board board;
};

struct prober {
	char *boards_dir;
	int epoll, inotify, boards_watch;
	int status_dir, history_dir;
	struct watched **boards;
	size_t n;
	uint64_t list_us;   /* when to read the folder of boards */
	size_t writes_left; /* status files, in this scan */
	int complained;     /* the last error that was logged */
};

/* --- probe_list.c --- */

/* Reads which boards there are; new ones begin, and removed ones end. */
void probe_list_read(struct prober *prober, struct probe_time now);

/* Watches the folder of a board's sockets, unless that happens already or it is missing. */
void probe_list_watch(struct prober *prober, struct watched *watched);

/* Something happened in a watched folder. */
void probe_list_take_events(struct prober *prober, struct probe_time now);

void probe_list_release(struct prober *prober);

/* Logs an error about a file, but not the same one for each board and time. */
void probe_complain(struct prober *prober, int r, const char *doing, const char *name);

#endif
