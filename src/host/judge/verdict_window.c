// SPDX-License-Identifier: GPL-2.0-only
/* Rules about the window as a whole: what else is missing for a PASS. */
#include "host/judge/verdict_internal.h"

#include "common/cleanup.h"

#include <inttypes.h>
#include <string.h>

/* Bits of /proc/sys/kernel/tainted, Linux Documentation/admin-guide/tainted-kernels.rst. */
#define TAINT(bit) (UINT64_C(1) << (bit))
#define TAINT_P    TAINT(0)
#define TAINT_C    TAINT(10)
#define TAINT_O    TAINT(12)
#define TAINT_E    TAINT(13)
#define TAINT_N    TAINT(18) /* set by KUnit modules */
static const char taint_letters[] = "PFSRMBUDAWCIOELKXTNJ";
/* Bad page, died, warned, soft lockup: these also have a report in the kernel log. */
#define TAINT_COMPLAINTS (TAINT(5) | TAINT(7) | TAINT(9) | TAINT(14))

static uint64_t unexpected_taint(const struct judge *j)
{
	const struct evidence *e = j->e;
	uint64_t expected = TAINT_O | TAINT_E | TAINT_N;

	if (!e->trial.has_before || !e->trial.has_after)
		return 0;
	for (size_t i = 0; i <= e->plan.needs_count && judge_has(j, MECHANISM_ANNOUNCED); i++) {
		size_t need = i ? e->plan.needs[i - 1] : 0;
		const outpost_PlanModule *m =
			i ? (need < e->n_modules ? &e->modules[need] : &e->plan) : &e->plan;

		expected |= (m->foreign_licence ? TAINT_P : 0) | (m->staging ? TAINT_C : 0);
	}
	return (e->trial.before.taint ^ e->trial.after.taint) & ~expected;
}

static void taint_words(uint64_t taint, char words[65])
{
	size_t n = 0;

	for (size_t bit = 0; bit < 64; bit++)
		if (taint & TAINT(bit))
			words[n++] = bit < sizeof(taint_letters) - 1 ? taint_letters[bit] : '?';
	words[n] = '\0';
}

bool rule_taint(struct judge *j)
{
	uint64_t taint = unexpected_taint(j);
	char words[65];

	taint_words(taint, words);
	return (taint & ~TAINT_COMPLAINTS) &&
	       decide(j, VERDICT_FAIL, "load",
		      "the kernel is tainted %s, which the module does not announce", words);
}

/* Counts the records of the window that were not read; duplicates count once. */
static uint64_t missing_records(const struct evidence *e)
{
	uint64_t first = e->trial.end.first_sequence, end = e->trial.end.end_sequence, next = first,
		 read = 0;

	if (!e->trial.ended || e->trial.end.not_run || end < first)
		return 0;
	for (size_t i = 0; i < e->log.n_records; i++) {
		uint64_t sequence = e->log.records[i].sequence;

		if (sequence < next || sequence >= end)
			continue;
		next = sequence + 1;
		read++;
	}
	return end - first > read ? end - first - read : 0;
}

bool rule_lost(struct judge *j)
{
	const struct evidence *e = j->e;
	size_t at = e->log.lost_marks && e->log.lost_marks <= e->trial.n_marks
			    ? e->log.lost_marks - 1
			    : 0;
	uint64_t lost = e->log.lost, missing = missing_records(e);

	lost = lost > missing ? lost : missing;
	return lost &&
	       decide(j, VERDICT_INCONCLUSIVE,
		      e->log.lost && e->trial.n_marks ? step_phase(e->trial.marks[at].step)
						      : "load",
		      "%" PRIu64 " kernel log records %s: a report may have been among them", lost,
		      e->log.kept_back ? "were dropped because there were too many" : "were lost");
}

/*
 * The exit status alone is enough for a test that prints no results, but it is not known
 * whether this one does.
 */
bool rule_output(struct judge *j)
{
	return j->e->trial.output_truncated &&
	       decide(j, VERDICT_INCONCLUSIVE, "test",
		      "the test program printed more than is kept, and the rest may "
		      "contain a failed result; print less");
}

bool rule_taint_alone(struct judge *j)
{
	uint64_t taint = unexpected_taint(j);
	char words[65];

	taint_words(taint, words);
	return taint && decide(j, VERDICT_INCONCLUSIVE, "load",
			       "the kernel is tainted %s, but its log has no report", words);
}

bool rule_counts(struct judge *j)
{
	const outpost_State *before = &j->e->trial.before, *after = &j->e->trial.after;

	if (!j->e->trial.has_before || !j->e->trial.has_after || !before->has_counts)
		return false;
	if (after->has_counts && before->warn_count == after->warn_count &&
	    before->oops_count == after->oops_count)
		return false;
	return decide(j, VERDICT_INCONCLUSIVE, "load",
		      "the kernel counts %" PRIi64 " more warnings and %" PRIi64
		      " more oopses than before, but its log has no report",
		      (int64_t)(after->warn_count - before->warn_count),
		      (int64_t)(after->oops_count - before->oops_count));
}

/* Was this step done in every repetition? */
static bool was_done(const struct judge *j, outpost_Step step)
{
	uint32_t repeat = judge_tests(j) && j->e->repeat > 1 ? j->e->repeat : 1;

	return j->e->trial.steps[step].done >= repeat;
}

static const char *missing_repetition(const struct judge *j)
{
	if (was_done(j, outpost_Step_LOADING) && was_done(j, outpost_Step_UNLOADING) &&
	    (!j->e->plan.program.size || was_done(j, outpost_Step_TESTING)))
		return NULL;
	return "all planned repetitions";
}

static const char *missing_step(const struct judge *j)
{
	const struct evidence_step *steps = j->e->trial.steps;

	if (judge_loads(j) && !steps[outpost_Step_LOADING].ended)
		return "that it was loaded";
	if (judge_tests(j) && j->e->plan.program.size && !steps[outpost_Step_TESTING].ended)
		return "how its test ended";
	if (judge_unloads(j) && !steps[outpost_Step_UNLOADING].ended)
		return "that it was unloaded";
	if (judge_tests(j) && !steps[outpost_Step_SETTLE].ended)
		return "that the kernel log was watched after the unload";
	if (judge_tests(j) && missing_repetition(j))
		return missing_repetition(j);
	if (failed_end(j, outpost_Step_RESTORE))
		return "that the modules it needs were unloaded again";
	for (outpost_Step step = outpost_Step_PREPARE; step <= outpost_Step_RESTORE; step++)
		if (steps[step].begun && (!steps[step].ended || failed_end(j, step)))
			return "the end of a step";
	return NULL;
}

/* Does the log that was read cover everything done in the window? */
static bool window_is_whole(const struct evidence *e)
{
	return e->trial.before.has_log && e->trial.after.has_log &&
	       e->trial.before.next_sequence <= e->trial.after.next_sequence &&
	       e->trial.end.first_sequence <= e->trial.before.next_sequence &&
	       e->trial.end.end_sequence >= e->trial.after.next_sequence;
}

/* What is missing from the evidence for a PASS; NULL: nothing. */
const char *missing_evidence(const struct judge *j)
{
	const struct evidence *e = j->e;

	if (!e->trial.ended)
		return "a result";
	if (e->trial.end.not_run)
		return "that it was run";
	if (!*e->board.boot_id || !*e->board.nonce)
		return "which boot it was";
	if (!e->trial.has_before || !e->trial.has_after)
		return "the state of the kernel before and after";
	if (!window_is_whole(e))
		return "the whole kernel log";
	if (judge_loads(j) == e->trial.before.loaded)
		return "that the module was in the expected state before";
	if (judge_tests(j) && !e->trial.end.leftovers_checked)
		return "whether anything was left behind";
	return missing_step(j);
}

bool rule_evidence(struct judge *j)
{
	const char *missing = missing_evidence(j);

	return missing && decide(j, VERDICT_INCONCLUSIVE, step_phase(last_step(j->e)),
				 "the board's journal does not show %s", missing);
}
