// SPDX-License-Identifier: GPL-2.0-only
/* Following a run on a board that is reachable and shows signs of life, but makes no progress. */
#include "unit.h"

#include "fake_ssh.h"
#include "host/run/internal.h"
#include "host/judge/verdict.h"
#include "journal.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define RUN_ID "20260102-150405-1a2b3c"

#define PATIENCE_MS 1000
#define SHORT_MS    300  /* for answers that never come, however long one waits */
#define LATE_MS     1300 /* longer than the patience, shorter than the first try to connect */

static char dir[] = "/tmp/outpost-follow-XXXXXX";
static struct board board = { .name = (char *)"pi", .destination = (char *)"me@pi" };
static const char *const hello[] = { "hello", NULL };

/* --- the board ---------------------------------------------------------------------------- */

static void say_run(outpost_RunState_State state, uint64_t offset, uint64_t size)
{
	outpost_Reply reply = { .which_body = outpost_Reply_run_tag };

	proto_set(reply.body.run.run, RUN_ID);
	reply.body.run.state = state;
	reply.body.run.offset = offset;
	reply.body.run.size = size;
	fake_reply(&reply);
}

static uint64_t sent; /* bytes of the journal sent over this connection */

static void send_journal(const struct journal *j)
{
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;

	journal_pack(j, &bytes);
	if (fs_write_all(STDOUT_FILENO, bytes.buf, bytes.len) < 0)
		_exit(99);
	sent += bytes.len;
}

/* A supervisor that exits after its first entry. */
static void say_boot(uint64_t offset)
{
	_cleanup_free_ struct journal *j = journal_new();

	sent = 0;
	if (!offset)
		journal_plan(j, hello);
	journal_boot(j, JOURNAL_BOOT);
	send_journal(j);
	say_run(outpost_RunState_State_INTERRUPTED, offset + sent, offset + sent);
}

static void say_rest(const char *boot_id)
{
	_cleanup_free_ struct journal *j = journal_new();

	journal_boot(j, boot_id);
	if (boot_id == JOURNAL_BOOT)
		journal_module(j, 0, 2, NULL);
	journal_end(j);
	send_journal(j);
}

/* Is the link cut, or does the board die, right after the end of the run? */
static bool ends_with_it(void)
{
	return fake_is("cut-at-the-end") || fake_is("dies-at-the-end");
}

static void reset_board(void)
{
	_cleanup_free_ char *reset = fake_file("reset");

	fs_write_atomic(reset, "", 0, 0600);
}

/* Says where the journal goes on, and never sends it. */
static _Noreturn void say_states(void)
{
	for (uint64_t n = 0;; n++)
		say_run(outpost_RunState_State_RUNNING, n % 2, 2);
}

/* A kernel log without end. */
static _Noreturn void flood(struct journal *j)
{
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT, many = STRBUF_INIT;
	_cleanup_free_ struct journal *line = journal_new();
	char text[500] = "";

	journal_die_in(j, outpost_Step_TESTING);
	send_journal(j);
	memset(text, 'x', sizeof(text) - 1);
	journal_record(line, text);
	journal_pack(line, &bytes);
	for (size_t i = 0; i < 1000; i++)
		strbuf_add(&many, bytes.buf, bytes.len);
	while (fs_write_all(STDOUT_FILENO, many.buf, many.len) == 0)
		;
	_exit(0);
}

static void say_journal(void)
{
	_cleanup_free_ struct journal *j = journal_new();
	outpost_PlanModule *m;

	if (fake_was_reset() && !fake_is("holder-crashes")) {
		say_rest(JOURNAL_OTHER_BOOT);
		return;
	}
	if (fake_count("start ") > 1 && ends_with_it()) {
		say_rest(JOURNAL_BOOT);
		return;
	}
	journal_plan(j, hello);
	m = &journal_first(j, outpost_Entry_module_tag)->body.module;
	m->load_ms = m->test_ms = m->unload_ms = 100;
	journal_boot(j, fake_was_reset() ? JOURNAL_OTHER_BOOT : JOURNAL_BOOT);
	journal_module(j, 0, 1, NULL);
	journal_end(j);
	if (fake_is("held") ||
	    ends_with_it()) /* a warning was counted, but its record is missing */
		journal_state(j, outpost_State_When_AFTER)->warn_count++;
	if (fake_is("stuck"))
		journal_die_in(j, outpost_Step_TESTING);
	if (fake_is("floods"))
		flood(j);
	send_journal(j);
	if (fake_is("dies-at-the-end"))
		reset_board();
	if (ends_with_it())
		_exit(0);
}

/* The power of the board is cut after it has received the plan. */
static void say_plan_only(void)
{
	_cleanup_free_ struct journal *j = journal_new();

	journal_plan(j, hello);
	send_journal(j);
	_exit(0);
}

static void say_busy(const char *run)
{
	outpost_Reply reply = { .which_body = outpost_Reply_busy_tag };

	proto_set(reply.body.busy.run, run);
	fake_reply(&reply);
}

static bool forgets(void)
{
	return fake_is("forgets-always") || (fake_is("forgets") && fake_count("start ") == 1);
}

static void take_start(uint64_t offset)
{
	fake_note("start ");
	if (forgets()) {
		say_run(outpost_RunState_State_RUNNING, 0, 0);
		say_plan_only();
	}
	if (fake_is("deaf") || (fake_is("deaf-once") && fake_count("start ") == 1))
		return;
	if (fake_is("busy-with-it") && fake_count("start ") == 1) {
		say_busy(RUN_ID);
		return;
	}
	if (fake_is("holder-crashes") && fake_count("start ") == 1) {
		say_busy("20260101-000000-abcdef");
		reset_board();
		return;
	}
	if (fake_is("says-states"))
		say_states();
	say_run(outpost_RunState_State_RUNNING, offset, offset);
	if (fake_is("ends-at-once"))
		say_boot(offset);
	else
		say_journal();
}

static void take_attach(uint64_t offset)
{
	fake_note("attach ");
	if (forgets()) {
		say_run(outpost_RunState_State_UNKNOWN, 0, 0);
		return;
	}
	if (fake_is("late"))
		usleep(600 * 1000);
	else if (!fake_is("busy-with-it")) {
		say_run(fake_is("ended") || ends_with_it() ? outpost_RunState_State_ENDED
							   : outpost_RunState_State_INTERRUPTED,
			offset, offset + (fake_is("unreadable") ? 100 : 0));
		return;
	}
	say_run(outpost_RunState_State_RUNNING, 0, 0);
	say_journal();
}

static void take(const struct frame *frame)
{
	static outpost_Request request;

	if (proto_unpack(frame, outpost_Request_fields, &request) < 0)
		_exit(98);
	if (request.which_body == outpost_Request_hello_tag)
		fake_welcome(&request.body.hello);
	else if (request.which_body == outpost_Request_start_tag)
		take_start(request.body.start.offset);
	else if (request.which_body == outpost_Request_attach_tag)
		take_attach(request.body.attach.offset);
}

/* Answers, and sends a sign of life ten times per second. */
static int serve_alive(void)
{
	_cleanup_(strbuf_release) struct strbuf in = STRBUF_INIT;
	outpost_Reply alive = { .which_body = outpost_Reply_alive_tag };
	struct pollfd fds = { .fd = STDIN_FILENO, .events = POLLIN };

	if (fake_is("cut-at-the-end") && fake_count("open ") == 2)
		usleep(LATE_MS * 1000);
	if (fake_is("holder-crashes") && fake_count("open ") == 2) {
		fprintf(stderr, "ssh: connect to host pi port 22: Connection refused\r\n");
		return 255;
	}
	for (;;) {
		struct frame frame;
		int r = frame_parse((uint8_t *)in.buf, in.len, &frame);

		if (r == 1) {
			take(&frame);
			strbuf_consume(&in, frame.total);
		} else if (poll(&fds, 1, 100) == 0) {
			fake_reply(&alive);
		} else {
			if (!process_read(&fds.fd, &in))
				return 0;
			alive.body.alive.received = in.len;
		}
	}
}

/* --- the host ------------------------------------------------------------------------------ */

static long long skipped_ms;

static long long now_ms(void)
{
	return monotonic_ms() + skipped_ms;
}

static struct run_request request = { .board = &board, .return_ms = 1000, .now_ms = now_ms };
static outpost_PlanModule module;
static struct session *session;
static struct run run;

static void connect_to(const char *mode)
{
	_cleanup_free_ char *log = fake_file("log");
	bool forgets = strncmp(mode, "forgets", 7) == 0;
	bool never = strcmp(mode, "deaf") == 0 || strcmp(mode, "unreadable") == 0;
	const outpost_Welcome *welcome;

	request.patience_ms = never ? SHORT_MS : PATIENCE_MS;
	setenv("FAKE_MODE", mode, 1);
	unlink(log);
	proto_set(module.name, "hello");
	run_begin(&run, &request, &session, RUN_ID, forgets ? deploy_new(&board) : NULL);
	run.plan = (struct plan){ .modules = &module, .n = 1 };
	assert_int_equal(run_journal_open(run.journal), 0);
	assert_int_equal(session_open(&board, NULL, &session), 0);
	assert_int_equal(session_welcome(session, &welcome), 0);
	run_greet(&run, welcome);
}

static int start_and_follow(void)
{
	const outpost_Start start = { .indices_count = 1 };

	assert_int_equal(run_send_start(&run, &start), 0);
	return run_follow(&run);
}

static int begin(const char *mode)
{
	connect_to(mode);
	return start_and_follow();
}

/* Collects a run that another process started. */
static int collect(const char *mode)
{
	connect_to(mode);
	run_standing_attach(run.standing);
	assert_int_equal(run_send_attach(run.journal, session), 0);
	return run_follow(&run);
}

static enum run_state state_of_run(void)
{
	return run_standing_state(run.standing);
}

/* Number of attempts in the journal. */
static size_t attempts(void)
{
	return run_evidence(&run)->n;
}

static void end(void)
{
	_cleanup_free_ char *reset = fake_file("reset");

	unlink(reset);
	fs_remove_tree(run_journal_dir(run.journal));
	run.plan = (struct plan){ 0 };
	run_release(&run);
	if (session)
		session_close(TAKE_PTR(session));
}

/* Of our copy. */
static size_t journal_size(void)
{
	_cleanup_free_ char *path = xasprintf("%s/journal", run_journal_dir(run.journal));
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (size_t)st.st_size;
}

/* The verdict once the whole journal has arrived. */
static void expect_verdict(enum verdict verdict)
{
	struct result result;

	verdict_judge(run_evidence(&run)->items[0], 0, &result);
	if (result.verdict != verdict)
		fail_msg("%s by %s", verdict_name(result.verdict), result.rule);
	result_release(&result);
}

static void a_start_without_answer_is_sent_again(void **state)
{
	(void)state;
	assert_int_equal(begin("deaf-once"), 0);
	assert_int_equal(state_of_run(), RUN_ENDED);
	assert_int_equal(attempts(), 1);
	assert_int_equal(fake_count("start "), 2);
	assert_int_equal(fake_count("open "), 2);
	end();
}

/* A module may begin only after the board has the run on its disk. */
static void what_the_board_forgot_is_begun_anew(void **state)
{
	(void)state;
	assert_int_equal(begin("forgets"), 0);
	assert_int_equal(state_of_run(), RUN_ENDED);
	assert_int_equal(attempts(), 1);
	assert_int_equal(fake_count("start "), 2);
	assert_int_equal(run_journal_offset(run.journal), journal_size());
	end();
}

static void but_once(void **state)
{
	(void)state;
	assert_int_equal(begin("forgets-always"), 0);
	assert_int_equal(state_of_run(), RUN_UNKNOWN);
	assert_int_equal(fake_count("start "), 2);
	end();
}

static void not_for_ever(void **state)
{
	(void)state;
	request.return_ms = SHORT_MS;
	assert_int_equal(begin("deaf"), 0);
	request.return_ms = 1000;
	assert_int_equal(state_of_run(), RUN_LOST);
	assert_in_range(fake_count("start "), 2, 10);
	end();
}

/* The connection was cut before the Start was answered. */
static void our_own_start_is_no_other_run(void **state)
{
	(void)state;
	assert_int_equal(begin("busy-with-it"), 0);
	assert_int_equal(state_of_run(), RUN_ENDED);
	assert_int_equal(attempts(), 1);
	assert_int_equal(fake_count("start "), 1);
	end();
}

/* Another run holds the board, and its module crashes it while we wait for our turn. */
static void a_holder_that_crashes_the_board_is_waited_for(void **state)
{
	(void)state;
	request.wait_ms = 60000;
	assert_int_equal(begin("holder-crashes"), 0);
	request.wait_ms = 0;
	assert_int_equal(state_of_run(), RUN_ENDED);
	assert_int_equal(attempts(), 1);
	assert_int_equal(fake_count("start "), 2);
	assert_string_equal(run_link_first_boot_id(run.link), JOURNAL_OTHER_BOOT);
	expect_verdict(VERDICT_PASS);
	end();
}

/* The supervisor that wrote the end never releases the board. */
static void a_board_that_stays_held_is_not_waited_for(void **state)
{
	(void)state;
	assert_int_equal(begin("held"), 0);
	assert_int_equal(state_of_run(), RUN_ENDED);
	assert_int_equal(run_second_attempt(&run), 0);
	assert_int_equal(state_of_run(), RUN_ENDED);
	assert_int_equal(run_standing_attempt(run.standing), 1);
	assert_true(run_standing_has_ended(run.standing));
	assert_int_equal(fake_count("start "), 1);
	end();
}

/* Reconnecting to the board may take longer than a board may stay held. */
static void a_link_cut_at_the_end_costs_no_second_attempt(void **state)
{
	(void)state;
	request.return_ms = 20000;
	assert_int_equal(begin("cut-at-the-end"), 0);
	assert_int_equal(run_second_attempt(&run), 0);
	request.return_ms = 1000;
	assert_int_equal(state_of_run(), RUN_ENDED);
	assert_int_equal(fake_count("start "), 2);
	assert_int_equal(attempts(), 2);
	assert_int_equal(run_evidence(&run)->items[1]->attempt, 2);
	end();
}

/* A doubtful module does not pass in a second attempt if the first may have killed the board. */
static void a_board_that_dies_at_the_end_has_crashed(void **state)
{
	(void)state;
	request.return_ms = 20000;
	assert_int_equal(begin("dies-at-the-end"), 0);
	assert_int_equal(run_second_attempt(&run), 0);
	request.return_ms = 1000;
	assert_int_equal(fake_count("start "), 1);
	run_recovery_tell_apart(run.recovery, run_standing_has_ended(run.standing), false);
	assert_int_equal(attempts(), 1);
	expect_verdict(VERDICT_CRASH);
	end();
}

/* The deadline for waiting for a busy board does not limit the wait for a reboot. */
static void a_turn_that_came_has_no_deadline(void **state)
{
	(void)state;
	connect_to("held");
	run_wait_for_turn(run.wait);
	skipped_ms = 3600 * 1000;
	assert_true(run_wait_is_over(run.wait));
	skipped_ms = 0;
	assert_int_equal(start_and_follow(), 0);
	skipped_ms = 3600 * 1000;
	assert_false(run_wait_is_over(run.wait));
	skipped_ms = 0;
	end();
}

/*
 * For example, its disk is dead: the agent answers, but the supervisor no longer writes
 * anything.
 */
static void a_supervisor_that_is_stuck_is_a_hang(void **state)
{
	_cleanup_free_ char *hook = xasprintf("touch %s/reset", dir);

	(void)state;
	board.power_cycle = hook;
	assert_int_equal(begin("stuck"), 0);
	board.power_cycle = NULL;
	assert_int_equal(state_of_run(), RUN_ENDED);
	assert_int_equal(fake_count("start "), 2);
	expect_verdict(VERDICT_HANG);
	end();
}

/* If nobody can reset it, nothing is known; the hint asks the user to do it. */
static void a_stuck_board_that_nobody_can_reset_is_lost(void **state)
{
	(void)state;
	assert_int_equal(begin("stuck"), 0);
	assert_int_equal(state_of_run(), RUN_LOST);
	assert_true(run_journal_is_marked(run.journal, MARK_RESET));
	assert_int_equal(fake_count("start "), 1);
	end();
}

/* Our copy lacks the end that the board reports, and nothing more will come. */
static void an_end_that_nobody_has_is_not_waited_for(void **state)
{
	(void)state;
	assert_int_equal(collect("ended"), 0);
	assert_int_equal(state_of_run(), RUN_FAILED);
	end();
}

/* A host that collects a run has not heard of it yet; that means nothing. */
static void an_answer_may_take_its_time(void **state)
{
	(void)state;
	assert_int_equal(collect("late"), 0);
	assert_int_equal(state_of_run(), RUN_ENDED);
	assert_int_equal(fake_count("open "), 1);
	end();
}

/* The board has more of the journal, but cannot read it. */
static void a_rest_that_does_not_come_is_not_waited_for(void **state)
{
	(void)state;
	request.return_ms = SHORT_MS;
	assert_int_equal(collect("unreadable"), 0);
	request.return_ms = 1000;
	assert_int_equal(state_of_run(), RUN_LOST);
	assert_int_equal(fake_count("start "), 0);
	end();
}

static void supervisors_that_end_at_once_are_not_started_for_ever(void **state)
{
	(void)state;
	assert_int_equal(begin("ends-at-once"), -EIO);
	assert_in_range(fake_count("start "), 2, 6);
	end();
}

/* What has no result by then is an error, and neither memory nor disk run out. */
static void a_journal_without_end_is_cut_off(void **state)
{
	struct rusage usage;

	(void)state;
	assert_int_equal(begin("floods"), -EFBIG);
	assert_in_range(journal_size(), 255 << 20, (256 << 20) + 1024);
	assert_int_equal(attempts(), 1);
	expect_verdict(VERDICT_ERROR);
	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	printf("largest size in memory: %ld MiB\n", usage.ru_maxrss / 1024);
	assert_in_range(usage.ru_maxrss, 1, 512 * 1024);
	end();
}

static void answers_without_end_are_cut_off(void **state)
{
	(void)state;
	assert_int_equal(begin("says-states"), -EPROTO);
	end();
}

static int setup(void **state)
{
	(void)state;
	return fake_setup(dir);
}

static int teardown(void **state)
{
	(void)state;
	return fs_remove_tree(dir);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_without_answer_is_sent_again),
		cmocka_unit_test(not_for_ever),
		cmocka_unit_test(what_the_board_forgot_is_begun_anew),
		cmocka_unit_test(but_once),
		cmocka_unit_test(our_own_start_is_no_other_run),
		cmocka_unit_test(a_holder_that_crashes_the_board_is_waited_for),
		cmocka_unit_test(a_board_that_stays_held_is_not_waited_for),
		cmocka_unit_test(a_link_cut_at_the_end_costs_no_second_attempt),
		cmocka_unit_test(a_board_that_dies_at_the_end_has_crashed),
		cmocka_unit_test(a_turn_that_came_has_no_deadline),
		cmocka_unit_test(a_supervisor_that_is_stuck_is_a_hang),
		cmocka_unit_test(a_stuck_board_that_nobody_can_reset_is_lost),
		cmocka_unit_test(an_end_that_nobody_has_is_not_waited_for),
		cmocka_unit_test(an_answer_may_take_its_time),
		cmocka_unit_test(a_rest_that_does_not_come_is_not_waited_for),
		cmocka_unit_test(supervisors_that_end_at_once_are_not_started_for_ever),
		cmocka_unit_test(a_journal_without_end_is_cut_off),
		cmocka_unit_test(answers_without_end_are_cut_off),
	};

	fake_start(argc, argv, serve_alive);
	return cmocka_run_group_tests(tests, setup, teardown);
}
