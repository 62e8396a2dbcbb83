/* SPDX-License-Identifier: GPL-2.0-only */
/* Journals of one module, and the expected verdict of each. */
#ifndef TESTS_VERDICTS_H
#define TESTS_VERDICTS_H

#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "host/judge/verdict.h"
#include "journal.h"

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

static inline struct journal *journal_with(const char *const *const lines[6])
{
	struct journal *j = journal_new();

	journal_plan(j, two);
	journal_boot(j, JOURNAL_BOOT)->watchdog_s = 15;
	journal_module(j, 0, 1, lines);
	journal_end(j);
	return j;
}

static inline struct journal *good(void)
{
	const char *const *const lines[6] = { [outpost_Step_LOADING] = greets };

	return journal_with(lines);
}

/* The result of the run's module; the caller releases it. */
static inline struct run_result judge(const struct journal *j, uint32_t off)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	struct run_result run = { 0 };
	struct result result;

	journal_pack(j, &bytes);
	evidence_parse(&list, bytes.buf, bytes.len, NULL);
	if (!list.n)
		return run;
	verdict_judge(list.items[0], off, &result);
	run.results = xcalloc(1, sizeof(result));
	run.results[0] = result;
	run.n = 1;
	return run;
}

static inline bool is_pass(const struct journal *j)
{
	_cleanup_(run_result_release) struct run_result run = judge(j, 0);

	return run.n && run.results[0].verdict == VERDICT_PASS;
}

/* Takes ownership of the journal. */
static inline void expect(struct journal *j, enum verdict verdict, const char *phase,
			  const char *rule, const char *summary)
{
	_cleanup_(run_result_release) struct run_result run = judge(j, 0);
	const struct result *r = run.results;
	_cleanup_free_ char *said = NULL;

	free(j);
	assert_int_equal(run.n, 1);
	said = result_summary(r);
	if (r->verdict != verdict || strcmp(r->phase, phase) != 0 || strcmp(r->rule, rule) != 0 ||
	    !strstr(said, summary))
		fail_msg("is %s in %s by rule '%s': %s\nnot %s in %s by rule '%s': ...%s...",
			 verdict_name(r->verdict), r->phase, r->rule, said, verdict_name(verdict),
			 phase, rule, summary);
}

#endif
