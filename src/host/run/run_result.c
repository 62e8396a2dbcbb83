// SPDX-License-Identifier: GPL-2.0-only
/* Makes the results from the evidence of a run. */
#include "host/run/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/judge/verdict.h"

#include <string.h>

/* --- judging ----------------------------------------------------------------------- */

/* If so, modules that need this one cannot be tested any more. */
static bool took_the_board_down(enum verdict verdict)
{
	return verdict == VERDICT_CRASH || verdict == VERDICT_HANG || verdict == VERDICT_LOST;
}

static enum verdict judge_verdict(const struct evidence *e)
{
	struct result result;
	enum verdict verdict;

	result_init(&result);
	verdict_judge(e, 0, &result);
	verdict = result.verdict;
	result_release(&result);
	return verdict;
}

/* The verdicts of all modules of the plan, each by its last attempt. */
struct judged {
	struct result *results; /* without a module name where there was no attempt */
	bool *killers;          /* modules that took the board down */
	size_t n;
};

static struct judged judge_plan(const struct run *run)
{
	size_t n = run->plan.n;
	struct judged all = { .results = xcalloc(n + 1, sizeof(*all.results)),
			      .killers = xcalloc(n + 1, sizeof(*all.killers)),
			      .n = n };

	for (size_t i = 0; i < n; i++) {
		const struct evidence *e = evidence_find(run_evidence(run), (uint32_t)i);
		struct result *result = &all.results[i];

		result_init(result);
		if (!e)
			continue;
		verdict_judge(e, 0, result);
		all.killers[i] = took_the_board_down(result->verdict);
	}
	return all;
}

/* Moves one result to the caller; its verdict stays for the modules that needed it. */
static struct result take_result(struct judged *all, size_t index)
{
	struct result result = all->results[index];

	result_init(&all->results[index]);
	all->results[index].verdict = result.verdict;
	return result;
}

static void judged_release(struct judged *all)
{
	for (size_t i = 0; i < all->n; i++)
		result_release(&all->results[i]);
	free(all->results);
	free(all->killers);
}

static void add_index(outpost_Start *start, size_t index)
{
	if (start->indices_count < ARRAY_SIZE(start->indices))
		start->indices[start->indices_count++] = (uint32_t)index;
}

/*
 * Marks the modules that took the board down, among those that a module without an attempt
 * needs.
 */
static void mark_killers(const struct run *run, bool *killers)
{
	size_t n = run->plan.n;
	_cleanup_free_ bool *needed = xcalloc(n + 1, sizeof(*needed));

	for (size_t i = 0; i < n; i++) {
		const outpost_PlanModule *p = &run->plan.modules[i];

		if (evidence_find(run_evidence(run), (uint32_t)i))
			continue;
		for (pb_size_t k = 0; k < p->needs_count; k++)
			if (p->needs[k] < n)
				needed[p->needs[k]] = true;
	}
	for (size_t i = 0; i < n; i++) {
		const struct evidence *e = evidence_find(run_evidence(run), (uint32_t)i);

		killers[i] = e && needed[i] && took_the_board_down(judge_verdict(e));
	}
}

void run_rest(const struct run *run, outpost_Start *start)
{
	_cleanup_free_ bool *killers = xcalloc(run->plan.n + 1, sizeof(*killers));
	bool backwards = run->q->purpose == outpost_Purpose_UNLOAD;

	mark_killers(run, killers);

	start->indices_count = 0;
	for (size_t k = 0; k < run->plan.n; k++) {
		size_t i = backwards ? run->plan.n - 1 - k : k;

		if (!evidence_find(run_evidence(run), (uint32_t)i) &&
		    plan_needs_any(&run->plan, i, killers) < 0)
			add_index(start, i);
	}
}

void run_doubtful(const struct run *run, outpost_Start *start)
{
	start->indices_count = 0;
	for (size_t i = 0; i < run->plan.n; i++) {
		const struct evidence *e = evidence_find(run_evidence(run), (uint32_t)i);

		if (e && e->attempt < 2 && judge_verdict(e) == VERDICT_INCONCLUSIVE)
			add_index(start, i);
	}
}

/* --- results ---------------------------------------------------------------------- */

/* Writes the window's kernel log as dmesg prints it. The path, which the caller frees, or NULL. */
static char *save_log(const struct run *run, const struct evidence *e, const struct strbuf *log)
{
	const char *dir = run_journal_dir(run->journal);
	bool twin = false;
	_cleanup_free_ char *name = NULL;
	char *path;

	/* Modules in two folders may have the same name. */
	for (size_t i = 0; i < run->plan.n; i++)
		twin |= i != e->plan.index && strcmp(run->plan.modules[i].name, e->plan.name) == 0;
	name = twin ? xasprintf("%s-%u.log", e->plan.name, (unsigned int)e->plan.index)
		    : xasprintf("%s.log", e->plan.name);
	if (!log->len || !dir || !path_is_plain_name(name))
		return NULL;
	path = path_join(dir, name, NULL);
	if (fs_write_atomic(path, log->buf, log->len, 0600) == 0)
		return path;
	log_warn("Cannot write the kernel log to %s", path);
	free(path);
	return NULL;
}

/*
 * Adds what is not in the evidence of the attempt: the path of its log, source lines, the
 * times of the host's steps.
 */
static void complete(struct run *run, const struct evidence *e, struct result *out)
{
	_cleanup_(strbuf_release) struct strbuf log = STRBUF_INIT;

	verdict_log(e, &log);
	out->log = save_log(run, e, &log);
	run_symbolize(run, e->plan.index, log.buf, out);
	out->timings_ms[TIMING_DEPLOY] = run_flight_ms(run->flight);
	if (e->attempt > 1)
		strv_add(&out->summary.remarks, "the second time; the first was inconclusive");
	if (run->q->no_reboot && out->verdict != VERDICT_PASS && out->verdict != VERDICT_SKIP)
		strv_add(&out->summary.remarks, "the board was not rebooted before: --no-reboot");
}

static void say(struct result *out, enum verdict verdict, const char *phase, const char *rule,
		char *what)
{
	out->verdict = verdict;
	out->phase = phase;
	out->rule = rule;
	out->summary.what = what;
}

static const char *fate_of(enum verdict killer)
{
	return killer == VERDICT_HANG   ? "hung"
	       : killer == VERDICT_LOST ? "took the board down"
					: "crashed";
}

/* Why there was no attempt. */
static void explain_absence(const struct run *run, const struct judged *all, size_t index,
			    struct result *out)
{
	int killer = plan_needs_any(&run->plan, index, all->killers);

	if (killer >= 0) {
		say(out, VERDICT_SKIP, "load", "",
		    xasprintf("needs %s, which %s", run->plan.modules[killer].name,
			      fate_of(all->results[killer].verdict)));
	} else if (run_evidence(run)->cancelled || run_evidence(run)->run_end.cancelled) {
		say(out, VERDICT_SKIP, "load", "", xstrdup("not run: interrupted"));
	} else if (run_evidence(run)->lost) {
		say(out, VERDICT_LOST, "load", "unreachable",
		    xstrdup("not run: the board could no longer be reached"));
	} else {
		say(out, VERDICT_ERROR, "load", "run",
		    xasprintf("not run: %s", *run_evidence(run)->run_end.what
						     ? run_evidence(run)->run_end.what
						     : "the run ended before it"));
	}
}

/* The result of module `i` of the request. */
static struct result conclude(struct run *run, struct judged *all, size_t i)
{
	const struct module *m = run->q->modules->modules[i];
	int index = run->plan.index[i];
	struct result result;

	if (index >= 0 && all->results[index].module) {
		result = take_result(all, (size_t)index);
		complete(run, evidence_find(run_evidence(run), (uint32_t)index), &result);
		return result;
	}
	result_init(&result);
	result.module = xstrdup(m->name);
	if (m->error)
		say(&result, VERDICT_ERROR, "build", "build", xstrdup(m->error));
	else if (index < 0)
		say(&result, VERDICT_SKIP, "load", "", xstrdup(run->plan.why[i]));
	else
		explain_absence(run, all, (size_t)index, &result);
	return result;
}

static bool is_cancelled(const struct run *run)
{
	return run_wait_is_unwanted(run->wait) || run_evidence(run)->run_end.cancelled;
}

/*
 * Records how we leave a run that has not ended: whether the board is lost, and whether the
 * user interrupted it.
 */
static void tell_left(struct run *run, bool lost)
{
	outpost_Entry entry = { .which_body = outpost_Entry_recovery_tag };
	outpost_Recovery *what = &entry.body.recovery;
	const struct evidence_list *list = run_evidence(run);
	const struct evidence *last = evidence_last(list);
	bool open = !run_standing_has_ended(run->standing);

	what->index = last ? last->plan.index : 0;
	/* A second attempt that never began leaves the first ones as they were. */
	what->lost =
		open && lost && (!last || last->attempt >= run_standing_attempt(run->standing));
	what->cancelled = open && is_cancelled(run);
	if (what->lost != list->lost || what->cancelled != list->cancelled)
		run_journal_note(run->journal, &entry);
}

void run_judge(struct run *run, struct run_result *out)
{
	bool lost = run_standing_state(run->standing) == RUN_LOST;
	bool ended = run_standing_has_ended(run->standing);
	_cleanup_(judged_release) struct judged all = { 0 };

	run_recovery_tell_apart(run->recovery, ended, lost);
	tell_left(run, lost);
	*out = (struct run_result){
		.run = xstrdup(run_journal_id(run->journal)),
		.board = xstrdup(run->q->board->name),
		.kernel = xstrdup(run_link_release(run->link)),
		.boot_id = xstrdup(run_link_first_boot_id(run->link)),
		.started_s = run->began_s,
		.duration_ms = (int)(run_now_ms(run->q) - run->began_ms),
		.cancelled = is_cancelled(run),
		.open = run_journal_dir(run->journal) && !ended &&
			(lost || run_wait_is_interrupted(run->wait)),
	};
	all = judge_plan(run);
	for (size_t i = 0; i < run->q->modules->n; i++) {
		struct result result = conclude(run, &all, i);

		if (run->q->purpose != outpost_Purpose_UNLOAD)
			result.timings_ms[TIMING_BUILD] = run->q->modules->modules[i]->build_ms;
		run_result_add(out, &result);
	}
}
