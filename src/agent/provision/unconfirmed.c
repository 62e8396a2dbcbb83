// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change that might lock the host out is undone by a timer, unless the host confirms over a new
 * connection that it still gets in. If the board restarts meanwhile, the change is undone before
 * sshd starts. The units exist only as long as there is something to confirm.
 */
#include "agent/provision/step.h"

#include "common/embed.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>
#include <string.h>

/* The Makefile makes this object depend on the files. */
EMBED(board_rollback_service, "board/outpost-rollback.service");
EMBED(board_rollback_timer, "board/outpost-rollback.timer");

#define NOTE         "unconfirmed" /* also in the units */
#define UNITS        "/etc/systemd/system/"
#define SERVICE_NAME "outpost-rollback.service"
#define TIMER_NAME   "outpost-rollback.timer"

bool unconfirmed_step(const struct provision *p, char *name, size_t size)
{
	return provision_recall(p, NOTE, name, size);
}

static int start_timer(struct provision *p)
{
	int r = provision_must(p, ARGV("systemctl", "daemon-reload"));

	if (r == 0)
		r = provision_must(p, ARGV("systemctl", "--quiet", "enable", SERVICE_NAME));
	/* One that runs already would fire too early. */
	return r < 0 ? r : provision_must(p, ARGV("systemctl", "restart", TIMER_NAME));
}

int unconfirmed_begin(struct provision *p)
{
	char other[32];
	int r;

	if (unconfirmed_step(p, other, sizeof(other)) && strcmp(other, p->request->step) != 0)
		return provision_fail(p, -EBUSY,
				      "Step %s waits to be confirmed, or is undone in at most %d s",
				      other, UNCONFIRMED_S);
	r = provision_write(p, UNITS SERVICE_NAME, board_rollback_service, 0644);
	if (r == 0)
		r = provision_write(p, UNITS TIMER_NAME, board_rollback_timer, 0644);
	if (r == 0)
		r = provision_remember(p, NOTE, p->request->step);
	if (r < 0)
		provision_fail(p, r, "Cannot prepare to undo it: %s", log_reason(r));
	else
		r = start_timer(p);
	if (r < 0)
		(void)unconfirmed_end(p);
	return r;
}

/* Also while the board starts: waits for no other unit. */
int unconfirmed_end(struct provision *p)
{
	int r;

	provision_forget(p, NOTE);
	(void)provision_run(p, ARGV("systemctl", "--quiet", "--no-reload", "disable", SERVICE_NAME),
			    NULL);
	(void)provision_run(p, ARGV("systemctl", "--no-block", "stop", TIMER_NAME), NULL);
	(void)provision_remove(p, UNITS TIMER_NAME);
	r = provision_remove(p, UNITS SERVICE_NAME);
	if (!p->unattended)
		(void)provision_run(p, ARGV("systemctl", "daemon-reload"), NULL);
	return r;
}
