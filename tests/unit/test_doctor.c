// SPDX-License-Identifier: GPL-2.0-only
/* How doctor grades a board's preparations for a crash. */
#include "unit.h"

#include "common/cleanup.h"
#include "host/workflow/doctor.h"

#include <string.h>

static struct board pi = { .name = (char *)"pi" };

/* A Pi with everything that it could have. */
static outpost_Survival all(void)
{
	outpost_Survival f = { .watchdog_max_s = 15,
			       .record_bytes = 65536,
			       .panic_s = 10,
			       .hung_task = true,
			       .soft_lockup = true,
			       .rcu_stall = true,
			       .systemd = true,
			       .persistent_journal = true };

	proto_set(f.watchdog, "Broadcom BCM2835 Watchdog timer");
	proto_set(f.pstore, "ramoops");
	return f;
}

static const struct finding *find(const struct findings *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->items[i].name, name) == 0)
			return &c->items[i];
	fail_msg("no check %s", name);
	return NULL;
}

static void expect(const outpost_Survival *f, enum grade grade, const char *name,
		   enum finding_state state, const char *detail, const char *mend)
{
	_cleanup_(findings_release) struct findings c = { 0 };
	const struct finding *check;

	doctor_grade(&c, &pi, f);
	assert_int_equal(c.grade, grade);
	check = find(&c, name);
	if (check->state != state || !strstr(check->detail, detail))
		fail_msg("%s: %d, %s", name, check->state, check->detail);
	if (mend && (!check->mend || !strstr(check->mend, mend)))
		fail_msg("%s: '%s' does not fix it", name, check->mend ? check->mend : "");
}

static void grades(void **state)
{
	outpost_Survival f = all();

	(void)state;
	expect(&f, GRADE_GOOD, "survival", FINDING_OK, "good: ", "--prove");
	proto_set(f.pstore, "");
	expect(&f, GRADE_FAIR, "survival", FINDING_NOTE, "fair: only the log streamed before",
	       NULL);
	proto_set(f.watchdog, "");
	expect(&f, GRADE_POOR, "survival", FINDING_NOTE, "somebody has to reset the board", NULL);
	pi.power_cycle = (char *)"relay";
	expect(&f, GRADE_POOR, "survival", FINDING_NOTE, "switched off and on", NULL);
	pi.power_cycle = NULL;
}

static void says_what_mends(void **state)
{
	outpost_Survival f = all();

	(void)state;
	f.record_bytes = 4096;
	expect(&f, GRADE_GOOD, "pstore", FINDING_NOTE, "4 KiB", "record-size=");
	proto_set(f.pstore, "");
	expect(&f, GRADE_FAIR, "pstore", FINDING_NOTE, "is lost", "dtoverlay=ramoops");
	f = all();
	f.panic_s = 0;
	expect(&f, GRADE_GOOD, "panic settings", FINDING_NOTE, "does not reboot after a panic",
	       "provision --only sysctl");
	f.persistent_journal = false;
	expect(&f, GRADE_GOOD, "system journal", FINDING_NOTE, "lost", "provision --only journal");
	f.rcu_stall = f.hung_task = false;
	expect(&f, GRADE_GOOD, "detectors", FINDING_NOTE, "hung task, RCU stall", NULL);
	expect(&f, GRADE_GOOD, "power-cycle", FINDING_NOTE, "no command", "--power-cycle");
}

static void the_watchdog_has_a_maximum_and_a_holder(void **state)
{
	outpost_Survival f = all();

	(void)state;
	expect(&f, GRADE_GOOD, "watchdog", FINDING_OK, "BCM2835 Watchdog timer, at most 15 s",
	       NULL);
	f.watchdog_active = true;
	f.watchdog_set_s = 60;
	expect(&f, GRADE_GOOD, "watchdog", FINDING_OK, "systemd uses it (60 s) and lends it", NULL);
	f.systemd = false;
	expect(&f, GRADE_FAIR, "watchdog", FINDING_NOTE, "another program uses it", "watchdogd");
	f = all();
	f.nowayout = true;
	expect(&f, GRADE_FAIR, "watchdog", FINDING_NOTE, "cannot be stopped", "nowayout=0");
}

/* --- what users of Raspberry Pis stumble over ---------------------------------------- */

static outpost_Welcome welcome;

/* A Pi 4 as it should be: nothing to explain. */
static outpost_Condition sound(void)
{
	memset(&welcome, 0, sizeof(welcome));
	proto_set(welcome.release, "6.6.51+rpt-rpi-v8");
	proto_set(welcome.machine, "aarch64");
	welcome.page_size = 4096;
	welcome.pstore = true;
	return (outpost_Condition){ .pi = true,
				    .modules = true,
				    .headers = true,
				    .program_bits = 64,
				    .watchdog_ask_s = 60,
				    .ramoops_wanted = true,
				    .ramoops_memory = true,
				    .power_known = true };
}

/* The only finding. */
static void explain(const outpost_Condition *f, const char *name, const char *detail,
		    const char *mend)
{
	_cleanup_(findings_release) struct findings c = { 0 };

	doctor_explain(&c, &welcome, f);
	if (!name) {
		assert_int_equal(c.n, 0);
		return;
	}
	if (c.n != 1 || strcmp(c.items[0].name, name) != 0 || !strstr(c.items[0].detail, detail))
		fail_msg("%zu findings, %s: %s", c.n, c.n ? c.items[0].name : "",
			 c.n ? c.items[0].detail : "");
	assert_int_not_equal(c.items[0].state, FINDING_MISSING);
	if (mend && (!c.items[0].mend || !strstr(c.items[0].mend, mend)))
		fail_msg("%s: '%s' does not fix it", name, c.items[0].mend);
}

static void explains_kernels(void **state)
{
	outpost_Condition f = sound();

	(void)state;
	explain(&f, NULL, NULL, NULL);
	f.headers = false;
	explain(&f, "headers", "none for the running kernel 6.6.51+rpt-rpi-v8", "--only headers");
	f = sound();
	proto_set(f.newer, "6.6.62+rpt-rpi-v8");
	explain(&f, "kernel upgrade", "6.6.62+rpt-rpi-v8 is installed, but 6.6.51+rpt-rpi-v8 runs",
		"restart the board");
	f = sound();
	proto_set(f.installed, "1:6.6.51-1+rpt4");
	explain(&f, "kernel upgrade", "1:6.6.51-1+rpt4 is installed", "restart the board");
	f = sound();
	f.modules = false;
	explain(&f, "kernel upgrade", "modules of the running kernel 6.6.51+rpt-rpi-v8 are gone",
		"restart the board");
	f = sound();
	f.program_bits = 32;
	explain(&f, "32-bit programs", "the kernel has 64 bits", "64-bit system");
	f = sound();
	welcome.page_size = 16384;
	explain(&f, "page size", "16 KiB", "kernel8.img");
}

static void explains_what_a_crash_needs(void **state)
{
	outpost_Condition f = sound();

	(void)state;
	f.watchdog_max_s = 15;
	explain(&f, "watchdog timeout", "asks for 60 s, and the hardware can do 15 s",
		"--only watchdog");
	f.watchdog_ask_s = 15;
	explain(&f, NULL, NULL, NULL);
	f = sound();
	f.ramoops_memory = false;
	explain(&f, "ramoops", "no memory is reserved", "restart");
	f = sound();
	welcome.pstore = false;
	explain(&f, "ramoops", "the kernel does not use it", "modprobe ramoops");
	f = sound();
	f.records_moved = 3;
	explain(&f, "crash records", "systemd-pstore moves them", NULL);
}

static void explains_power(void **state)
{
	outpost_Condition f = sound();

	(void)state;
	f.power = 0x50000;
	explain(&f, "power", "since the board started under-voltage, throttling", "power supply");
	f.power = 0x50005;
	explain(&f, "power", "now under-voltage, throttling", "power supply");
	f.power = 0x80000;
	explain(&f, "power", "since the board started the soft temperature limit", "cool");
	f.power_known = false;
	explain(&f, NULL, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grades),
		cmocka_unit_test(says_what_mends),
		cmocka_unit_test(the_watchdog_has_a_maximum_and_a_holder),
		cmocka_unit_test(explains_kernels),
		cmocka_unit_test(explains_what_a_crash_needs),
		cmocka_unit_test(explains_power),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
