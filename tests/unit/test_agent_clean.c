// SPDX-License-Identifier: GPL-2.0-only
/* Which module a killed supervisor may have left loaded. */
#include "unit.h"

#include "agent/run/supervisor.h"
#include "agent_dirs.h"

#include <string.h>

#define RUN_ID "20260102-150405-1a2b3c"

static struct supervisor s;
static outpost_PlanModule module;

static int set_up(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	s.modules = &module;
	s.n_modules = 1;
	if (test_place_make(&s.dirs) < 0)
		return -1;
	return journal_create(&s.journal, &s.dirs, RUN_ID);
}

static int tear_down(void **state)
{
	(void)state;
	journal_close(&s.journal);
	return test_place_remove(&s.dirs);
}

static void note(pb_size_t tag, const char *nonce)
{
	outpost_Entry entry = { .which_body = tag };

	if (nonce)
		proto_set(entry.body.boot.nonce, nonce);
	assert_int_equal(journal_append(&s.journal, &entry), 0);
}

/* A Boot entry of the boot that we are in. */
static void note_this_boot(void)
{
	char boot_id[40], nonce[40];

	dirs_boot(&s.dirs, boot_id, nonce);
	note(outpost_Entry_boot_tag, nonce);
}

static void the_module_of_an_open_trial(void **state)
{
	(void)state;
	note_this_boot();
	note(outpost_Entry_begin_tag, NULL);
	assert_ptr_equal(supervisor_left_open(&s), &module);
	note_this_boot(); /* of the next supervisor */
	assert_ptr_equal(supervisor_left_open(&s), &module);
	note(outpost_Entry_end_tag, NULL);
	assert_null(supervisor_left_open(&s));
}

/* If the new boot has a module of that name, it loaded that itself. */
static void none_after_a_reboot(void **state)
{
	(void)state;
	note(outpost_Entry_boot_tag, "another boot");
	note(outpost_Entry_begin_tag, NULL);
	assert_null(supervisor_left_open(&s));
	note_this_boot();
	assert_null(supervisor_left_open(&s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_module_of_an_open_trial, set_up, tear_down),
		cmocka_unit_test_setup_teardown(none_after_a_reboot, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
