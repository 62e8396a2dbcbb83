// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel reports in logs: finding them, naming them, telling them apart; and text that is not
 * a report.
 */
#include "common/cleanup.h"
#include "common/klog/klog.h"
#include "common/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FOUND 8

struct found {
	struct klog_report reports[MAX_FOUND];
	size_t n;
	uint64_t begun;
};

static void on_report(const struct klog_report *r, void *arg)
{
	struct found *f = arg;

	print_message("  %s: %s | %s [%s]%s%s %llu-%llu, %zu frames\n", klog_kind_name(r->kind),
		      r->title, r->function, r->module, r->fatal ? " fatal" : "",
		      r->corrupted ? " corrupted" : "", (unsigned long long)r->start,
		      (unsigned long long)r->end, r->n);
	assert_true(f->n < MAX_FOUND);
	f->reports[f->n++] = *r;
}

/* `prefix` comes before each line; "%d" in it is the number of the line. */
static void feed(struct found *f, const char *text, const char *prefix)
{
	struct klog *k = malloc(sizeof(*k));
	uint64_t number = 0;

	memset(f, 0, sizeof(*f));
	klog_init(k, on_report, f);
	for (const char *nl; *text; text = nl + 1) {
		char line[1024];
		int n;

		nl = strchr(text, '\n');
		number++;
		n = snprintf(line, sizeof(line), "%s%.*s\n", prefix, (int)(nl - text), text);
		klog_feed(k, line, (size_t)n, number);
	}
	klog_flush(k);
	f->begun = k->begun;
	free(k);
}

#define STATE_LINES                                                                     \
	"Modules linked in: crash(O+)\n"                                                \
	"CPU: 1 PID: 321 Comm: insmod Tainted: G           O       6.1.0-50-arm64 #1\n" \
	"Hardware name: linux,dummy-virt (DT)\n"                                        \
	"pstate: 60400005 (nZCv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)\n"

#define OOPS                                                                                     \
	"Unable to handle kernel NULL pointer dereference at virtual address 0000000000000000\n" \
	"Mem abort info:\n  ESR = 0x0000000096000044\n  EC = 0x25: DABT (current EL)\n"          \
	"Data abort info:\n  ISV = 0, ISS = 0x00000044\n  CM = 0, WnR = 1\n"                     \
	"[0000000000000000] user address but active_mm is swapper\n"                             \
	"Internal error: Oops: 0000000096000044 [#1] SMP\n" STATE_LINES                          \
	"pc : c_init+0x2c/0x1000 [crash]\n"                                                      \
	"lr : c_init+0x20/0x1000 [crash]\n"                                                      \
	"sp : ffff80000a4cbaa0\n"                                                                \
	"x29: ffff80000a4cbaa0 x28: ffff80000a4cbc20 x27: ffffd1c3b5b0a000\n"                    \
	"Call trace:\n c_init+0x2c/0x1000 [crash]\n do_one_initcall+0x50/0x2b0\n"                \
	" do_init_module+0x50/0x210\n"                                                           \
	"Code: d2800000 f9000001 (b900001f) d65f03c0 \n"                                         \
	"---[ end trace 0000000000000000 ]---\n"

#define WARNING_TAIL                                                                     \
	STATE_LINES                                                                      \
	"pc : w_init+0x18/0x1000 [warn]\nlr : w_init+0x10/0x1000 [warn]\n"               \
	"Call trace:\n w_init+0x18/0x1000 [warn] (P)\n do_one_initcall+0x50/0x2b0 (P)\n" \
	"---[ end trace 0000000000000000 ]---\n"

#define CUT "------------[ cut here ]------------\n"

static const struct {
	const char *what, *text;
	enum klog_kind kind;
	const char *function, *module, *title; /* title: its beginning */
	bool fatal, corrupted;
} cases[] = {
	{ "arm64 oops", OOPS, KLOG_OOPS, "c_init", "crash",
	  "Unable to handle kernel NULL pointer dereference", true, false },
	{ "oops, then panic",
	  OOPS "Kernel panic - not syncing: Oops: Fatal exception\nSMP: stopping secondary CPUs\n"
	       "---[ end Kernel panic - not syncing: Oops: Fatal exception ]---\n",
	  KLOG_OOPS, "c_init", "crash", "Unable to handle", true, false },
	{ "arm64 warning",
	  CUT "WARNING: CPU: 0 PID: 12 at /tmp/warn.c:7 w_init+0x18/0x1000 [warn]\n" WARNING_TAIL,
	  KLOG_WARNING, "w_init", "warn", "WARNING: CPU: 0 PID: 12 at /tmp/warn.c:7", false,
	  false },
	{ "warning of 2025",
	  CUT "WARNING: warn.c:7 at w_init+0x18/0x1000 [warn], CPU#0: insmod/12\n" WARNING_TAIL,
	  KLOG_WARNING, "w_init", "warn", "WARNING: warn.c:7 at", false, false },
	{ "warning, then panic_on_warn",
	  CUT "WARNING: CPU: 0 PID: 12 at /tmp/warn.c:7 w_init+0x18/0x1000 [warn]\n" WARNING_TAIL
	      "Kernel panic - not syncing: kernel: panic_on_warn set ...\n",
	  KLOG_WARNING, "w_init", "warn", "WARNING", true, false },
	{ "BUG on arm64",
	  CUT "kernel BUG at /tmp/bug.c:9!\nInternal error: Oops - BUG: 00000000f2000800 [#1] "
	      "SMP\n" STATE_LINES
	      "pc : b_init+0x8/0x1000 [bug]\nCall trace:\n b_init+0x8/0x1000 [bug]\n",
	  KLOG_BUG, "b_init", "bug", "kernel BUG at /tmp/bug.c:9!", true, false },
	{ "refcount",
	  CUT "refcount_t: underflow; use-after-free.\n"
	      "WARNING: CPU: 0 PID: 12 at lib/refcount.c:28 "
	      "refcount_warn_saturate+0xf4/0x148\n" STATE_LINES
	      "pc : refcount_warn_saturate+0xf4/0x148\nCall trace:\n "
	      "refcount_warn_saturate+0xf4/0x148\n"
	      " r_exit+0x30/0xff0 [ref]\n",
	  KLOG_REFCOUNT, "r_exit", "ref", "refcount_t: underflow", false, false },
	{ "list corruption",
	  CUT
	  "list_del corruption. next->prev should be ffff0000c3a5b000, but was 6b6b6b6b6b6b6b6b\n"
	  "kernel BUG at lib/list_debug.c:62!\nInternal error: Oops - BUG: 00000000f2000800 [#1] "
	  "SMP\n" STATE_LINES "pc : __list_del_entry_valid+0xb8/0xd0\n"
	  "Call trace:\n __list_del_entry_valid+0xb8/0xd0\n l_exit+0x1c/0xff0 [lst]\n",
	  KLOG_LIST_CORRUPTION, "l_exit", "lst", "list_del corruption", true, false },
	{ "x86 oops",
	  "BUG: kernel NULL pointer dereference, address: 0000000000000008\n#PF: supervisor write "
	  "access in kernel mode\n"
	  "Oops: 0002 [#1] PREEMPT SMP NOPTI\nCPU: 0 PID: 1 Comm: insmod\n"
	  "RIP: 0010:x_init+0x5/0x1000 [x]\nCall Trace:\n <TASK>\n ? __die+0x1/0x2\n "
	  "do_one_initcall+0x1/0x2\n"
	  " </TASK>\n---[ end trace 0000000000000000 ]---\n",
	  KLOG_OOPS, "x_init", "x", "BUG: kernel NULL pointer dereference", true, false },
	{ "panic alone",
	  "Kernel panic - not syncing: as asked\nCPU: 0 PID: 1 Comm: insmod\nCall trace:\n "
	  "dump_backtrace+0x1/0x2\n"
	  " show_stack+0x1/0x2\n dump_stack+0x1/0x2\n panic+0x1/0x2\n p_init+0x1/0x2 [p]\n",
	  KLOG_PANIC, "p_init", "p", "Kernel panic - not syncing: as asked", true, false },
	{ "hung task",
	  "INFO: task insmod:321 blocked for more than 10 seconds.\n      Not tainted 6.1.0 #1\n"
	  "\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.\n"
	  "task:insmod state:D stack:0 pid:321 ppid:320 flags:0x00000008\nCall trace:\n "
	  "__switch_to+0x1/0x2\n"
	  " __schedule+0x1/0x2\n schedule+0x1/0x2\n h_init+0x1/0x2 [h]\n do_one_initcall+0x1/0x2\n",
	  KLOG_HUNG_TASK, "h_init", "h", "INFO: task insmod:321 blocked", false, false },
	{ "soft lockup",
	  "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [insmod:12]\n" STATE_LINES
	  "pc : s_init+0x8/0x1000 [s]\nCall trace:\n s_init+0x8/0x1000 [s]\n "
	  "do_one_initcall+0x1/0x2\n",
	  KLOG_SOFT_LOCKUP, "s_init", "s", "watchdog: BUG: soft lockup", false, false },
	{ "RCU stall",
	  "rcu: INFO: rcu_preempt self-detected stall on CPU\nrcu: \t0-....: (5249 ticks this GP)\n"
	  "\t(t=5250 jiffies g=1 q=2)\nCPU: 0 PID: 12 Comm: insmod\npc : r_init+0x8/0x1000 [r]\n"
	  "Call trace:\n r_init+0x8/0x1000 [r]\n do_one_initcall+0x1/0x2\n",
	  KLOG_RCU_STALL, "r_init", "r", "rcu: INFO: rcu_preempt self-detected stall", false,
	  false },
	{ "sleeping in atomic context",
	  "BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580\n"
	  "in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 12, name: insmod\nCPU: 0 PID: 12 "
	  "Comm: insmod\n"
	  "Call trace:\n dump_stack+0x1/0x2\n __might_resched+0x1/0x2\n __might_sleep+0x1/0x2\n"
	  " mutex_lock+0x1/0x2\n a_init+0x1/0x2 [a]\n",
	  KLOG_ATOMIC_SLEEP, "a_init", "a", "BUG: sleeping function", false, false },
	{ "KASAN",
	  "==================================================================\n"
	  "BUG: KASAN: slab-use-after-free in k_read+0x1c/0x40 [k]\nWrite of size 8 at addr "
	  "ffff0000c3a5b000 by task cat/12\n"
	  "\nCPU: 0 PID: 12 Comm: cat\nCall trace:\n dump_backtrace+0x1/0x2\n "
	  "kasan_report+0x1/0x2\n"
	  " k_read+0x1c/0x40 [k]\n vfs_read+0x1/0x2\n\nAllocated by task 11:\n "
	  "kasan_save_stack+0x1/0x2\n other+0x1/0x2 [o]\n",
	  KLOG_KASAN, "k_read", "k", "BUG: KASAN: slab-use-after-free", false, false },
	{ "UBSAN",
	  "UBSAN: array-index-out-of-bounds in /tmp/u.c:9:3\nindex 9 is out of range for type 'int "
	  "[4]'\n"
	  "CPU: 0 PID: 12 Comm: insmod\nCall trace:\n dump_stack+0x1/0x2\n ubsan_epilogue+0x1/0x2\n"
	  " __ubsan_handle_out_of_bounds+0x1/0x2\n u_init+0x1/0x2 [u]\n",
	  KLOG_UBSAN, "u_init", "u", "UBSAN: array-index-out-of-bounds", false, false },
	{ "SLUB",
	  "=============================================================================\n"
	  "BUG kmalloc-64 (Tainted: G           O      ): Poison overwritten\n"
	  "-----------------------------------------------------------------------------\n\n"
	  "CPU: 0 PID: 12 Comm: insmod\nCall trace:\n dump_stack+0x1/0x2\n "
	  "check_bytes_and_report+0x1/0x2\n"
	  " d_init+0x1/0x2 [d]\n",
	  KLOG_SLUB, "d_init", "d", "BUG kmalloc-64", false, false },
	{ "lockdep",
	  "============================================\nWARNING: possible recursive locking "
	  "detected\n"
	  "6.1.0 #1 Tainted: G           O\n--------------------------------------------\n"
	  "insmod/12 is trying to acquire lock:\nffff0000c3a5b000 (lock_a){+.+.}-{3:3}, at: "
	  "d_init+0x20/0x1000 [d]\n\n"
	  "but task is already holding lock:\nffff0000c3a5b040 (lock_a){+.+.}-{3:3}, at: "
	  "d_init+0x10/0x1000 [d]\n\n"
	  "stack backtrace:\nCPU: 0 PID: 12 Comm: insmod\nCall trace:\n dump_stack+0x1/0x2\n"
	  " __lock_acquire+0x1/0x2\n lock_acquire+0x1/0x2\n d_init+0x20/0x1000 [d]\n",
	  KLOG_LOCKDEP, "d_init", "d", "WARNING: possible recursive locking detected", false,
	  false },
	{ "a trace that nothing announced",
	  "Call trace:\n dump_stack+0x1/0x2\n t_init+0x1/0x2 [t]\n", KLOG_TRACE, "t_init", "t",
	  "Call trace:", false, false },
	{ "cut off", "BUG: KASAN: slab-use-after-free in k_read+0x1c/0x40 [k]\n", KLOG_KASAN,
	  "k_read", "k", "BUG: KASAN", false, true },
	{ "some other BUG with a dump",
	  "BUG: my structure is broken\nCPU: 0 PID: 1 Comm: x\nCall trace:\n f+0x1/0x2 [m]\n",
	  KLOG_BUG, "f", "m", "BUG: my structure", false, false },
	{ "unexpected reboot",
	  "Booting Linux on physical CPU 0x0000000000 [0x410fd034]\nLinux version "
	  "6.1.0\nfirst\nsecond\n"
	  "Booting Linux on physical CPU 0x0000000000 [0x410fd034]\nLinux version 6.1.0\n",
	  KLOG_REBOOT, "", "", "Booting Linux", true, false },
};

static void check_case(size_t i, const char *prefix)
{
	const struct klog_report *r;
	struct found f;

	print_message("%s\n", cases[i].what);
	feed(&f, cases[i].text, prefix);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.begun, 1);
	r = &f.reports[0];
	assert_string_equal(klog_kind_name(r->kind), klog_kind_name(cases[i].kind));
	assert_string_equal(r->function, cases[i].function);
	assert_string_equal(r->module, cases[i].module);
	assert_int_equal(strncmp(r->title, cases[i].title, strlen(cases[i].title)), 0);
	assert_int_equal(r->fatal, cases[i].fatal);
	assert_int_equal(r->corrupted, cases[i].corrupted);
	assert_true(r->start <= r->end);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_case(i, "");
}

/* The same reports are found in every form of a log. */
static void test_prefixes(void **state)
{
	static const char *const prefixes[] = {
		"[   12.345678] ",
		"[   12.345678][  T123] ",
		"[   12.345678] [  T123] ",
		"<4>[   12.345678] ",
		"<4>",
		"Nov 22 20:00:00 raspberrypi kernel: ",
		"Nov 22 20:00:00 raspberrypi kernel: [   12.345678] ",
		"Nov 22 20:00:00.123456 raspberrypi kernel: ",
		"2023-11-22T20:00:00+0100 raspberrypi kernel: ",
		"2023-11-22T20:00:00,123456+00:00 ",
		"[Wed Nov 22 20:00:00 2023] ",
		"[Nov22 20:00] ",
		"[  +0.000012] ",
		"[   12.345678 <    0.000012>] ",
		"kern  :warn  : [   12.345678] ",
		"4,1234,12345678,-;",
		"4,1234,12345678,-,caller=T123;",
		"vm login: [   12.345678] ",
		"\x1b[33m[   12.345678] \x1b[0m",
		"\r",
	};

	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(prefixes); p++) {
		print_message("--- <%s>\n", prefixes[p]);
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
			check_case(i, prefixes[p]);
	}
}

static void test_innocent(void **state)
{
	static const char *const texts[] = {
		"BUG: this is what a module says\nand goes on\n",
		"mymodule: BUG: nothing happened\nCPU: 0 PID: 1 Comm: x\n",
		"WARNING: the mand mount option is being deprecated\n",
		"hello: WARNING: CPU: 0 PID: 1 at x.c:1 f+0x1/0x2\n",
		"INFO: something\nok 1\n",
		"Kernel command line: root=/dev/vda panic=1 BUG: WARNING: oops=panic\n",
		"Boot parameters: BUG: KASAN:\n",
		"audit: type=1400 msg=\"BUG: KASAN: use-after-free in f\"\n",
		"Call trace:\n",
		"Call trace: is what follows\nnothing of the kind\n",
		"lockdep is off. Oops: not really\n",
		"Oops: I did it again\n",
		"Internal error: none\n",
		"FAULT_INJECTION: forcing a failure.\nCPU: 0 PID: 1 Comm: x\nCall Trace:\n "
		"dump_stack+0x1/0x2\n f+0x1/0x2\n",
		"cat invoked oom-killer: gfp_mask=0x1\nCPU: 0 PID: 1 Comm: x\nCall trace:\n "
		"dump_stack+0x1/0x2\n",
		"sysrq: Show Blocked State\nCall trace:\n __switch_to+0x1/0x2\n",
		"Linux version 6.1.0\nMemory: 1G\nreboot: Restarting system\nLinux version 6.1.0\n",
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct found f;

		print_message("%s", texts[i]);
		feed(&f, texts[i], "[    1.234567] ");
		assert_int_equal(f.n, 0);
		assert_int_equal(f.begun, 0);
	}
}

/* Two reports stay two, even if two CPUs print at once. */
static void test_told_apart(void **state)
{
	struct found f;

	(void)state;
	feed(&f,
	     OOPS
	     "something else\n" CUT
	     "WARNING: CPU: 0 PID: 12 at /tmp/warn.c:7 w_init+0x18/0x1000 [warn]\n" WARNING_TAIL,
	     "[   12.345678] ");
	assert_int_equal(f.n, 2);
	assert_string_equal(f.reports[1].function, "w_init");

	feed(&f,
	     "[    1.000001][  T11] WARNING: CPU: 0 PID: 11 at a.c:1 fa+0x1/0x2 [a]\n"
	     "[    1.000002][  T22] WARNING: CPU: 1 PID: 22 at b.c:1 fb+0x1/0x2 [b]\n"
	     "[    1.000003][  T11] Call trace:\n[    1.000003][  T22] Call trace:\n"
	     "[    1.000004][  T22]  fb+0x1/0x2 [b]\n[    1.000004][  T11]  fa+0x1/0x2 [a]\n"
	     "[    1.000005][  T11]  common+0x1/0x2\n[    1.000005][  T22] ---[ end trace 0 ]---\n",
	     "");
	assert_int_equal(f.n, 2);
	assert_int_equal(f.reports[0].n, 2);
	assert_string_equal(f.reports[0].function, "fa");
	assert_int_equal(f.reports[1].n, 1);
	assert_string_equal(f.reports[1].function, "fb");
	assert_false(f.reports[0].corrupted || f.reports[1].corrupted);
}

static void test_details(void **state)
{
	const struct klog_report *r;
	struct found f;

	(void)state;
	feed(&f, "hello\n" OOPS, "");
	r = &f.reports[0];
	assert_int_equal(r->start, 2);
	assert_string_equal(r->access, "write");
	assert_int_equal(r->n, 3);
	assert_string_equal(r->trace[0].function, "c_init");
	assert_int_equal(r->trace[0].offset, 0x2c);
	assert_int_equal(r->trace[0].size, 0x1000);
	assert_string_equal(r->trace[0].module, "crash");
	assert_string_equal(r->trace[1].module, "");

	/* Two lines joined into one, as happens on serial consoles. */
	feed(&f, "[    1.000000] something ha[    1.000001] BUG: KASAN: x in f+0x1/0x2 [m]\n", "");
	assert_int_equal(f.n, 1);
	assert_string_equal(f.reports[0].function, "f");
}

/* Which frames are an instruction ("!"), and which are return addresses. */
static void assert_exact(const char *log, const char *expected)
{
	_cleanup_(strbuf_release) struct strbuf got = STRBUF_INIT;
	struct found f;

	feed(&f, log, "");
	assert_int_equal(f.n, 1);
	for (size_t i = 0; i < f.reports[0].n; i++)
		strbuf_addf(&got, "%s%s ", f.reports[0].trace[i].function,
			    f.reports[0].trace[i].exact ? "!" : "");
	assert_string_equal(got.buf, expected);
}

static void test_exact_frames(void **state)
{
	(void)state;
	assert_exact(
		"Internal error: Oops: 96000046 [#1] SMP\npc : f+0x4/0x10 [m]\nlr : g+0x8/0x10\n"
		"Call trace:\n f+0x4/0x10 [m]\n g+0x8/0x10\n",
		"f! g ");
	/* x86 prints the instruction only before the trace, and within it after an interrupt. */
	assert_exact("Oops: 0002 [#1] SMP\nRIP: 0010:f+0x4/0x10 [m]\nCall Trace:\n <TASK>\n"
		     " g+0x8/0x10\n asm_sysvec_apic_timer_interrupt+0x16/0x20\n"
		     "RIP: 0010:h+0x4/0x10 [m]\n i+0x1/0x8\n",
		     "f! g asm_sysvec_apic_timer_interrupt h! i ");
	assert_exact(
		"watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [insmod:1]\n"
		"Call trace:\n f+0x4/0x10\n el1h_64_irq+0x64/0x68\n g+0x4/0x10 [m]\n h+0x1/0x8\n",
		"f el1h_64_irq g! h ");
	assert_exact("Internal error: Oops: 96000046 [#1] SMP\n"
		     "Call trace:\n f+0x4/0x10 [m] (P)\n g+0x8/0x10 (F)\n h+0x8/0x10 [m 0123abcd] "
		     "(PF)\n",
		     "f! g h! ");
	/* In a sanitizer's title, it is a return address. */
	assert_exact("BUG: KASAN: use-after-free in f+0x4/0x10 [m]\n"
		     "Call trace:\n kasan_report+0x1/0x8\n f+0x4/0x10 [m]\n",
		     "kasan_report f ");
}

/* A call to an address without a function: only the address is known. */
static void test_raw_pc(void **state)
{
	static const char *const logs[] = {
		"Internal error: Oops: 86000007 [#1] SMP\npc : 0xffffb4f4644ca000\n"
		"lr : call_timer_fn+0x3c/0x154\nCall trace:\n 0xffffb4f4644ca000\n f+0x1/0x8\n",
		"Oops: 0010 [#1] SMP\nRIP: 0010:0xffffb4f4644ca000\nCall Trace:\n f+0x1/0x8\n",
	};
	struct found f;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		feed(&f, logs[i], "");
		assert_int_equal(f.n, 1);
		assert_true(f.reports[0].pc == 0xffffb4f4644ca000);
		assert_int_equal(f.reports[0].n, 1);
	}
	feed(&f, OOPS, "");
	assert_int_equal(f.reports[0].pc, 0);
}

/* A report is announced before it is complete. */
static void test_begun(void **state)
{
	static const char header[] = "[    1.000000] Kernel panic - not syncing: now";
	struct found f = { 0 };
	struct klog k;

	(void)state;
	klog_init(&k, on_report, &f);
	klog_feed(&k, "[    0.900000] BUG: maybe", 25, 1);
	assert_int_equal(k.begun, 0);
	klog_feed(&k, header, sizeof(header) - 1, 2);
	assert_int_equal(k.begun, 1);
	assert_int_equal(f.n, 0);
	klog_flush(&k);
	assert_int_equal(f.n, 1);
	klog_flush(&k);
	assert_int_equal(f.n, 1);
}

static void test_bounds(void **state)
{
	static char line[100000];
	struct found f;
	char text[8192] = "BUG: KASAN: x in f+0x1/0x2\nCall trace:\n";

	(void)state;
	for (int i = 0; i < 100; i++)
		strcat(text, " some_function_name+0x1/0x2\n");
	feed(&f, text, "");
	assert_int_equal(f.n, 1);
	assert_int_equal(f.reports[0].n, KLOG_MAX_FRAMES);
	assert_true(f.reports[0].truncated);

	memset(line, 'x', sizeof(line));
	memcpy(line, "BUG: KASAN: ", 12);
	memset(&f, 0, sizeof(f));
	{
		struct klog k;

		klog_init(&k, on_report, &f);
		klog_feed(&k, line, sizeof(line), 1);
		klog_feed(&k, line, 0, 2);
		klog_flush(&k);
	}
	assert_int_equal(f.n, 1);
	assert_int_equal(strlen(f.reports[0].title), KLOG_TITLE_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),    cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_innocent), cmocka_unit_test(test_told_apart),
		cmocka_unit_test(test_details),  cmocka_unit_test(test_exact_frames),
		cmocka_unit_test(test_raw_pc),   cmocka_unit_test(test_begun),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
