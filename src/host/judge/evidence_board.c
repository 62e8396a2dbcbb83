// SPDX-License-Identifier: GPL-2.0-only
/* The boot that an attempt ran in, how it ended, and what survived it. */
#include "host/judge/evidence_internal.h"

#include "common/alloc.h"

#include <string.h>

/* A journal comes from a board: limit what it can make the host store. */
#define SURVIVOR_MAX (16u * 1024 * 1024)
#define FILES_MAX    1024

void evidence_begin_board(const struct evidence_list *list, struct evidence_board *board)
{
	board->has_skew = list->has_skew;
	board->skew_us = list->skew_us;
	if (!list->has_boot)
		return;
	proto_set(board->boot_id, list->boot.boot_id);
	proto_set(board->nonce, list->boot.nonce);
	board->watchdog_s = list->boot.watchdog_s;
}

/*
 * How long the board was down, by its own wall clock. On a board without a real-time clock the
 * result may be too short until the network sets the time.
 */
static void set_down(const struct evidence_list *list, struct evidence *e, const outpost_Boot *boot,
		     uint64_t now)
{
	int64_t last_alive, started;

	if (!list->has_boot || e->board.has_down || list->boot.wall_s > INT32_MAX * 2ll ||
	    boot->wall_s > INT32_MAX * 2ll || now > INT64_MAX / 2 ||
	    list->last_us > INT64_MAX / 2 || list->boot_us > INT64_MAX / 2)
		return;
	last_alive = (int64_t)list->boot.wall_s * 1000 +
		     ((int64_t)list->last_us - (int64_t)list->boot_us) / 1000;
	started = (int64_t)boot->wall_s * 1000 - (int64_t)now / 1000;
	e->board.has_down = true;
	e->board.down_ms = started - last_alive;
}

/* Did the board go down unexpectedly between the boot of the attempt and this one? */
static bool went_down(const struct evidence_list *list, const struct evidence *last,
		      const outpost_Boot *boot)
{
	return !list->ended && !last->board.reboot_ordered && !last->host.cut_off &&
	       !last->host.unreachable && strcmp(last->board.boot_id, boot->boot_id) != 0 &&
	       (!list->has_boot || strcmp(last->board.boot_id, list->boot.boot_id) == 0);
}

/*
 * If a supervisor starts in another boot, the board went down after the last module began, or
 * after it ended: what a module leaves behind may kill the board after its window has closed.
 * A reboot after the end of the run is not blamed on a module: the user may have waited a day
 * before the second attempt.
 */
void evidence_add_boot(struct evidence_list *list, const outpost_Boot *boot, uint64_t now)
{
	struct evidence *last = evidence_last(list);

	if (last && went_down(list, last, boot)) {
		last->board.rebooted = true;
		set_down(list, last, boot, now);
	} else if (last && strcmp(last->board.boot_id, boot->boot_id) == 0 &&
		   strcmp(last->board.nonce, boot->nonce) != 0) {
		last->board.restored = true;
	}
	list->boot = *boot;
	list->has_boot = true;
	list->boot_us = now;
	list->has_skew = false;
	list->ended = false;
	list->current = NULL;
}

/*
 * The clocks of the entries and of the kernel log drift apart over days. A record that was
 * read immediately shows the difference.
 */
void evidence_learn_skew(struct evidence_list *list, uint64_t now, uint64_t record_us)
{
	int64_t skew = (int64_t)(now - record_us);

	if (list->has_skew && skew >= list->skew_us)
		return;
	list->has_skew = true;
	list->skew_us = skew;
	if (list->current) {
		list->current->board.has_skew = true;
		list->current->board.skew_us = skew;
	}
}

void evidence_add_reboot(struct evidence_list *list, const outpost_RebootOrdered *reboot)
{
	struct evidence *e = evidence_last(list);

	if (!e)
		return;
	e->board.reboot_ordered = true;
	proto_set(e->board.reboot_why, reboot->why);
}

/*
 * What survived belongs to the module that was under way, or else the last one; it is recorded
 * before the new Boot. After an ordered reboot it contains nothing new.
 */
void evidence_add_survivor(struct evidence_list *list, const outpost_Survivor *survivor)
{
	struct evidence *e = evidence_last(list);
	struct evidence_survivors *all = e ? &e->survivors : NULL;
	struct evidence_file *file;

	if (!e || e->board.reboot_ordered || all->data.len + survivor->data.size > SURVIVOR_MAX)
		return;
	file = all->n ? &all->files[all->n - 1] : NULL;
	if (!file || survivor->first || strcmp(file->name, survivor->name) != 0) {
		if (all->n == FILES_MAX)
			return;
		GROW(all->files, all->n);
		file = &all->files[all->n++];
		*file = (struct evidence_file){ .offset = all->data.len };
		proto_set(file->name, survivor->name);
	}
	file->length += survivor->data.size;
	strbuf_add(&all->data, survivor->data.bytes, survivor->data.size);
}
