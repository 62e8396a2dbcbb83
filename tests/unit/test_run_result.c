// SPDX-License-Identifier: GPL-2.0-only
/* From the evidence of a whole run to its results. */
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "host/judge/verdict.h"
#include "host/run/internal.h"
#include "journal.h"

#include <stdio.h>

#define ABSENT 20

static unsigned int judged;

/* The linker puts it before the real one: see the Makefile. */
void __real_verdict_judge(const struct evidence *ev, uint32_t off, struct result *out);
void __wrap_verdict_judge(const struct evidence *ev, uint32_t off, struct result *out);

void __wrap_verdict_judge(const struct evidence *ev, uint32_t off, struct result *out)
{
	judged++;
	__real_verdict_judge(ev, off, out);
}

/* The first passes, the second crashes, and all others need that one. */
static void run_begin_sample(struct run *run, struct run_request *q, struct plan *plan)
{
	static struct board board = { .name = (char *)"pi" };
	static struct session *none;
	static const char *const two[] = { "good", "bad", NULL };
	_cleanup_free_ struct journal *j = journal_new();

	journal_plan(j, two);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	journal_module(j, 1, 1, NULL);
	while (j->entries[j->n - 1].which_body != outpost_Entry_step_tag ||
	       j->entries[j->n - 1].body.step.step != outpost_Step_TESTING)
		j->n--;
	journal_boot(j, JOURNAL_OTHER_BOOT);
	journal_end(j);
	q->board = &board;
	run_begin(run, q, &none, "run", NULL);
	run->plan = *plan;
	for (size_t i = 0; i < j->n; i++)
		run_journal_note(run->journal, &j->entries[i]);
}

static void each_module_is_judged_once(void **state)
{
	static struct module modules[2 + ABSENT];
	static outpost_PlanModule planned[2 + ABSENT];
	struct module *pointers[2 + ABSENT];
	int index[2 + ABSENT];
	struct module_list list = { pointers, ARRAY_SIZE(modules) };
	struct run_request q = { .modules = &list };
	struct plan plan = { .modules = planned,
			     .n = ARRAY_SIZE(planned),
			     .n_asked = ARRAY_SIZE(planned),
			     .index = index };
	struct run_result result;
	struct run run;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		snprintf(planned[i].name, sizeof(planned[i].name), "module%zu", i);
		modules[i].name = planned[i].name;
		planned[i].needs_count = i > 1;
		planned[i].needs[0] = 1;
		pointers[i] = &modules[i];
		index[i] = (int)i;
	}
	run_begin_sample(&run, &q, &plan);
	run_judge(&run, &result);
	assert_int_equal(judged, 2);
	assert_int_equal(result.counts[VERDICT_PASS], 1);
	assert_int_equal(result.counts[VERDICT_CRASH], 1);
	assert_int_equal(result.counts[VERDICT_SKIP], ABSENT);
	assert_string_equal(result.results[2].summary.what, "needs module1, which crashed");
	run_result_release(&result);
	run.plan = (struct plan){ 0 };
	run_release(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_module_is_judged_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
