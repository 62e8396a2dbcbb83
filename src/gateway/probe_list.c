// SPDX-License-Identifier: GPL-2.0-only
/* Which boards there are, and what happens in their folders. */
#include "gateway/probe_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/tunnel.h"
#include "gateway/probe_files.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define BOARDS_MAX 4096
#define LIST_US    10000000u /* the folder of boards is read again, in case an event was lost */

/* Only once: what is wrong with a folder is wrong for every board, and every time. */
void probe_complain(struct prober *p, int r, const char *doing, const char *name)
{
	if (r != p->complained)
		log_warn_errno(r, "Cannot %s %s", doing, name);
	p->complained = r;
}

void probe_list_watch(struct prober *p, struct watched *w)
{
	if (w->watch < 0)
		w->watch = inotify_add_watch(p->inotify, w->dir,
					     IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW);
}

static struct watched *find(const struct prober *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->boards[i]->name, name) == 0)
			return p->boards[i];
	return NULL;
}

static void add_board(struct prober *p, const char *name, struct probe_time t)
{
	struct watched *w = xcalloc(1, sizeof(*w));
	struct tunnel_status old;
	bool has_old;

	snprintf(w->name, sizeof(w->name), "%s", name);
	w->dir = xasprintf("%s/" TUNNEL_ACCOUNT "%s/" TUNNEL_SOCKETS, p->boards_dir, name);
	w->watch = -1;
	w->kept = true;
	has_old = probe_files_read(p->status_dir, name, &old) == 0;
	probe_board_init(&w->board, has_old ? &old : NULL, t);
	GROW(p->boards, p->n);
	p->boards[p->n++] = w;
	log_info("Board %s: watching its tunnel", name);
}

static void remove_board(struct prober *p, size_t i)
{
	struct watched *w = p->boards[i];

	log_info("Board %s: it was removed", w->name);
	probe_board_release(&w->board);
	if (w->watch >= 0)
		inotify_rm_watch(p->inotify, w->watch);
	unlinkat(p->status_dir, w->name, 0);
	free(w->dir);
	free(w);
	p->boards[i] = p->boards[--p->n];
}

void probe_list_read(struct prober *p, struct probe_time t)
{
	_cleanup_strv_ char **entries = NULL;
	int r = fs_list(p->boards_dir, &entries);

	p->list_us = t.us + LIST_US;
	if (r < 0 && r != -ENOENT) {
		probe_complain(p, r, "read", p->boards_dir);
		return;
	}
	if (p->boards_watch < 0)
		p->boards_watch = inotify_add_watch(p->inotify, p->boards_dir,
						    IN_CREATE | IN_DELETE | IN_MOVE | IN_ONLYDIR);
	for (size_t i = 0; i < p->n; i++)
		p->boards[i]->kept = false;
	strv_foreach (entry, entries) {
		const char *name = *entry + strlen(TUNNEL_ACCOUNT);
		struct watched *w;

		if (strncmp(*entry, TUNNEL_ACCOUNT, strlen(TUNNEL_ACCOUNT)) != 0 ||
		    !tunnel_is_name(name))
			continue;
		w = find(p, name);
		if (w)
			w->kept = true;
		else if (p->n < BOARDS_MAX)
			add_board(p, name, t);
	}
	for (size_t i = p->n; i > 0; i--)
		if (!p->boards[i - 1]->kept)
			remove_board(p, i - 1);
}

/* --- events of the folders ---------------------------------------------------------------- */

/* An overflow may have been caused by one board, and must not cost the others their reconnection. */
static void retry_all(struct prober *p, struct probe_time t)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->boards[i]->board.fd < 0)
			probe_board_renewed(&p->boards[i]->board, t);
	p->list_us = t.us;
}

static void take_folder_event(struct prober *p, const struct inotify_event *e, struct probe_time t)
{
	if (e->mask & IN_Q_OVERFLOW) {
		retry_all(p, t);
		return;
	}
	if (e->wd == p->boards_watch) {
		p->list_us = t.us;
		if (e->mask & IN_IGNORED)
			p->boards_watch = -1;
		return;
	}
	for (size_t i = 0; i < p->n; i++) {
		struct watched *w = p->boards[i];

		if (w->watch != e->wd)
			continue;
		if (e->mask & IN_IGNORED)
			w->watch = -1;
		else if (e->len && strcmp(e->name, TUNNEL_PROBE_SOCKET) == 0)
			probe_board_renewed(&w->board, t);
		return;
	}
}

void probe_list_take_events(struct prober *p, struct probe_time t)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(p->inotify, buffer, sizeof(buffer));

	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *e = (const struct inotify_event *)(buffer + at);

		take_folder_event(p, e, t);
		at += (ssize_t)(sizeof(*e) + e->len);
	}
}

void probe_list_release(struct prober *p)
{
	for (size_t i = 0; i < p->n; i++) {
		probe_board_release(&p->boards[i]->board);
		free(p->boards[i]->dir);
		free(p->boards[i]);
	}
	free(p->boards);
}
