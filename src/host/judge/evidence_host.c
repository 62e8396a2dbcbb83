// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host did and saw, which no entry from a board records, and questions that host and
 * board answer together.
 */
#include "host/judge/evidence_internal.h"

#include "common/alloc.h"

#include <stdlib.h>

static void set_left(struct evidence_list *list, struct evidence *e, bool lost, bool cancelled)
{
	if (list->left)
		list->left->host.lost = list->left->host.cancelled = false;
	list->left = e;
	list->lost = lost;
	list->cancelled = cancelled;
	if (e) {
		e->host.lost = lost;
		e->host.cancelled = cancelled;
	}
}

void evidence_add_recovery(struct evidence_list *list, const outpost_Recovery *recovery)
{
	struct evidence *e = evidence_find(list, recovery->index);

	set_left(list, e, recovery->lost, recovery->cancelled);
	if (!e)
		return;
	if (*recovery->tried) {
		free(e->host.tried);
		e->host.tried = xstrdup(recovery->tried);
		e->host.power_cycled = recovery->power_cycled;
		e->host.cut_off = recovery->cut_off;
	}
	e->host.unreachable |= recovery->unreachable;
	if (!recovery->rebooted)
		return;
	e->host.rebooted = true;
	e->host.has_down = recovery->has_down;
	e->host.down_ms = recovery->down_ms;
}

void evidence_forget_left(struct evidence_list *list)
{
	set_left(list, NULL, false, false);
}

bool evidence_rebooted(const struct evidence *e)
{
	return e->board.rebooted || e->host.rebooted;
}

bool evidence_down_ms(const struct evidence *e, int64_t *ms)
{
	*ms = e->host.has_down ? e->host.down_ms : e->board.down_ms;
	return e->host.has_down || e->board.has_down;
}

bool evidence_unreachable(const struct evidence *e)
{
	return e->host.unreachable || e->host.lost;
}
