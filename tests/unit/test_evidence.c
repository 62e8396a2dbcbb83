// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "common/fs.h"
#include "journal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const hello[] = { "hello", NULL };
static const char *const greets[] = { "hello: hello", "hello: world", NULL };
static const char *const *const lines[6] = { [outpost_Step_LOADING] = greets };

static struct journal *good(void)
{
	struct journal *j = journal_new();

	journal_plan(j, hello);
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, lines);
	journal_end(j);
	return j;
}

static ssize_t parse(struct evidence_list *list, const struct journal *j)
{
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;

	journal_pack(j, &bytes);
	return evidence_parse(list, bytes.buf, bytes.len, NULL);
}

static size_t own_bytes(const struct journal *j)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	size_t own = 1;

	journal_pack(j, &bytes);
	assert_int_equal(evidence_parse(&list, bytes.buf, bytes.len, &own), bytes.len);
	return own;
}

static void reads_a_run(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_free_ struct journal *j = good();
	const struct evidence *e;

	(void)state;
	assert_true(parse(&list, j) > 0);
	assert_int_equal(list.n, 1);
	assert_true(list.ended);
	e = evidence_find(&list, 0);
	assert_non_null(e);
	assert_true(e->trial.ended && e->trial.has_before && e->trial.has_after);
	assert_int_equal(e->log.n_records, 2);
	assert_int_equal(e->log.records[1].length, strlen("hello: world"));
	assert_memory_equal(e->log.text.buf + e->log.records[1].offset, "hello: world", 12);
	assert_int_equal(e->trial.steps[outpost_Step_LOADING].duration_us, 2000);
	assert_string_equal(e->board.boot_id, JOURNAL_BOOT);
	assert_true(e->board.has_skew);
	assert_int_equal(e->board.skew_us, 100);
	assert_false(e->board.rebooted);
	assert_null(evidence_find(&list, 1));
}

static void keeps_the_first_failure_of_repetitions(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_free_ struct journal *j = journal_new();
	const struct evidence_step *step;

	(void)state;
	journal_plan(j, hello);
	journal_boot(j, JOURNAL_BOOT);
	journal_add(j, outpost_Entry_begin_tag)->body.begin.attempt = 1;
	journal_step(j, outpost_Step_TESTING, NULL);
	journal_step(j, outpost_Step_TESTING, NULL);
	j->entries[j->n - 1].body.step_end.exit_status = 7;
	journal_step(j, outpost_Step_TESTING, NULL);
	assert_true(parse(&list, j) > 0);
	step = &list.items[0]->trial.steps[outpost_Step_TESTING];
	assert_int_equal(step->end.exit_status, 7);
	assert_int_equal(step->duration_us, 6000);
}

static void sees_which_boot_it_is(void **state)
{
	(void)state;
	for (int ordered = 0; ordered < 2; ordered++) {
		_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
		_cleanup_free_ struct journal *j = good();

		journal_die_in(j, outpost_Step_TESTING);
		if (ordered)
			proto_set(journal_add(j, outpost_Entry_reboot_tag)->body.reboot.why,
				  "a hang");
		journal_survivor(j, "what ");
		journal_survivor(j, "was left");
		journal_boot(j, JOURNAL_OTHER_BOOT)->wall_s += 20;
		assert_true(parse(&list, j) > 0);
		assert_int_equal(list.items[0]->board.rebooted, !ordered);
		assert_int_equal(list.items[0]->board.reboot_ordered, ordered);
		/* After an ordered reboot some log always survives, but it tells nothing new. */
		assert_string_equal(list.items[0]->survivors.data.buf,
				    ordered ? "" : "what was left");
		assert_int_equal(list.items[0]->board.has_down, !ordered);
		if (!ordered)
			assert_in_range(list.items[0]->board.down_ms, 16000, 20000);
	}
}

/* A host that collects a run knows from the journal alone how long the board was gone. */
static void how_long_it_was_gone_is_in_the_journal(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_die_in(j, outpost_Step_TESTING);
	journal_add(j, outpost_Entry_recovery_tag)->body.recovery.rebooted = true;
	journal_boot(j, JOURNAL_OTHER_BOOT)->wall_s += 20;
	assert_true(parse(&list, j) > 0);
	assert_true(list.items[0]->board.has_down);
	assert_in_range(list.items[0]->board.down_ms, 16000, 20000);
}

/* For example, switched off overnight, before the doubtful modules were tried again. */
static void a_reboot_after_the_end_is_nobodys(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_boot(j, JOURNAL_OTHER_BOOT);
	journal_module(j, 0, 2, lines);
	journal_end(j);
	assert_true(parse(&list, j) > 0);
	assert_int_equal(list.n, 2);
	assert_false(list.items[0]->board.rebooted);
	assert_true(list.ended);
}

/*
 * What only the host knows is in its copy of the journal, and does not count as the board's
 * bytes.
 */
static void what_the_host_saw_is_evidence(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_free_ struct journal *j = good();
	_cleanup_free_ struct journal *whole = good();
	outpost_Recovery *recovery;
	uint64_t last_us;
	int64_t down_ms;

	(void)state;
	journal_die_in(j, outpost_Step_TESTING);
	last_us = j->entries[j->n - 1].time_us;
	recovery = &journal_add(j, outpost_Entry_recovery_tag)->body.recovery;
	j->entries[j->n - 1].time_us = 0;
	proto_set(recovery->tried, "it was reset");
	recovery->power_cycled = recovery->rebooted = recovery->has_down = true;
	recovery->down_ms = 42;
	assert_true(parse(&list, j) > 0);
	assert_int_equal(list.last_us, last_us);
	assert_int_equal(own_bytes(whole), 0);
	assert_in_range(own_bytes(j), FRAME_HEADER + 12, FRAME_HEADER + 40);
	assert_string_equal(list.items[0]->host.tried, "it was reset");
	assert_true(list.items[0]->host.power_cycled && evidence_rebooted(list.items[0]));
	assert_true(evidence_down_ms(list.items[0], &down_ms));
	assert_int_equal(down_ms, 42);
}

/*
 * A host that lost the board, or was interrupted, notes it; this holds until the board is
 * heard from again.
 */
static void how_the_host_left_it_holds_until_the_board_speaks(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list left = { 0 }, goes_on = { 0 };
	_cleanup_free_ struct journal *j = good();
	outpost_Recovery *recovery;

	(void)state;
	journal_die_in(j, outpost_Step_TESTING);
	recovery = &journal_add(j, outpost_Entry_recovery_tag)->body.recovery;
	recovery->lost = recovery->cancelled = true;
	assert_true(parse(&left, j) > 0);
	assert_true(left.lost && left.cancelled);
	assert_true(evidence_unreachable(left.items[0]) && left.items[0]->host.cancelled);
	journal_add(j, outpost_Entry_alive_tag);
	assert_true(parse(&goes_on, j) > 0);
	assert_false(goes_on.lost || goes_on.cancelled);
	assert_false(evidence_unreachable(goes_on.items[0]) || goes_on.items[0]->host.cancelled);
}

/* It came back in another boot: somebody may have power-cycled it. */
static void a_board_that_was_lost_may_still_have_crashed(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_die_in(j, outpost_Step_TESTING);
	journal_add(j, outpost_Entry_recovery_tag)->body.recovery.lost = true;
	journal_add(j, outpost_Entry_recovery_tag)->body.recovery.rebooted = true;
	assert_true(parse(&list, j) > 0);
	assert_false(list.lost || evidence_unreachable(list.items[0]));
	assert_true(evidence_rebooted(list.items[0]));
}

static void a_run_is_lost_before_it_begins(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_free_ struct journal *j = journal_new();

	(void)state;
	journal_plan(j, hello);
	journal_add(j, outpost_Entry_recovery_tag)->body.recovery.lost = true;
	assert_true(parse(&list, j) > 0);
	assert_int_equal(list.n, 0);
	assert_true(list.lost);
}

/* A skipped module did not kill the board: the one before it did. */
static void a_skipped_module_takes_no_blame(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_free_ struct journal *j = journal_new();
	static const char *const two[] = { "hello", "skipped", NULL };
	outpost_ModuleEnd *end;

	(void)state;
	journal_plan(j, two);
	proto_set(j->entries[2].body.module.skip, "needs a camera");
	journal_boot(j, JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	journal_add(j, outpost_Entry_begin_tag)->body.begin =
		(outpost_ModuleBegin){ .index = 1, .attempt = 1 };
	end = &journal_add(j, outpost_Entry_end_tag)->body.end;
	*end = (outpost_ModuleEnd){ .index = 1, .attempt = 1, .not_run = true };
	journal_survivor(j, "what was left");
	journal_boot(j, JOURNAL_OTHER_BOOT);
	assert_true(parse(&list, j) > 0);
	assert_int_equal(list.n, 2);
	assert_ptr_equal(evidence_last(&list), list.items[0]);
	assert_true(list.items[0]->board.rebooted);
	assert_string_equal(list.items[0]->survivors.data.buf, "what was left");
	assert_false(list.items[1]->board.rebooted);
}

static void same_boot_with_another_nonce_is_a_snapshot(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_die_in(j, outpost_Step_TESTING);
	proto_set(journal_boot(j, JOURNAL_BOOT)->nonce, "another");
	assert_true(parse(&list, j) > 0);
	assert_true(list.items[0]->board.restored);
	assert_false(list.items[0]->board.rebooted);
}

static void refuses_contradictions(void **state)
{
	static const struct {
		pb_size_t kind;
		size_t twice; /* 1: duplicated, 0: removed */
	} cases[] = {
		{ outpost_Entry_plan_tag, 1 },     { outpost_Entry_plan_tag, 0 },
		{ outpost_Entry_module_tag, 1 },   { outpost_Entry_module_tag, 0 },
		{ outpost_Entry_begin_tag, 0 },    { outpost_Entry_step_tag, 0 },
		{ outpost_Entry_step_end_tag, 1 }, { outpost_Entry_end_tag, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
		_cleanup_free_ struct journal *j = good();
		outpost_Entry *entry = journal_first(j, cases[i].kind);
		size_t at = (size_t)(entry - j->entries);

		if (cases[i].twice) {
			memmove(entry + 1, entry, (j->n - at) * sizeof(*entry));
			j->n++;
		} else {
			journal_drop(j, at);
		}
		if (parse(&list, j) != -EBADMSG)
			fail_msg("case %zu was accepted", i);
	}
}

static void drops_a_torn_frame_wherever_it_is_torn(void **state)
{
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	_cleanup_free_ struct journal *j = good();

	(void)state;
	journal_pack(j, &bytes);
	for (size_t n = 0; n < bytes.len; n++) {
		_cleanup_(evidence_list_release) struct evidence_list list = { 0 };
		ssize_t used = evidence_parse(&list, bytes.buf, n, NULL);

		if (used < 0 || (size_t)used > n)
			fail_msg("torn at %zu: %zd", n, used);
		assert_false(list.ended);
	}
}

static void reads_a_file_and_says_what_is_damaged(void **state)
{
	_cleanup_(evidence_list_release) struct evidence_list list = { 0 }, damaged = { 0 };
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	_cleanup_free_ struct journal *j = good();
	char path[] = "/tmp/outpost-test-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	journal_pack(j, &bytes);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(fs_write_atomic(path, bytes.buf, bytes.len - 3, 0600), 0);
	assert_int_equal(evidence_read(&list, path), 0);
	assert_int_equal(list.n, 1);
	assert_false(list.ended);
	bytes.buf[bytes.len / 2] ^= 1;
	assert_int_equal(fs_write_atomic(path, bytes.buf, bytes.len, 0600), 0);
	assert_int_equal(evidence_read(&damaged, path), -EBADMSG);
	unlink(path);
	assert_int_equal(evidence_read(&damaged, path), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_run),
		cmocka_unit_test(keeps_the_first_failure_of_repetitions),
		cmocka_unit_test(sees_which_boot_it_is),
		cmocka_unit_test(how_long_it_was_gone_is_in_the_journal),
		cmocka_unit_test(a_reboot_after_the_end_is_nobodys),
		cmocka_unit_test(what_the_host_saw_is_evidence),
		cmocka_unit_test(how_the_host_left_it_holds_until_the_board_speaks),
		cmocka_unit_test(a_board_that_was_lost_may_still_have_crashed),
		cmocka_unit_test(a_run_is_lost_before_it_begins),
		cmocka_unit_test(a_skipped_module_takes_no_blame),
		cmocka_unit_test(same_boot_with_another_nonce_is_a_snapshot),
		cmocka_unit_test(refuses_contradictions),
		cmocka_unit_test(drops_a_torn_frame_wherever_it_is_torn),
		cmocka_unit_test(reads_a_file_and_says_what_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
