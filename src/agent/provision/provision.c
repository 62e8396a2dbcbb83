// SPDX-License-Identifier: GPL-2.0-only
#include "agent/provision/provision.h"

#include "agent/provision/step.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct board_step *const steps[] = {
	&step_packages, &step_folders, &step_sudo,     &step_account, &step_journal, &step_sysctl,
	&step_watchdog, &step_ssh,     &step_firewall, &step_headers, &step_boot,
};

const struct board_step *provision_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (strcmp(steps[i]->name, name) == 0)
			return steps[i];
	return NULL;
}

/*
 * While a step changes something, a note exists: an agent that was killed, or a board that lost
 * power, between a file and the command that makes it effective, must not look ready.
 */
static void note_name(char name[32], const struct board_step *step)
{
	snprintf(name, 32, "%.16s.unfinished", step->name);
}

static bool is_unfinished(const struct provision *p, const struct board_step *step)
{
	char name[32], text[8];

	note_name(name, step);
	return provision_recall(p, name, text, sizeof(text));
}

/* Looks at the step, or changes what it is about; the reply then has the lines. */
static int change(struct provision *p, const struct board_step *step, bool look)
{
	p->look = look;
	p->changed = false;
	p->reply->lines_count = 0;
	return step->change(p);
}

/* Is there something to do? Then the reply has the lines. *r: 0 or -errno. */
static bool has_to_change(struct provision *p, const struct board_step *step, int *r)
{
	*r = change(p, step, true);
	if (*r < 0 || p->changed)
		return *r == 0;
	if (is_unfinished(p, step)) {
		provision_note(p, "repeat it: it was interrupted");
	} else if (!p->undo && step->prove && step->prove(p) < 0) {
		provision_note(p, "apply it: %s", p->reply->why);
		*p->reply->why = '\0';
	}
	return p->changed;
}

static int carry_out(struct provision *p, const struct board_step *step)
{
	int r = change(p, step, false);

	if (r == 0 && !p->changed) /* the files are there, only the command is missing */
		provision_note(p, "apply it again");
	if (r == 0 && step->apply)
		r = step->apply(p);
	if (r == 0 && !p->undo && !p->restart && step->prove)
		r = step->prove(p);
	return r;
}

/* What was there before is better than what does not work. */
static void take_back(struct provision *p, const struct board_step *step)
{
	p->undo = true;
	(void)change(p, step, false);
	if (step->apply)
		(void)step->apply(p);
	(void)unconfirmed_end(p);
}

/* With a note for the next time, and with a rollback if it might lock the host out. */
static int carry_out_safely(struct provision *p, const struct board_step *step)
{
	bool confirm = step->confirm && !p->undo;
	char name[32];
	int r;

	note_name(name, step);
	r = provision_remember(p, name, "");
	if (r < 0)
		return provision_fail(p, r, "Cannot write to " PROVISION_STATE ": %s",
				      log_reason(r));
	if (confirm)
		r = unconfirmed_begin(p);
	if (r < 0)
		return r;
	r = carry_out(p, step);
	if (r < 0 && confirm)
		take_back(p, step);
	if (r < 0)
		return r;
	provision_forget(p, name);
	p->reply->state = confirm      ? outpost_Provisioned_State_UNCONFIRMED
			  : p->restart ? outpost_Provisioned_State_RESTART
				       : outpost_Provisioned_State_CHANGED;
	p->reply->seconds = confirm ? UNCONFIRMED_S : 0;
	return 0;
}

static int confirm(struct provision *p, const struct board_step *step)
{
	char name[32];

	if (!unconfirmed_step(p, name, sizeof(name)) || strcmp(name, step->name) != 0)
		return provision_fail(p, -ENOENT, "It was undone before it was confirmed");
	p->reply->state = outpost_Provisioned_State_CHANGED;
	return unconfirmed_end(p);
}

static int obey(struct provision *p, const struct board_step *step)
{
	int r;

	if (p->request->what == outpost_Provision_What_CONFIRM)
		return confirm(p, step);
	if (!has_to_change(p, step, &r)) {
		p->reply->state = outpost_Provisioned_State_DONE;
		return r;
	}
	if (p->request->what == outpost_Provision_What_DO)
		return carry_out_safely(p, step);
	p->reply->state = outpost_Provisioned_State_WOULD;
	return 0;
}

void provision_step(const struct dirs *dirs, const outpost_Provision *request,
		    outpost_Provisioned *reply)
{
	struct provision p = {
		.dirs = dirs, .request = request, .reply = reply, .undo = request->undo
	};
	const struct board_step *step = provision_find(request->step);
	int r;

	proto_set(reply->step, request->step);
	if (!step)
		r = provision_fail(&p, -EINVAL, "This agent has no such step");
	else if (!p.undo && step->skip && step->skip(&p))
		r = 1;
	else
		r = obey(&p, step);
	if (r == 0)
		return;
	reply->state = r > 0 ? outpost_Provisioned_State_SKIPPED : outpost_Provisioned_State_FAILED;
	provision_fail(&p, r, "%s", log_reason(r));
}

int provision_rollback(const struct dirs *dirs)
{
	static outpost_Provisioned reply; /* large */
	const outpost_Provision request = { .what = outpost_Provision_What_DO, .undo = true };
	struct provision p = {
		.dirs = dirs, .request = &request, .reply = &reply, .undo = true, .unattended = true
	};
	const struct board_step *step;
	char name[32];
	int r;

	if (!unconfirmed_step(&p, name, sizeof(name)))
		return 0;
	step = provision_find(name);
	r = step ? change(&p, step, false) : -ENOENT;
	if (r == 0 && step->apply)
		r = step->apply(&p);
	if (r < 0) {
		log_error_errno(r, "Cannot undo step %.16s: %s", name, reply.why);
		return 1;
	}
	log_info("Step %s was not confirmed, and is undone", name);
	return unconfirmed_end(&p) < 0;
}

int provision_restart(const struct dirs *dirs, const outpost_Provision *request)
{
	static outpost_Provisioned unused;
	const struct provision p = { .dirs = dirs, .request = request, .reply = &unused };
	bool tried = board_boot_is_tried(&p);

	return provision_run(&p,
			     tried ? ARGV("systemctl", "--reboot-argument=0 tryboot", "reboot")
				   : ARGV("systemctl", "reboot"),
			     NULL)
		       ? -EIO
		       : 0;
}
