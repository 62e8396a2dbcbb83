// SPDX-License-Identifier: GPL-2.0-only
#include "agent/serve/serve.h"

#include "agent/provision/provision.h"
#include "common/cleanup.h"
#include "common/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void answer(struct serve *s, const outpost_Provision *request)
{
	outpost_Provisioned *reply =
		&serve_reply(s, outpost_Reply_provisioned_tag)->body.provisioned;
	int r;

	if (request->what != outpost_Provision_What_REBOOT) {
		provision_step(&s->dirs, request, reply);
		serve_send(s);
		return;
	}
	r = provision_restart(&s->dirs, request);
	if (r < 0) {
		serve_fail(s, r, "Cannot restart the board");
		return;
	}
	proto_set(reply->step, request->step);
	reply->state = outpost_Provisioned_State_RESTART;
	serve_send(s);
}

/* A run needs the board as it is: no watchdog that systemd takes back, no restart. */
void serve_provision(struct serve *s, const outpost_Provision *request)
{
	struct holder holder;
	_cleanup_close_ int lock = -1;

	if (request->what == outpost_Provision_What_LOOK) {
		answer(s, request);
		return;
	}
	if (geteuid() != 0) {
		serve_fail(s, -EPERM, "Cannot prepare the board");
		return;
	}
	lock = holder_take(&s->dirs, &holder);
	if (lock == -EBUSY) {
		serve_say_busy(s, &holder);
		return;
	}
	if (lock < 0) {
		serve_fail(s, lock, "Cannot lock the board");
		return;
	}
	/* So that others see who it is. */
	if (holder_write(lock, s->dirs.home, "provision", 0, s->start_user) == 0)
		answer(s, request);
	else
		serve_fail(s, -EIO, "Cannot lock the board");
}

void serve_condition(struct serve *s)
{
	provision_condition(&s->dirs, &serve_reply(s, outpost_Reply_condition_tag)->body.condition);
	serve_send(s);
}
