// SPDX-License-Identifier: GPL-2.0-only
/* Cleans up what a killed supervisor left unfinished. */
#include "agent/run/supervisor.h"

#include "agent/run/holder.h"
#include "agent/run/module.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLEAN_MS 3000 /* for each module that a connection unloads */

volatile sig_atomic_t supervisor_alone;

struct open_trial {
	const struct supervisor *s;
	const outpost_PlanModule *module; /* NULL: no trial is open */
	char nonce[40];                   /* of the last Boot entry */
};

static int find_open_trial(const outpost_Entry *e, void *arg)
{
	struct open_trial *open = arg;

	switch (e->which_body) {
	case outpost_Entry_boot_tag:
		/* A module of this name in another boot is not ours: that boot loaded it. */
		if (strcmp(open->nonce, e->body.boot.nonce) != 0)
			open->module = NULL;
		proto_set(open->nonce, e->body.boot.nonce);
		break;
	case outpost_Entry_begin_tag:
		if (e->body.begin.index < open->s->n_modules)
			open->module = &open->s->modules[e->body.begin.index];
		break;
	case outpost_Entry_end_tag: open->module = NULL; break;
	}
	return 0;
}

const outpost_PlanModule *supervisor_left_open(const struct supervisor *s)
{
	struct open_trial open = { .s = s };
	char boot_id[40], nonce[40];
	uint64_t size;

	journal_each(&s->journal, find_open_trial, &open, &size);
	dirs_boot(&s->dirs, boot_id, nonce);
	return strcmp(open.nonce, nonce) == 0 ? open.module : NULL;
}

/* false: it is still loaded. */
static bool unload(const outpost_PlanModule *module)
{
	struct module_unload what = { .name = module->name, .limit_ms = module->unload_ms };
	outpost_StepEnd end = { 0 };
	struct pollfd ended;
	struct step step;

	if (!module_is_loaded(module->name))
		return true;
	if (step_start(&step, module_unload, &what, false) < 0)
		return false;
	ended = (struct pollfd){ .fd = step.pidfd, .events = POLLIN };
	if (poll(&ended, 1, (int)module->unload_ms + 500) == 1) {
		step_finish(&step, &end);
	} else {
		step_signal(&step, SIGKILL);
		step_abandon(&step, &end);
	}
	return !module_is_loaded(module->name);
}

void supervisor_unload_rest(struct supervisor *s)
{
	const outpost_PlanModule *module = supervisor_left_open(s);
	bool gone;

	s->current = NULL;
	if (!module || s->plan.purpose != outpost_Purpose_TEST)
		return;
	gone = unload(module);
	for (pb_size_t i = module->needs_count; gone && i-- > 0;)
		gone = unload(&s->modules[module->needs[i]]);
}

void supervisor_clean_after(const char *home, const char *run)
{
	struct supervisor *s = calloc(1, sizeof(*s));

	if (s && supervisor_open(s, home, run) == 0) {
		/* A host waits for an answer. */
		for (size_t i = 0; i < s->n_modules; i++)
			if (s->modules[i].unload_ms > CLEAN_MS)
				s->modules[i].unload_ms = CLEAN_MS;
		supervisor_unload_rest(s);
	}
	if (s && s->journal.fd >= 0)
		journal_close(&s->journal);
	if (s) {
		free(s->modules);
		free(s->unusable);
	}
	free(s);
}

void supervisor_take_over(struct supervisor *s)
{
	supervisor_alone = 0;
	(void)holder_write(SUPERVISOR_LOCK_FD, s->dirs.home, s->plan.run, getpid(), s->plan.user);
}
