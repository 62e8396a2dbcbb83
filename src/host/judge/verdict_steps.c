// SPDX-License-Identifier: GPL-2.0-only
/* Rules about the steps: the results of loading, testing and unloading. */
#include "host/judge/verdict_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/strv.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

static bool is_refusal(const outpost_StepEnd *end)
{
	return end->error == EAGAIN || end->error == EBUSY;
}

static bool decide_late(struct judge *j, outpost_Step step, uint32_t limit_ms)
{
	_cleanup_free_ char *what = xasprintf("time limit of %g s exceeded", limit_ms / 1000.0);

	return decide_while(j, VERDICT_FAIL, step, what) && add_outcome(j, "the step was stopped");
}

/* An unload that is refused until the time limit is handled by rule_refused(). */
bool rule_late(struct judge *j)
{
	const outpost_PlanModule *plan = &j->e->plan;
	const struct {
		outpost_Step step;
		uint32_t limit_ms;
	} limits[] = {
		{ outpost_Step_LOADING, plan->load_ms },
		{ outpost_Step_TESTING, plan->test_ms },
		{ outpost_Step_UNLOADING, plan->unload_ms },
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		const outpost_StepEnd *end = failed_end(j, limits[i].step);

		if (end && end->late &&
		    !(limits[i].step == outpost_Step_UNLOADING && is_refusal(end)))
			return decide_late(j, limits[i].step, limits[i].limit_ms);
	}
	return false;
}

/* What finit_module(2) means by errors whose usual text is not clear. */
static const char *load_error_meaning(int error)
{
	switch (error) {
	case ENOEXEC: return "the module was built for another kernel or is damaged";
	case ENOENT:
		return "the kernel lacks a symbol that it uses, or its init returned this error";
	case EEXIST: return "it is already loaded or built in";
	case EKEYREJECTED:
	case ENOKEY: return "the kernel requires modules signed with a key that it knows";
	case EPERM:
		return "the kernel does not allow loading modules, or its init returned this error";
	default: return NULL;
	}
}

static const char *error_name(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "unknown error";
}

/*
 * Linux kernel/module/main.c, unknown_module_param_cb(): the module is loaded, but not with
 * the requested parameters.
 */
static bool rule_ignored_parameter(struct judge *j)
{
	_cleanup_free_ char *words = xasprintf("%s: unknown parameter '", j->e->plan.name);
	const char *end;
	struct text rest;

	for (size_t i = 0; i < j->n_lines; i++) {
		const struct log_line *l = &j->lines[i];

		if (l->outside || !text_after(l->text, words, &rest))
			continue;
		end = memchr(rest.p, '\'', rest.n);
		return decide(j, VERDICT_FAIL, "load",
			      "the kernel ignored a parameter that %s does not have: %.*s",
			      j->e->plan.name, (int)(end ? (size_t)(end - rest.p) : rest.n),
			      rest.p);
	}
	return false;
}

bool rule_result(struct judge *j)
{
	const outpost_StepEnd *end = failed_end(j, outpost_Step_LOADING);
	const char *meaning;

	if (!end)
		return *j->e->plan.params && rule_ignored_parameter(j);
	if (!end->error && end->signal)
		return decide(j, VERDICT_FAIL, "load",
			      "the process loading %s was killed by a signal: %s", j->e->plan.name,
			      strsignal(end->signal));
	meaning = load_error_meaning(end->error);
	return decide(j, VERDICT_FAIL, "load", "loading %s failed: %s (%s)%s%s%s%s",
		      j->e->plan.name, strerror(end->error), error_name(end->error),
		      meaning ? ": " : "", meaning ? meaning : "", *end->detail ? "; " : "",
		      end->detail);
}

bool rule_exit(struct judge *j)
{
	const outpost_StepEnd *end = failed_end(j, outpost_Step_TESTING);
	const char *name;

	if (!end)
		return false;
	if (end->signal) {
		name = sigabbrev_np(end->signal);
		return decide(j, VERDICT_FAIL, "test", "the test program was killed by SIG%s (%s)",
			      name ? name : "?", strsignal(end->signal));
	}
	if (end->error)
		return decide(j, VERDICT_ERROR, "test", "cannot run the test program: %s%s%s",
			      strerror(end->error), *end->detail ? ": " : "", end->detail);
	return decide(j, VERDICT_FAIL, "test", "the test program exited with status %" PRIi32,
		      end->exit_status);
}

static bool decide_ktap(struct judge *j, const struct ktap_result *r, const char *phase)
{
	if (!r->seen || ktap_passed(r))
		return false;
	if (r->n_failed)
		return decide(j, VERDICT_FAIL, phase, "%u of %u tests failed: %s%s", r->fail,
			      r->pass + r->fail + r->skip + r->todo, r->failed[0],
			      r->fail > 1 ? ", ..." : "");
	return decide(j, VERDICT_FAIL, phase, "invalid test results: %s", r->why);
}

bool rule_ktap(struct judge *j)
{
	return decide_ktap(j, &j->log.result, "load") || decide_ktap(j, &j->output.result, "test");
}

static bool in_log(const struct judge *j, const char *text)
{
	for (size_t i = 0; i < j->n_lines; i++)
		if (!j->lines[i].outside && text_find(j->lines[i].text, text))
			return true;
	return false;
}

bool rule_log(struct judge *j)
{
	const outpost_PlanModule *plan = &j->e->plan;

	for (size_t i = 0; i < plan->log_lines_count; i++)
		if (!in_log(j, plan->log_lines[i]))
			return decide(j, VERDICT_FAIL, *plan->program_name ? "test" : "load",
				      "the kernel log does not contain \"%s\"", plan->log_lines[i]);
	return false;
}

bool rule_refused(struct judge *j)
{
	const outpost_StepEnd *end = failed_end(j, outpost_Step_UNLOADING);

	if (!end)
		return false;
	if (end->error == ENOENT)
		return decide(j, VERDICT_FAIL, "unload", "%s is not loaded", j->e->plan.name);
	return decide(j, VERDICT_FAIL, "unload",
		      "it would not unload: %s (%s) after %" PRIu32 " tries%s%s",
		      strerror(end->error), error_name(end->error), end->tries,
		      *end->detail ? "; " : "", end->detail);
}

bool rule_gone(struct judge *j)
{
	const struct evidence *e = j->e;

	if (!e->trial.has_after)
		return false;
	if (judge_unloads(j) && e->trial.after.loaded)
		return decide(j, VERDICT_FAIL, "unload", "%s is still loaded after the unload",
			      e->plan.name);
	if (!judge_unloads(j) && !e->trial.after.loaded)
		return decide(j, VERDICT_FAIL, "load", "%s is not loaded after the load",
			      e->plan.name);
	return false;
}

/* Only without the retry mechanism: then the first refusal decides. */
bool rule_retry(struct judge *j)
{
	const struct evidence_step *step = &j->e->trial.steps[outpost_Step_UNLOADING];

	return !judge_has(j, MECHANISM_RETRY) && step->ended && step->end.tries > 1 &&
	       decide(j, VERDICT_FAIL, "unload", "the first unload was refused");
}

bool rule_left(struct judge *j)
{
	const struct evidence *e = j->e;
	size_t n = strv_length(e->trial.leftovers);

	if (!n || !judge_unloads(j) || (e->trial.has_after && e->trial.after.loaded))
		return false;
	if (n == 1)
		return decide(j, VERDICT_FAIL, "unload", "left behind: %s", e->trial.leftovers[0]);
	return decide(j, VERDICT_FAIL, "unload", "left behind: %s and %zu more",
		      e->trial.leftovers[0], n - 1);
}
