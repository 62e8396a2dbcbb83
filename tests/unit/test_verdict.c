// SPDX-License-Identifier: GPL-2.0-only
/* Every row of the table of verdicts, and that a PASS needs every source of evidence. */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "host/verdict.h"
#include "journal.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const two[] = { "hello", "bystander", NULL };

static const char *const greets[] = { "hello: hello", NULL };

#define CPU_LINE(comm) \
	"CPU: 0 PID: 312 Comm: " comm " Tainted: G           OE      6.1.0-50-arm64 #1"

static const char *const oops[] = {
	"Unable to handle kernel NULL pointer dereference at virtual address 0000000000000000",
	"Mem abort info:",
	"Internal error: Oops: 0000000096000045 [#1] SMP",
	"Modules linked in: hello(OE+) virtio_net [last unloaded: bystander]",
	CPU_LINE("outpost-agent"),
	"pc : hello_init+0x2c/0x1000 [hello]",
	"lr : do_one_initcall+0x50/0x2b0",
	"Call trace:",
	" hello_init+0x2c/0x1000 [hello]",
	" do_one_initcall+0x50/0x2b0",
	" do_init_module+0x4c/0x1e0",
	"---[ end trace 0000000000000000 ]---",
	NULL,
};

static const char *const warning[] = {
	"------------[ cut here ]------------",
	"WARNING: CPU: 1 PID: 312 at /home/me/hello.c:7 hello_init+0x14/0x1000 [hello]",
	"Modules linked in: hello(OE+) virtio_net",
	CPU_LINE("outpost-agent"),
	"pc : hello_init+0x14/0x1000 [hello]",
	"lr : do_one_initcall+0x50/0x2b0",
	"Call trace:",
	" hello_init+0x14/0x1000 [hello]",
	" do_one_initcall+0x50/0x2b0",
	"---[ end trace 0000000000000000 ]---",
	NULL,
};

static const char *const other_warning[] = {
	"------------[ cut here ]------------",
	"WARNING: CPU: 1 PID: 57 at drivers/foo.c:7 bystander_work+0x14/0x20 [bystander]",
	"Modules linked in: hello(OE) bystander(OE)",
	CPU_LINE("kworker/1:1"),
	"Workqueue: events bystander_work [bystander]",
	"pc : bystander_work+0x14/0x20 [bystander]",
	"lr : process_one_work+0x1f4/0x4b0",
	"Call trace:",
	" bystander_work+0x14/0x20 [bystander]",
	" process_one_work+0x1f4/0x4b0",
	" worker_thread+0x188/0x4b0",
	"---[ end trace 0000000000000000 ]---",
	NULL,
};

static const char *const hung[] = {
	"INFO: task outpost-agent:312 blocked for more than 10 seconds.",
	"      Tainted: G           OE      6.1.0-50-arm64 #1",
	"\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.",
	"task:outpost-agent   state:D stack:0     pid:312   ppid:300    flags:0x00000004",
	"Call trace:",
	" __switch_to+0xf0/0x170",
	" __schedule+0x340/0x940",
	" hello_init+0x2c/0x1000 [hello]",
	" do_one_initcall+0x50/0x2b0",
	NULL,
};

static struct journal *journal_with(const char *const *const lines[6])
{
	struct journal *j = journal_new();

	journal_plan(j, two);
	journal_boot(j, JOURNAL_BOOT)->watchdog_s = 15;
	journal_module(j, 0, 1, lines);
	journal_end(j);
	return j;
}

static struct journal *good(void)
{
	const char *const *const lines[6] = { [outpost_Step_LOADING] = greets };

	return journal_with(lines);
}

/* What the run's module gets; the caller releases it. */
static struct run_result judge(const struct journal *j, uint32_t off)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	struct run_result run = { 0 };
	struct result result;

	journal_pack(j, &bytes);
	evidence_parse(&list, bytes.buf, bytes.len);
	if (!list.n)
		return run;
	verdict_judge(list.items[0], off, &result);
	run.results = xcalloc(1, sizeof(result));
	run.results[0] = result;
	run.n = 1;
	return run;
}

/* Takes the journal over. */
static void expect(struct journal *j, enum verdict verdict, const char *phase, const char *rule,
		   const char *summary)
{
	_cleanup_(run_result_release) struct run_result run = judge(j, 0);
	const struct result *r = run.results;

	free(j);
	assert_int_equal(run.n, 1);
	if (r->verdict != verdict || strcmp(r->phase, phase) != 0 || strcmp(r->rule, rule) != 0 ||
	    !strstr(r->summary, summary))
		fail_msg("is %s in %s by rule '%s': %s\nnot %s in %s by rule '%s': ...%s...",
			 verdict_name(r->verdict), r->phase, r->rule, r->summary,
			 verdict_name(verdict), phase, rule, summary);
}

/* --- a PASS and what it needs ------------------------------------------------ */

static void passes(void **state)
{
	_cleanup_free_ struct journal *j = good();
	_cleanup_(run_result_release) struct run_result run = judge(j, 0);
	const struct result *r = run.results;

	(void)state;
	assert_int_equal(r->verdict, VERDICT_PASS);
	assert_string_equal(r->module, "hello");
	assert_string_equal(r->phase, "unload");
	assert_string_equal(r->rule, "");
	assert_string_equal(r->summary, "loaded, tested and unloaded");
	assert_int_equal(r->timings_ms[TIMING_LOAD], 2);
	assert_int_equal(r->timings_ms[TIMING_BUILD], -1);
	assert_int_equal(r->log_records, 1);
	assert_int_equal(r->n_reports, 0);
}

static bool is_pass(const struct journal *j)
{
	_cleanup_(run_result_release) struct run_result run = judge(j, 0);

	return run.n && run.results[0].verdict == VERDICT_PASS;
}

/* Without any one entry that is about this module there is no PASS. */
static void every_entry_counts(void **state)
{
	size_t checked = 0;

	(void)state;
	for (size_t i = 0;; i++) {
		_cleanup_free_ struct journal *j = good();
		pb_size_t kind;

		if (i >= j->n)
			break;
		kind = j->entries[i].which_body;
		if (kind == outpost_Entry_run_end_tag ||
		    (kind == outpost_Entry_module_tag && j->entries[i].body.module.index == 1))
			continue;
		journal_drop(j, i);
		checked++;
		if (is_pass(j))
			fail_msg("still a pass without entry %zu (of kind %u)", i, kind);
	}
	assert_true(checked > 15);
}

static void no_end(struct journal *j)
{
	while (j->entries[j->n - 1].which_body != outpost_Entry_end_tag)
		j->n--;
	j->n--;
}

static void report_in_window(struct journal *j)
{
	_cleanup_free_ struct journal *with = NULL;
	const char *const *const lines[6] = { [outpost_Step_LOADING] = warning };

	with = journal_with(lines);
	*j = *with;
}

#define STATE(name, when, statement)                                            \
	static void name(struct journal *j)                                     \
	{                                                                       \
		outpost_State *s = journal_state(j, outpost_State_When_##when); \
		statement;                                                      \
	}
#define STEP(name, step, statement)                                            \
	static void name(struct journal *j)                                    \
	{                                                                      \
		outpost_StepEnd *s = journal_step_end(j, outpost_Step_##step); \
		statement;                                                     \
	}
#define END(name, statement)                                                               \
	static void name(struct journal *j)                                                \
	{                                                                                  \
		outpost_ModuleEnd *s = &journal_first(j, outpost_Entry_end_tag)->body.end; \
		statement;                                                                 \
	}

STATE(log_unread_before, BEFORE, s->has_log = false)
STATE(log_unread_after, AFTER, s->has_log = false)
STATE(tainted_w, AFTER, s->taint |= 1u << 9)
STATE(tainted_f, AFTER, s->taint |= 1u << 1)
STATE(tainted_p, AFTER, s->taint |= 1u << 0)
STATE(tainted_c, AFTER, s->taint |= 1u << 10)
STATE(warned, AFTER, s->warn_count++)
STATE(oopsed, AFTER, s->oops_count++)
STATE(counts_vanished, AFTER, s->has_counts = false)
STATE(still_loaded, AFTER, s->loaded = true)
STATE(loaded_before, BEFORE, s->loaded = true)
STATE(another_boot, AFTER, proto_set(s->boot_id, JOURNAL_OTHER_BOOT))
STATE(another_nonce, AFTER, proto_set(s->nonce, "another"))
STATE(another_boot_before, BEFORE, proto_set(s->boot_id, JOURNAL_OTHER_BOOT))
STEP(load_failed, LOADING, s->error = ENODEV)
STEP(load_late, LOADING, s->late = true)
STEP(load_stuck, LOADING, s->late = s->stuck = true)
STEP(test_failed, TESTING, s->exit_status = 1)
STEP(test_killed, TESTING, s->signal = SIGSEGV)
STEP(test_late, TESTING, s->late = true)
STEP(unload_failed, UNLOADING, s->error = EAGAIN)
STEP(unload_stuck, UNLOADING, s->stuck = true)
STEP(prepare_failed, PREPARE, s->error = ENOENT)
STEP(settle_failed, SETTLE, s->error = EIO)
STEP(restore_failed, RESTORE, s->error = EAGAIN)
END(leftovers_unchecked, s->leftovers_checked = false)
END(not_run, s->not_run = true)
END(window_longer_than_read, s->end_sequence++)
END(window_unknown, s->first_sequence = s->end_sequence = 0)
END(window_opened_late, s->first_sequence++)

static void left_behind(struct journal *j)
{
	outpost_Entry *end = journal_first(j, outpost_Entry_end_tag);
	size_t at = (size_t)(end - j->entries);

	memmove(end + 1, end, (j->n++ - at) * sizeof(*end));
	*end = (outpost_Entry){ .time_us = end[1].time_us,
				.which_body = outpost_Entry_leftover_tag };
	proto_set(end->body.leftover.path, "/proc/hello");
}

/* Makes room for copies of the `n` entries from `at` on, behind them. */
static outpost_Entry *again(struct journal *j, size_t at, size_t n)
{
	assert_true(j->n + n <= JOURNAL_MAX);
	memmove(&j->entries[at + n], &j->entries[at], (j->n - at) * sizeof(j->entries[0]));
	j->n += n;
	return &j->entries[at + n];
}

/* As after a link that was cut: it must not stand in for another that never came. */
static void one_record_twice(struct journal *j)
{
	again(j, (size_t)(journal_first(j, outpost_Entry_record_tag) - j->entries), 1);
	window_longer_than_read(j);
}

static void unloaded_twice_loaded_once(struct journal *j)
{
	size_t at = 0;

	while (j->entries[at].which_body != outpost_Entry_step_tag ||
	       j->entries[at].body.step.step != outpost_Step_UNLOADING)
		at++;
	again(j, at, 2)->body.step.repetition = 1;
	journal_first(j, outpost_Entry_plan_tag)->body.plan.repeat = 2;
}

static void output_cut_short(struct journal *j)
{
	outpost_Entry *end = journal_first(j, outpost_Entry_end_tag);
	outpost_Entry entry = { .time_us = end->time_us, .which_body = outpost_Entry_output_tag };

	entry.body.output.truncated = true;
	again(j, (size_t)(end - j->entries), 1);
	*end = entry;
}

static void in_place_of_record(struct journal *j, pb_size_t kind)
{
	outpost_Entry *record = journal_first(j, outpost_Entry_record_tag);

	memset(&record->body, 0, sizeof(record->body));
	record->which_body = kind;
}

static void lost_records(struct journal *j)
{
	in_place_of_record(j, outpost_Entry_lost_tag);
	journal_first(j, outpost_Entry_lost_tag)->body.lost.count = 1;
}

static void no_boot_identity(struct journal *j)
{
	outpost_Boot *boot = &journal_first(j, outpost_Entry_boot_tag)->body.boot;

	boot->nonce[0] = '\0';
	journal_state(j, outpost_State_When_BEFORE)->nonce[0] = '\0';
	journal_state(j, outpost_State_When_AFTER)->nonce[0] = '\0';
}

static void rebooted_afterwards(struct journal *j)
{
	j->n--;
	journal_boot(j, JOURNAL_OTHER_BOOT);
}

static void fewer_repetitions(struct journal *j)
{
	journal_first(j, outpost_Entry_plan_tag)->body.plan.repeat = 2;
}

static void missing_log_line(struct journal *j)
{
	outpost_PlanModule *m = &journal_first(j, outpost_Entry_module_tag)->body.module;

	m->log_lines_count = 1;
	proto_set(m->log_lines[0], "hello: nobody says this");
}

static void every_source_of_evidence_counts(void **state)
{
	static const struct {
		const char *name;
		void (*take)(struct journal *j);
	} cases[] = {
#define CASE(fn) { #fn, fn }
		CASE(no_end),
		CASE(report_in_window),
		CASE(log_unread_before),
		CASE(log_unread_after),
		CASE(tainted_w),
		CASE(tainted_f),
		CASE(tainted_p),
		CASE(tainted_c),
		CASE(warned),
		CASE(oopsed),
		CASE(counts_vanished),
		CASE(still_loaded),
		CASE(loaded_before),
		CASE(another_boot),
		CASE(another_nonce),
		CASE(another_boot_before),
		CASE(load_failed),
		CASE(load_late),
		CASE(load_stuck),
		CASE(test_failed),
		CASE(test_killed),
		CASE(test_late),
		CASE(unload_failed),
		CASE(unload_stuck),
		CASE(prepare_failed),
		CASE(settle_failed),
		CASE(restore_failed),
		CASE(leftovers_unchecked),
		CASE(not_run),
		CASE(window_longer_than_read),
		CASE(left_behind),
		CASE(lost_records),
		CASE(no_boot_identity),
		CASE(rebooted_afterwards),
		CASE(missing_log_line),
		CASE(fewer_repetitions),
		CASE(window_unknown),
		CASE(window_opened_late),
		CASE(one_record_twice),
		CASE(unloaded_twice_loaded_once),
		CASE(output_cut_short),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ struct journal *j = good();

		assert_true(is_pass(j));
		cases[i].take(j);
		if (is_pass(j))
			fail_msg("still a pass: %s", cases[i].name);
	}
}

/* --- innocent ---------------------------------------------------------------- */

static void announced_taints_are_no_failure(void **state)
{
	_cleanup_free_ struct journal *j = good();
	outpost_PlanModule *m = &journal_first(j, outpost_Entry_module_tag)->body.module;

	(void)state;
	m->foreign_licence = m->staging = true;
	journal_state(j, outpost_State_When_AFTER)->taint |= 1u << 0 | 1u << 10 | 1u << 13;
	assert_true(is_pass(j));
}

static void what_user_space_writes_to_the_log_is_no_report(void **state)
{
	const char *const *const lines[6] = { [outpost_Step_LOADING] = warning };
	_cleanup_free_ struct journal *j = journal_with(lines);

	(void)state;
	assert_false(is_pass(j));
	for (size_t i = 0; i < j->n; i++)
		if (j->entries[i].which_body == outpost_Entry_record_tag)
			j->entries[i].body.record.user = true;
	assert_true(is_pass(j));
}

static void a_tainted_kernel_stays_as_it_was(void **state)
{
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_state(j, outpost_State_When_BEFORE)->taint = 1u << 9 | 1u << 1;
	journal_state(j, outpost_State_When_AFTER)->taint |= 1u << 9 | 1u << 1;
	assert_true(is_pass(j));
}

static void a_refused_unload_that_then_works_is_no_failure(void **state)
{
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_step_end(j, outpost_Step_UNLOADING)->tries = 5;
	assert_true(is_pass(j));
}

static void kernels_without_counts_can_pass(void **state)
{
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_state(j, outpost_State_When_BEFORE)->has_counts = false;
	journal_state(j, outpost_State_When_AFTER)->has_counts = false;
	assert_true(is_pass(j));
}

static void words_that_look_like_reports_are_none(void **state)
{
	static const char *const text[] = { "hello: WARNING: this is only text",
					    "hello: Oops, sorry", "hello: not ok, but whatever",
					    NULL };
	const char *const *const lines[6] = { [outpost_Step_LOADING] = text };
	_cleanup_free_ struct journal *j = journal_with(lines);

	(void)state;
	assert_true(is_pass(j));
}

static void a_load_that_stays_is_judged_as_such(void **state)
{
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_first(j, outpost_Entry_plan_tag)->body.plan.purpose = outpost_Purpose_LOAD;
	assert_false(is_pass(j));
	journal_state(j, outpost_State_When_AFTER)->loaded = true;
	assert_true(is_pass(j));
	journal_first(j, outpost_Entry_plan_tag)->body.plan.purpose = outpost_Purpose_UNLOAD;
	assert_false(is_pass(j));
	journal_state(j, outpost_State_When_BEFORE)->loaded = true;
	journal_state(j, outpost_State_When_AFTER)->loaded = false;
	assert_true(is_pass(j));
}

/* --- fail -------------------------------------------------------------------- */

static struct journal *changed(void (*change)(struct journal *j))
{
	struct journal *j = good();

	change(j);
	return j;
}

static void failures(void **state)
{
	static const char *const no_such[] = { "hello: unknown parameter 'count' ignored", NULL };
	const char *const *const lines[6] = { [outpost_Step_UNLOADING] = warning };
	const char *const *const ignored[6] = { [outpost_Step_LOADING] = no_such };
	struct journal *j;

	(void)state;
	expect(changed(load_failed), VERDICT_FAIL, "load", "result", "No such device (ENODEV)");
	expect(changed(load_late), VERDICT_FAIL, "load", "limit", "time limit of 10 s");
	expect(changed(test_failed), VERDICT_FAIL, "test", "exit", "status 1");
	expect(changed(test_killed), VERDICT_FAIL, "test", "exit", "SIGSEGV");
	expect(changed(test_late), VERDICT_FAIL, "test", "limit", "time limit of 10 s");
	expect(changed(report_in_window), VERDICT_FAIL, "load", "report", "hello_init");
	expect(journal_with(lines), VERDICT_FAIL, "unload", "report", "while unloading hello");
	expect(changed(left_behind), VERDICT_FAIL, "unload", "left", "/proc/hello");
	expect(changed(still_loaded), VERDICT_FAIL, "unload", "gone", "still loaded");
	expect(changed(tainted_f), VERDICT_FAIL, "load", "taint", "tainted F");
	expect(changed(missing_log_line), VERDICT_FAIL, "test", "log", "nobody says this");
	j = journal_with(ignored);
	expect(journal_with(ignored), VERDICT_PASS, "unload", "",
	       ""); /* none was asked for: its own words */
	proto_set(journal_first(j, outpost_Entry_module_tag)->body.module.params, "count=1");
	expect(j, VERDICT_FAIL, "load", "result", "does not have: count");
	j = changed(unload_failed);
	proto_set(journal_step_end(j, outpost_Step_UNLOADING)->detail, "held by sleep (412)");
	journal_step_end(j, outpost_Step_UNLOADING)->late = true;
	expect(j, VERDICT_FAIL, "unload", "gone", "held by sleep (412)");
}

static void failed_tests(void **state)
{
	static const char *const ktap[] = { "KTAP version 1", "1..2", "ok 1 first",
					    "not ok 2 second", NULL };
	const char *const *const lines[6] = { [outpost_Step_LOADING] = ktap };
	struct journal *j = journal_new();

	(void)state;
	expect(journal_with(lines), VERDICT_FAIL, "load", "ktap", "second");
	journal_plan(j, two);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	j->n--; /* the output comes before the end */
	journal_output(j, "TAP version 13\n1..2\nok 1 - first\n");
	journal_add(j, outpost_Entry_end_tag)->body.end =
		(outpost_ModuleEnd){ .attempt = 1, .leftovers_checked = true };
	expect(j, VERDICT_FAIL, "test", "ktap", "broken");
}

/* What it needs is tested by itself: what that says while it is loaded is not this module's. */
static void results_of_needs_are_not_its_own(void **state)
{
	static const char *const theirs[] = { "KTAP version 1", "1..1", "not ok 1 theirs", NULL };
	static const char *const own[] = { "KTAP version 1", "1..1", "ok 1 own", NULL };
	const char *const *const lines[6] = {
		[outpost_Step_PREPARE] = theirs, [outpost_Step_LOADING] = own
	};
	const char *const *const warns[6] = { [outpost_Step_PREPARE] = other_warning };
	_cleanup_free_ struct journal *j = journal_with(lines);
	_cleanup_(run_result_release) struct run_result run = { 0 };

	(void)state;
	run = judge(j, 0);
	assert_int_equal(run.results[0].verdict, VERDICT_PASS);
	assert_int_equal(run.results[0].ktap_pass, 1);
	expect(journal_with(warns), VERDICT_INCONCLUSIVE, "load", "owner", "[bystander]");
}

/* --- crash, hang, lost -------------------------------------------------------- */

/* The board dies in loading, after these lines were streamed, and comes back after `away` seconds.
 */
static struct journal *dies(const char *const *streamed, const char *survived, unsigned int away)
{
	const char *const *const lines[6] = { [outpost_Step_LOADING] = streamed };
	struct journal *j = journal_with(lines);

	journal_die_in(j, outpost_Step_LOADING);
	if (survived)
		journal_survivor(j, survived);
	journal_boot(j, JOURNAL_OTHER_BOOT)->wall_s += away;
	return j;
}

/* As pstore keeps it, with times from `us` on. */
static char *as_survivors(const char *const *lines, uint64_t us)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_adds(&sb, "Panic#2 Part1\n");
	for (; *lines; lines++, us += 10)
		strbuf_addf(&sb, "<4>[%5u.%06u] %s\n", (unsigned int)(us / 1000000),
			    (unsigned int)(us % 1000000), *lines);
	return strbuf_detach(&sb);
}

static void crashes(void **state)
{
	_cleanup_free_ char *survived = as_survivors(oops, 5010000);
	const char *const *const lines[6] = { [outpost_Step_TESTING] = oops };

	(void)state;
	expect(dies(oops, NULL, 3), VERDICT_CRASH, "load", "report", "hello_init");
	expect(dies(greets, survived, 3), VERDICT_CRASH, "load", "report", "died and came back");
	expect(dies(greets, NULL, 3), VERDICT_CRASH, "load", "boot", "rebooted by itself");
	expect(journal_with(lines), VERDICT_CRASH, "test", "report", "while testing hello");
	expect(changed(rebooted_afterwards), VERDICT_CRASH, "settle", "boot", "rebooted by itself");
	expect(changed(another_boot), VERDICT_CRASH, "settle", "boot", "rebooted by itself");
}

static void streamed_and_survived_are_one_log(void **state)
{
	const char *some[] = { oops[0], oops[1], oops[2], NULL };
	_cleanup_free_ struct journal *j = dies(some, NULL, 3);
	_cleanup_free_ char *survived = as_survivors(oops, 0);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint64_t first_us = journal_first(j, outpost_Entry_record_tag)->body.record.time_us;
	_cleanup_(run_result_release) struct run_result run = { 0 };

	(void)state;
	/* The same lines at the same times, and the rest of them; before all that an older oops. */
	strbuf_addf(&text, "%s", survived);
	for (size_t i = 0; oops[i]; i++) {
		uint64_t us = first_us + i * 1000;

		strbuf_addf(&text, "<4>[%5u.%06u] %s\n", (unsigned int)(us / 1000000),
			    (unsigned int)(us % 1000000), oops[i]);
	}
	j->n--;
	journal_survivor(j, text.buf);
	journal_boot(j, JOURNAL_OTHER_BOOT);
	run = judge(j, 0);
	assert_int_equal(run.results[0].verdict, VERDICT_CRASH);
	assert_int_equal(run.results[0].n_reports, 1);
	assert_string_equal(run.results[0].reports[0].module, "hello");
	assert_int_equal(run.results[0].reports[0].kind, KLOG_OOPS);
}

/* A dump says by its priority that user space wrote a line; a console's log does not, but the
 * record of the same line does. */
static void user_space_does_not_speak_for_the_kernel(void **state)
{
	static const char *const lines[] = { "hello: hello", "BUG: user space says so", NULL };
	_cleanup_free_ struct journal *j = dies(lines, NULL, 3);
	outpost_Record *said = &journal_first(j, outpost_Entry_record_tag)[1].body.record;
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_(run_result_release) struct run_result run = { 0 };
	unsigned int us = (unsigned int)said->time_us;

	(void)state;
	said->user = true;
	strbuf_addf(&text, "[%5u.%06u] %s\n", us / 1000000, us % 1000000, lines[1]);
	strbuf_addf(&text, "<11>[%5u.%06u] BUG: and says more\n", us / 1000000, us % 1000000 + 5);
	j->n--;
	journal_survivor(j, text.buf);
	journal_boot(j, JOURNAL_OTHER_BOOT)->wall_s += 3;
	run = judge(j, 0);
	assert_int_equal(run.results[0].verdict, VERDICT_CRASH);
	assert_string_equal(run.results[0].rule, "boot");
	assert_int_equal(run.results[0].n_reports, 0);
}

/* printk.time=0: what follows the last line that was read. */
static void a_log_without_times_is_told_from_what_was_read(void **state)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	(void)state;
	strbuf_adds(&text, "Panic#1 Part1\n<4>WARNING: CPU: 0 PID: 1 at old.c:1 old+0x1/0x2\n");
	for (size_t i = 0; greets[i]; i++)
		strbuf_addf(&text, "<6>%s\n", greets[i]);
	for (size_t i = 0; oops[i]; i++)
		strbuf_addf(&text, "<4>%s\n", oops[i]);
	expect(dies(greets, text.buf, 3), VERDICT_CRASH, "load", "report", "hello_init");
}

static void hangs(void **state)
{
	static const char *const detector[] = {
		"Kernel panic - not syncing: softlockup: hung tasks",
		CPU_LINE("outpost-agent"),
		"Call trace:",
		" dump_backtrace+0x0/0x1c0",
		" hello_init+0x2c/0x40 [hello]",
		NULL
	};
	const char *const *const lines[6] = { [outpost_Step_LOADING] = hung };

	(void)state;
	expect(changed(load_stuck), VERDICT_HANG, "load", "limit", "cannot be ended");
	expect(changed(unload_stuck), VERDICT_HANG, "unload", "limit", "cannot be ended");
	expect(dies(greets, NULL, 20), VERDICT_HANG, "load", "watchdog", "watchdog (15 s)");
	expect(journal_with(lines), VERDICT_HANG, "load", "report", "blocked for more than");
	expect(dies(detector, NULL, 3), VERDICT_HANG, "load", "report", "softlockup");
}

static void lost_boards(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	_cleanup_free_ struct journal *j = dies(greets, NULL, 3);
	struct run_result run = { .n = 1, .results = xcalloc(1, sizeof(*run.results)) };

	(void)state;
	j->n--; /* it never came back */
	journal_pack(j, &bytes);
	assert_true(evidence_parse(&list, bytes.buf, bytes.len) > 0);
	list.items[0]->unreachable = true;
	verdict_judge(list.items[0], 0, &run.results[0]);
	assert_int_equal(run.results[0].verdict, VERDICT_LOST);
	assert_string_equal(run.results[0].phase, "load");
	run_result_release(&run);
}

/* The run never ended, and the board was never seen again: the last module's result is no PASS. */
static void silence_after_the_last_module(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	_cleanup_free_ struct journal *j = good();
	struct result result;

	(void)state;
	j->n--; /* RunEnd */
	journal_pack(j, &bytes);
	assert_true(evidence_parse(&list, bytes.buf, bytes.len) > 0);
	list.items[0]->unreachable = true;
	verdict_judge(list.items[0], 0, &result);
	assert_int_equal(result.verdict, VERDICT_LOST);
	assert_string_equal(result.phase, "settle");
	result_release(&result);
}

/* A flood of complaints must not hide the one that killed the board. */
static void the_last_of_many_reports_counts(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	struct journal *j = journal_new();
	outpost_Entry *entry;
	struct result result;

	(void)state;
	journal_plan(j, two);
	journal_boot(j, JOURNAL_BOOT);
	entry = journal_add(j, outpost_Entry_begin_tag);
	entry->body.begin.attempt = 1;
	journal_add(j, outpost_Entry_step_tag)->body.step.step = outpost_Step_LOADING;
	for (size_t i = 0; i < j->n; i++)
		assert_int_equal(evidence_add(&list, &j->entries[i]), 0);
	for (int i = 0; i < 101; i++) {
		j->n = 0;
		journal_records(j, i < 100 ? other_warning : oops);
		for (size_t k = 0; k < j->n; k++)
			assert_int_equal(evidence_add(&list, &j->entries[k]), 0);
	}
	free(j);
	verdict_judge(list.items[0], 0, &result);
	assert_int_equal(result.verdict, VERDICT_CRASH);
	result_release(&result);
}

/* --- inconclusive, skip, error ------------------------------------------------- */

static struct journal *while_other_warns(const char *comm)
{
	const char *lines[ARRAY_SIZE(other_warning)];
	const char *const *const in[6] = { [outpost_Step_LOADING] = lines };

	memcpy(lines, other_warning, sizeof(lines));
	if (comm)
		lines[3] = comm;
	return journal_with(in);
}

static void inconclusive(void **state)
{
	(void)state;
	expect(changed(lost_records), VERDICT_INCONCLUSIVE, "load", "lost",
	       "1 kernel log records were lost");
	expect(changed(window_longer_than_read), VERDICT_INCONCLUSIVE, "load", "lost",
	       "1 kernel log records");
	expect(changed(one_record_twice), VERDICT_INCONCLUSIVE, "load", "lost",
	       "1 kernel log records");
	expect(changed(output_cut_short), VERDICT_INCONCLUSIVE, "test", "lost",
	       "more than is kept");
	expect(changed(tainted_w), VERDICT_INCONCLUSIVE, "load", "taint", "tainted W");
	expect(changed(warned), VERDICT_INCONCLUSIVE, "load", "counts", "1 warnings");
	expect(changed(another_nonce), VERDICT_INCONCLUSIVE, "settle", "boot", "earlier state");
	expect(changed(no_end), VERDICT_INCONCLUSIVE, "settle", "evidence", "a result");
	expect(while_other_warns(NULL), VERDICT_INCONCLUSIVE, "load", "owner", "[bystander]");
	/* The same in the task that loads is this module's doing. */
	expect(while_other_warns(CPU_LINE("outpost-agent")), VERDICT_FAIL, "load", "report",
	       "bystander");
	expect(while_other_warns(CPU_LINE("000000000000000")), VERDICT_FAIL, "load", "report",
	       "bystander");
}

static void skipped_and_in_error(void **state)
{
	struct journal *j = changed(not_run);

	(void)state;
	proto_set(journal_first(j, outpost_Entry_module_tag)->body.module.skip, "needs a camera");
	expect(j, VERDICT_SKIP, "load", "", "needs a camera");
	j = changed(not_run);
	proto_set(journal_first(j, outpost_Entry_end_tag)->body.end.why, "ring failed");
	expect(j, VERDICT_SKIP, "load", "", "ring failed");
	j = changed(prepare_failed);
	proto_set(journal_step_end(j, outpost_Step_PREPARE)->detail, "modprobe usbcore");
	expect(j, VERDICT_ERROR, "load", "prepare", "modprobe usbcore");
	j = good();
	journal_die_in(j, outpost_Step_TESTING);
	journal_add(j, outpost_Entry_run_end_tag)->body.run_end.cancelled = true;
	expect(j, VERDICT_SKIP, "test", "", "interrupted");
	/* What was through before keeps its result. */
	j = good();
	journal_first(j, outpost_Entry_run_end_tag)->body.run_end.cancelled = true;
	assert_true(is_pass(j));
	test_killed(j);
	expect(j, VERDICT_SKIP, "settle", "", "interrupted");
	/* The end of the run was lost: the step knows. */
	j = good();
	journal_drop(j, j->n - 1);
	*journal_step_end(j, outpost_Step_LOADING) =
		(outpost_StepEnd){ .step = outpost_Step_LOADING, .signal = 9, .cancelled = true };
	expect(j, VERDICT_SKIP, "settle", "", "interrupted");
	/* Nobody listened to what it may have said afterwards. */
	j = good();
	journal_step_end(j, outpost_Step_SETTLE)->cancelled = true;
	expect(j, VERDICT_SKIP, "settle", "", "interrupted");
	j = good();
	journal_die_in(j, outpost_Step_TESTING);
	proto_set(journal_add(j, outpost_Entry_run_end_tag)->body.run_end.what, "disk full");
	expect(j, VERDICT_ERROR, "test", "run", "disk full");
}

/* A stronger witness decides over a weaker one. */
static void the_worst_decides(void **state)
{
	const char *const *const lines[6] = { [outpost_Step_TESTING] = oops };
	struct journal *j = journal_with(lines);

	(void)state;
	test_failed(j);
	unload_failed(j);
	expect(j, VERDICT_CRASH, "test", "report", "hello_init");
	j = changed(test_failed);
	lost_records(j);
	expect(j, VERDICT_FAIL, "test", "exit", "status 1");
	j = changed(report_in_window);
	load_stuck(j);
	expect(j, VERDICT_HANG, "load", "limit", "cannot be ended");
}

/* Taken away one at a time: the good one stays good but for what rightly overlooks something. */
static void mechanisms_only_find_fault(void **state)
{
	_cleanup_free_ struct journal *j = good();

	(void)state;
	for (int m = 0; m < MECHANISM_COUNT; m++) {
		_cleanup_(run_result_release) struct run_result run = judge(j, 1u << m);

		if (m != MECHANISM_SETTLE && run.results[0].verdict != VERDICT_PASS)
			fail_msg("without %s it is %s: %s", mechanism_name(m),
				 verdict_name(run.results[0].verdict), run.results[0].summary);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes),
		cmocka_unit_test(every_entry_counts),
		cmocka_unit_test(every_source_of_evidence_counts),
		cmocka_unit_test(announced_taints_are_no_failure),
		cmocka_unit_test(what_user_space_writes_to_the_log_is_no_report),
		cmocka_unit_test(a_tainted_kernel_stays_as_it_was),
		cmocka_unit_test(a_refused_unload_that_then_works_is_no_failure),
		cmocka_unit_test(kernels_without_counts_can_pass),
		cmocka_unit_test(words_that_look_like_reports_are_none),
		cmocka_unit_test(a_load_that_stays_is_judged_as_such),
		cmocka_unit_test(failures),
		cmocka_unit_test(failed_tests),
		cmocka_unit_test(results_of_needs_are_not_its_own),
		cmocka_unit_test(crashes),
		cmocka_unit_test(streamed_and_survived_are_one_log),
		cmocka_unit_test(user_space_does_not_speak_for_the_kernel),
		cmocka_unit_test(a_log_without_times_is_told_from_what_was_read),
		cmocka_unit_test(hangs),
		cmocka_unit_test(lost_boards),
		cmocka_unit_test(silence_after_the_last_module),
		cmocka_unit_test(the_last_of_many_reports_counts),
		cmocka_unit_test(inconclusive),
		cmocka_unit_test(skipped_and_in_error),
		cmocka_unit_test(the_worst_decides),
		cmocka_unit_test(mechanisms_only_find_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
