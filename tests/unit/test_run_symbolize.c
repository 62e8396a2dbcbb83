// SPDX-License-Identifier: GPL-2.0-only
/* What a run makes of its reports: the summary, and what is kept. */
#include "sample_ko.h"

#include "common/strv.h"
#include "host/run/internal.h"

/* One report of a run of mod.ko, with this summary: what becomes of both. */
static void symbolize_run(struct result *result, const struct klog_report *report,
			  const char *summary, const char *log, uint64_t text)
{
	struct module module = { .name = (char *)"mod", .unstripped = (char *)"mod.ko" };
	struct module *modules[] = { &module };
	struct module_list list = { modules, 1 };
	struct run_request q = { .modules = &list };
	static outpost_PlanModule planned;
	int index = 0;
	struct evidence evidence = { .attempt = 1, .begun = true };
	struct evidence *items[] = { &evidence };
	struct run run = { .q = &q,
			   .plan = { .modules = &planned, .n = 1, .n_asked = 1, .index = &index },
			   .list = { .items = items, .n = 1 } };

	proto_set(planned.name, "mod");
	evidence.steps[outpost_Step_LOADING].end.code_count = text ? 1 : 0;
	evidence.steps[outpost_Step_LOADING].end.code[0] =
		(outpost_CodeSection){ .name = ".text", .address = text };
	result_init(result);
	result->summary = xstrdup(summary);
	result->n_reports = 1;
	result->reports = xcalloc(1, sizeof(*report));
	*result->reports = *report;
	run_symbolize(&run, 0, log, result);
}

static void names_the_place_in_the_summary(void **state)
{
	static struct klog_report report;
	char in_set[64], in_user[64], expected[200];
	struct result result;

	(void)state;
	make_default();
	snprintf(in_set, sizeof(in_set), "(mod.c:%d)", line_of("/* in set"));
	snprintf(in_user, sizeof(in_user), "(mod.c:%d)", line_of("/* the call"));

	report = (struct klog_report){ .function = "user", .module = "mod", .n = 1 };
	report.trace[0] = frame("user", marks[MARK_SET], marks[SIZE_USER], true);
	symbolize_run(&result, &report, "it died in user [mod] while loading mod; it is back", "",
		      0);
	snprintf(expected, sizeof(expected), "it died in user %s while loading mod; it is back",
		 in_set);
	assert_string_equal(result.summary, expected);
	result_release(&result);

	/* In the kernel, on behalf of the module. */
	report = (struct klog_report){ .function = "kfree_it", .n = 2 };
	snprintf(report.trace[0].function, sizeof(report.trace[0].function), "kfree_it");
	report.trace[1] = frame("user", marks[MARK_CALL], marks[SIZE_USER], false);
	symbolize_run(&result, &report, "it died in kfree_it while loading mod", "", 0);
	snprintf(expected, sizeof(expected), "it died in kfree_it, from user %s while loading mod",
		 in_user);
	assert_string_equal(result.summary, expected);
	assert_int_equal(result.sources[0].frame, 1);
	result_release(&result);

	/* Where the module was. */
	report = (struct klog_report){ .function = "run_timers",
				       .pc = 0xffff800000d6c000 + marks[MARK_CALL] };
	symbolize_run(&result, &report, "it died in run_timers while settling", "",
		      0xffff800000d6c000);
	snprintf(expected, sizeof(expected),
		 "it died in user %s, no longer in memory, while settling", in_user);
	assert_string_equal(result.summary, expected);
	assert_string_equal(result.reports[0].function, "user");
	result_release(&result);

	/* Nothing is known: nothing changes. */
	report = (struct klog_report){ .function = "f", .module = "other", .n = 1 };
	snprintf(report.trace[0].function, sizeof(report.trace[0].function), "f");
	snprintf(report.trace[0].module, sizeof(report.trace[0].module), "other");
	symbolize_run(&result, &report, "it died in f [other] while loading mod", "", 0);
	assert_string_equal(result.summary, "it died in f [other] while loading mod");
	result_release(&result);
}

static void keeps_registers(void **state)
{
	static const char log[] = "[    1.000000] x0 : before the report\n"
				  "[    1.000001] Unable to handle kernel paging request\n"
				  "[    1.000002] pc : user+0x4/0x8 [mod]\n"
				  "[    1.000003] x29: ffff80000a4139c0 x28: ffff80000a413ad0\n"
				  "[    1.000004] Call trace:\n"
				  "[    1.000005]  user+0x4/0x8 [mod]\n"
				  "[    1.000006] Code: 52800022 (b9000022)\n"
				  "[    1.000007] x1 : after the report\n";
	static const struct klog_report report = {
		.function = "user", .module = "mod", .start = 1, .end = 6
	};
	struct result result;

	(void)state;
	make_default();
	symbolize_run(&result, &report, "", log, 0);
	assert_int_equal(strv_length(result.sources[0].registers), 3);
	assert_string_equal(result.sources[0].registers[0], "pc : user+0x4/0x8 [mod]");
	assert_contains(result.sources[0].registers[1], "x29: ");
	assert_contains(result.sources[0].registers[2], "Code: ");
	result_release(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names_the_place_in_the_summary, sample_clear),
		cmocka_unit_test_setup(keeps_registers, sample_clear),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_end);
}
