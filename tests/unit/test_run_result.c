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

/* The linker calls this instead of the real one: see the Makefile. */
void __real_verdict_judge(const struct evidence *ev, uint32_t off, struct result *out);
void __wrap_verdict_judge(const struct evidence *ev, uint32_t off, struct result *out);

void __wrap_verdict_judge(const struct evidence *ev, uint32_t off, struct result *out)
{
	judged++;
	__real_verdict_judge(ev, off, out);
}

/* A run in which the first module passes, the second crashes, and all others need the second. */
struct sample {
	struct module modules[2 + ABSENT];
	struct module *pointers[2 + ABSENT];
	struct module_list list;
	outpost_PlanModule planned[2 + ABSENT];
	int index[2 + ABSENT];
	struct run_request q;
	struct run run;
};

/* The board's journal. */
static void note_journal(struct run_journal *journal)
{
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
	for (size_t i = 0; i < j->n; i++)
		run_journal_note(journal, &j->entries[i]);
}

static int set_up(void **state)
{
	static struct board board = { .name = (char *)"pi" };
	static struct session *none;
	struct sample *s = xcalloc(1, sizeof(*s));

	for (size_t i = 0; i < ARRAY_SIZE(s->modules); i++) {
		snprintf(s->planned[i].name, sizeof(s->planned[i].name), "module%zu", i);
		s->modules[i].name = s->planned[i].name;
		s->planned[i].needs_count = i > 1;
		s->planned[i].needs[0] = 1;
		s->pointers[i] = &s->modules[i];
		s->index[i] = (int)i;
	}
	s->list = (struct module_list){ s->pointers, ARRAY_SIZE(s->modules) };
	s->q = (struct run_request){ .board = &board, .modules = &s->list };
	run_begin(&s->run, &s->q, &none, "run", NULL);
	s->run.plan = (struct plan){ .modules = s->planned,
				     .n = ARRAY_SIZE(s->planned),
				     .n_asked = ARRAY_SIZE(s->planned),
				     .index = s->index };
	note_journal(s->run.journal);
	judged = 0;
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct sample *s = *state;

	s->run.plan = (struct plan){ 0 };
	run_release(&s->run);
	free(s);
	return 0;
}

static void each_module_is_judged_once(void **state)
{
	struct sample *s = *state;
	struct run_result result;

	run_judge(&s->run, &result);
	assert_int_equal(judged, 2);
	assert_int_equal(result.counts[VERDICT_PASS], 1);
	assert_int_equal(result.counts[VERDICT_CRASH], 1);
	assert_int_equal(result.counts[VERDICT_SKIP], ABSENT);
	assert_string_equal(result.results[2].summary.what, "needs module1, which crashed");
	run_result_release(&result);
}

/* The rest is started again after each reboot. */
static void only_what_the_rest_needs_is_judged_for_a_start(void **state)
{
	struct sample *s = *state;
	outpost_Start start = { 0 };

	run_rest(&s->run, &start);
	assert_int_equal(judged, 1);
	assert_int_equal(start.indices_count, 0);
	for (size_t i = 0; i < ARRAY_SIZE(s->planned); i++)
		s->planned[i].needs_count = 0;
	judged = 0;
	run_rest(&s->run, &start);
	assert_int_equal(judged, 0);
	assert_int_equal(start.indices_count, ABSENT);
	assert_int_equal(start.indices[0], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_module_is_judged_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_what_the_rest_needs_is_judged_for_a_start,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
