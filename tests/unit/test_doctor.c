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
	       "kernel.panic=10");
	f.persistent_journal = false;
	expect(&f, GRADE_GOOD, "system journal", FINDING_NOTE, "lost", "/var/log/journal");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grades),
		cmocka_unit_test(says_what_mends),
		cmocka_unit_test(the_watchdog_has_a_maximum_and_a_holder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
