// SPDX-License-Identifier: GPL-2.0-only
#include "agent/serve/serve.h"

#include "agent/provision/provision.h"
#include "common/cleanup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Fills the reply; 0, or -errno: the board cannot be restarted. */
static int carry_out(struct serve *s, const outpost_Provision *request)
{
	outpost_Provisioned *reply =
		&serve_reply(s, outpost_Reply_provisioned_tag)->body.provisioned;

	if (request->what != outpost_Provision_What_REBOOT) {
		provision_step(&s->dirs, request, reply);
		return 0;
	}
	proto_set(reply->step, request->step);
	reply->state = outpost_Provisioned_State_RESTART;
	return provision_restart(&s->dirs, request);
}

/*
 * A run needs the board as it is: no watchdog that systemd takes back, no restart. The lock is
 * released before the answer, since the host may answer that over another connection at once.
 */
static int carry_out_locked(struct serve *s, const outpost_Provision *request,
			    struct holder *holder)
{
	_cleanup_close_ int lock = holder_take(&s->dirs, holder);
	int r;

	if (lock < 0)
		return lock;
	/* So that others see who it is. */
	r = holder_write(lock, s->dirs.home, "provision", 0, s->start_user);
	return r < 0 ? r : carry_out(s, request);
}

void serve_provision(struct serve *s, const outpost_Provision *request)
{
	struct holder holder;
	int r;

	if (request->what == outpost_Provision_What_LOOK)
		r = carry_out(s, request);
	else if (geteuid() != 0)
		r = -EPERM;
	else
		r = carry_out_locked(s, request, &holder);
	if (r == -EBUSY)
		serve_say_busy(s, &holder);
	else if (r < 0)
		serve_fail(s, r, "Cannot prepare the board");
	else
		serve_send(s);
}

void serve_condition(struct serve *s)
{
	provision_condition(&s->dirs, &serve_reply(s, outpost_Reply_condition_tag)->body.condition);
	serve_send(s);
}
