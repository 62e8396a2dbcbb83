// SPDX-License-Identifier: GPL-2.0-only
/* How a run handles its reports: the summary, and what is stored. */
#include "sample_ko.h"

#include "common/strv.h"
#include "host/run/internal.h"

/* The journal of the run: the module was loaded at this address (0: unknown). */
static void note_loading(struct run_journal *journal, const outpost_PlanModule *planned,
			 uint64_t text)
{
	outpost_Entry entry = { .which_body = outpost_Entry_plan_tag };

	entry.body.plan.modules = 1;
	run_journal_note(journal, &entry);
	entry = (outpost_Entry){ .which_body = outpost_Entry_module_tag };
	entry.body.module = *planned;
	run_journal_note(journal, &entry);
	entry = (outpost_Entry){ .which_body = outpost_Entry_begin_tag };
	entry.body.begin.attempt = 1;
	run_journal_note(journal, &entry);
	entry = (outpost_Entry){ .which_body = outpost_Entry_step_tag };
	entry.body.step.step = outpost_Step_LOADING;
	run_journal_note(journal, &entry);
	entry = (outpost_Entry){ .which_body = outpost_Entry_step_end_tag };
	entry.body.step_end.step = outpost_Step_LOADING;
	entry.body.step_end.code_count = text ? 1 : 0;
	entry.body.step_end.code[0] = (outpost_CodeSection){ .name = ".text", .address = text };
	run_journal_note(journal, &entry);
}

/* Symbolizes the deciding report of a run of mod.ko. */
static void symbolize_run(struct result *result, const struct klog_report *report, const char *log,
			  uint64_t text)
{
	static struct session *none;
	struct module module = { .name = (char *)"mod", .unstripped = (char *)"mod.ko" };
	struct module *modules[] = { &module };
	struct module_list list = { modules, 1 };
	struct run_request q = { .modules = &list };
	outpost_PlanModule planned = { 0 };
	int index = 0;
	struct run run;

	proto_set(planned.name, "mod");
	run_begin(&run, &q, &none, "run", NULL);
	run.plan = (struct plan){ .modules = &planned, .n = 1, .n_asked = 1, .index = &index };
	note_loading(run.journal, &planned, text);
	result_init(result);
	result->module = xstrdup("mod");
	result->n_reports = 1;
	result->reports = xcalloc(1, sizeof(*report));
	*result->reports = *report;
	summary_set_report(&result->summary, report);
	result->summary.doing = "loading";
	result->summary.report = 0;
	run_symbolize(&run, 0, log, result);
	run.plan = (struct plan){ 0 };
	run_release(&run);
}

static void expect(struct result *result, const char *fmt, ...)
{
	_cleanup_free_ char *summary = result_summary(result);
	char expected[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(expected, sizeof(expected), fmt, ap);
	va_end(ap);
	assert_string_equal(summary, expected);
	result_release(result);
}

static struct klog_report died_in(const char *function, const char *module)
{
	struct klog_report report = { .kind = KLOG_OOPS, .title = "it died" };

	snprintf(report.function, sizeof(report.function), "%s", function);
	snprintf(report.module, sizeof(report.module), "%s", module);
	return report;
}

static void add_frame(struct klog_report *report, struct klog_frame frame)
{
	report->trace[report->n++] = frame;
}

static struct klog_frame bare_frame(const char *function, const char *module)
{
	struct klog_frame frame = { 0 };

	snprintf(frame.function, sizeof(frame.function), "%s", function);
	snprintf(frame.module, sizeof(frame.module), "%s", module);
	return frame;
}

static void names_the_place_in_the_summary(void **state)
{
	struct klog_report report = died_in("user", "mod");
	struct result result;

	(void)state;
	make_default();
	add_frame(&report, frame("user", marks[MARK_SET], marks[SIZE_USER], true));
	symbolize_run(&result, &report, "", 0);
	assert_string_equal(result.summary.module, "mod");
	assert_int_equal(result.summary.where.line, line_of("/* in set"));
	expect(&result, "it died in user (mod.c:%d) while loading mod", line_of("/* in set"));
}

/* In the kernel, called by the module. */
static void names_who_called_the_kernel(void **state)
{
	struct klog_report report = died_in("kfree_it", "");
	struct result result;

	(void)state;
	make_default();
	add_frame(&report, bare_frame("kfree_it", ""));
	add_frame(&report, frame("user", marks[MARK_CALL], marks[SIZE_USER], false));
	symbolize_run(&result, &report, "", 0);
	assert_int_equal(result.sources[0].frame, 1);
	assert_null(result.summary.where.file);
	expect(&result, "it died in kfree_it, from user (mod.c:%d) while loading mod",
	       line_of("/* the call"));
}

/* At an address that the module had. */
static void names_what_is_no_longer_in_memory(void **state)
{
	struct klog_report report = died_in("run_timers", "");
	struct result result;

	(void)state;
	make_default();
	report.pc = 0xffff800000d6c000 + marks[MARK_CALL];
	symbolize_run(&result, &report, "", 0xffff800000d6c000);
	assert_string_equal(result.reports[0].function, "user");
	assert_true(result.summary.unloaded);
	expect(&result, "it died in user (mod.c:%d), no longer in memory, while loading mod",
	       line_of("/* the call"));
}

static void leaves_alone_what_it_does_not_know(void **state)
{
	struct klog_report report = died_in("f", "other");
	struct result result;

	(void)state;
	make_default();
	add_frame(&report, bare_frame("f", "other"));
	symbolize_run(&result, &report, "", 0);
	expect(&result, "it died in f [other] while loading mod");
}

/*
 * No place is parsed from a title: a kernel may print something that looks like one of our
 * sentences.
 */
static void reads_no_place_out_of_words(void **state)
{
	struct klog_report report = died_in("user", "mod");
	struct result result;

	(void)state;
	make_default();
	snprintf(report.title, sizeof(report.title), "user [mod] died while idle");
	add_frame(&report, frame("user", marks[MARK_SET], marks[SIZE_USER], true));
	symbolize_run(&result, &report, "", 0);
	expect(&result, "user [mod] died while idle in user (mod.c:%d) while loading mod",
	       line_of("/* in set"));
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
	symbolize_run(&result, &report, log, 0);
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
		cmocka_unit_test_setup(names_who_called_the_kernel, sample_clear),
		cmocka_unit_test_setup(names_what_is_no_longer_in_memory, sample_clear),
		cmocka_unit_test_setup(leaves_alone_what_it_does_not_know, sample_clear),
		cmocka_unit_test_setup(reads_no_place_out_of_words, sample_clear),
		cmocka_unit_test_setup(keeps_registers, sample_clear),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_end);
}
