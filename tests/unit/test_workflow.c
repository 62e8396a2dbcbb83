// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a workflow handles the end of a run: an answer from the board, or a failure on the way
 * to it.
 */
#include "unit.h"

#include "fake_ssh.h"
#include "host/workflow/doctor.h"
#include "host/workflow/workflow.h"

#include "common/cleanup.h"
#include "common/process.h"
#include "common/strv.h"

#include <errno.h>
#include <libgen.h>
#include <poll.h>

#define RUN_ID "20260102-150405-1a2b3c"

static char dir[] = "/tmp/outpost-workflow-XXXXXX";

/* --- the board ---------------------------------------------------------------------------- */

static __attribute__((noreturn)) void vanish(void)
{
	_cleanup_free_ char *gone = fake_file("gone");

	fs_write_atomic(gone, "", 0, 0600);
	_exit(0);
}

static void say_busy(void)
{
	outpost_Reply reply = { .which_body = outpost_Reply_busy_tag };

	proto_set(reply.body.busy.run, "20260101-000000-abcdef");
	fake_reply(&reply);
}

/* The board refuses, with its own errno, but only a few times, in case the host insists. */
static void refuse_start(void)
{
	outpost_Reply reply = { .which_body = outpost_Reply_failure_tag };

	fake_note("start ");
	if (fake_count("start ") > 3)
		vanish();
	reply.body.failure.error = atoi(getenv("FAKE_ERRNO"));
	proto_set(reply.body.failure.what, "Cannot start the run");
	fake_reply(&reply);
}

/* The end of a module in an empty journal. */
static void contradict(void)
{
	const outpost_Entry entry = { .which_body = outpost_Entry_end_tag };
	uint8_t out[PROTO_BUFFER];
	ssize_t n = proto_pack(FRAME_ENTRY, outpost_Entry_fields, &entry, out);

	if (n < 0 || fs_write_all(STDOUT_FILENO, out, (size_t)n) < 0)
		_exit(99);
}

static void take_attach(const outpost_Attach *attach)
{
	outpost_Reply reply = { .which_body = outpost_Reply_run_tag };

	fake_note("attach ");
	if (fake_is("interrupts"))
		kill(getppid(), SIGINT);
	if (fake_is("vanishes"))
		vanish();
	if (fake_is("contradicts"))
		contradict();
	if (!fake_is("forgets"))
		return;
	proto_set(reply.body.run.run, attach->run);
	reply.body.run.state = outpost_RunState_State_UNKNOWN;
	fake_reply(&reply);
}

static void take(const struct frame *frame)
{
	static outpost_Request request;

	if (proto_unpack(frame, outpost_Request_fields, &request) < 0)
		_exit(98);
	if (request.which_body == outpost_Request_hello_tag)
		fake_welcome(&request.body.hello);
	else if (request.which_body == outpost_Request_start_tag)
		fake_is("held") ? say_busy() : refuse_start();
	else if (request.which_body == outpost_Request_attach_tag)
		take_attach(&request.body.attach);
	else if (request.which_body == outpost_Request_cancel_tag && fake_is("interrupts"))
		kill(getppid(), SIGINT);
}

static int serve(void)
{
	_cleanup_(strbuf_release) struct strbuf in = STRBUF_INIT;
	_cleanup_free_ char *gone = fake_file("gone");
	int fd = STDIN_FILENO;

	if (fs_exists(gone)) {
		fprintf(stderr, "ssh: connect to host pi port 22: Connection refused\r\n");
		return 255;
	}
	for (;;) {
		struct frame frame;
		int r = frame_parse((uint8_t *)in.buf, in.len, &frame);

		if (r == 1) {
			take(&frame);
			strbuf_consume(&in, frame.total);
		} else if (!process_read(&fd, &in)) {
			return 0;
		}
	}
}

/* --- runs that were left open ---------------------------------------------------------------- */

static int each_setup(void **state)
{
	_cleanup_free_ char *log = fake_file("log"), *gone = fake_file("gone");
	_cleanup_free_ char *outpost = xasprintf("%s/outpost", dir);
	_cleanup_free_ char *boards = xasprintf("%s/boards", outpost), *conf = NULL;
	static const char text[] = "destination = me@pi\n";

	(void)state;
	unlink(log);
	unlink(gone);
	fs_remove_tree(outpost);
	setenv("XDG_CONFIG_HOME", dir, 1);
	conf = xasprintf("%s/pi.conf", boards);
	process_interrupted = 0;
	return fs_mkdir_p(boards, 0700) < 0 || fs_write_atomic(conf, text, strlen(text), 0600) < 0;
}

static const struct context ctx = { .board = (char *)"pi" };

static struct store *begin_run(const char *mode)
{
	struct store *store = NULL;

	setenv("FAKE_MODE", mode, 1);
	assert_int_equal(store_open(&store), 0);
	assert_int_equal(store_begin(store, RUN_ID, "pi", 1767366245), 0);
	return store;
}

/* Then the run stays open, and is collected later. */
static bool is_open(struct store *store)
{
	_cleanup_strv_ char **open = NULL;

	assert_int_equal(store_open_runs(store, "pi", &open), 0);
	return strv_length(open) == 1;
}

static bool stays_open(const char *mode)
{
	_cleanup_(store_closep) struct store *store = begin_run(mode);

	workflow_collect(&ctx, store);
	return is_open(store);
}

static void one_that_the_board_does_not_know_is_given_up(void **state)
{
	(void)state;
	assert_false(stays_open("forgets"));
}

/* As by outpost -b root@pi test: no file names this board. It is not the default one either. */
static void the_board_may_be_an_ssh_destination(void **state)
{
	static const struct context any = { .board = (char *)"pi", .board_is_configured = true };
	_cleanup_(store_closep) struct store *store = NULL;
	_cleanup_strv_ char **open = NULL;

	(void)state;
	setenv("FAKE_MODE", "forgets", 1);
	assert_int_equal(store_open(&store), 0);
	assert_int_equal(store_begin(store, RUN_ID, "root@pi", 1767366245), 0);
	workflow_collect(&any, store);
	assert_int_equal(store_open_boards(store, &open), 0);
	assert_int_equal(strv_length(open), 0);
}

/* ENOENT comes from the connection here, not from the board. */
static void trouble_on_the_way_is_no_word_of_the_boards(void **state)
{
	(void)state;
	assert_true(stays_open("no-sudo"));
}

/* The link dies before any of the journal has arrived. */
static void a_board_that_vanishes_keeps_its_run(void **state)
{
	static const struct workflow_options options = { .return_ms = 1000 };
	_cleanup_(store_closep) struct store *store = begin_run("vanishes");
	_cleanup_(workflow_release) struct workflow p = { 0 };

	(void)state;
	assert_true(workflow_board(&p, &ctx, &options) < 0);
	assert_int_equal(fake_count("attach "), 1);
	assert_true(is_open(store));
}

/* Commands that need the board must not fail because of an old run. */
static void expect_given_up_by_a_command(struct store *store)
{
	static const struct workflow_options options = { .return_ms = 1000 };
	_cleanup_(workflow_release) struct workflow p = { 0 };

	assert_int_equal(workflow_board(&p, &ctx, &options), 0);
	assert_non_null(p.session);
	assert_false(is_open(store));
}

/* As after a power cut on the host: the file has its size, but not its bytes. */
static void one_with_a_damaged_copy_is_given_up(void **state)
{
	static const char zeros[64];
	_cleanup_(store_closep) struct store *store = begin_run("forgets");
	_cleanup_free_ char *folder = store_run_dir(RUN_ID), *journal = NULL;

	(void)state;
	journal = xasprintf("%s/journal", folder);
	assert_int_equal(fs_write_atomic(journal, zeros, sizeof(zeros), 0600), 0);
	expect_given_up_by_a_command(store);
	assert_int_equal(fake_count("attach "), 0);
}

static void one_whose_board_contradicts_itself_is_given_up(void **state)
{
	_cleanup_(store_closep) struct store *store = begin_run("contradicts");
	_cleanup_free_ char *folder = store_run_dir(RUN_ID), *journal = NULL;
	_cleanup_(strbuf_release) struct strbuf copy = STRBUF_INIT;

	(void)state;
	expect_given_up_by_a_command(store);
	journal = xasprintf("%s/journal", folder);
	assert_int_equal(fs_read(journal, &copy, 0), 0);
	assert_int_equal(copy.len, 0);
}

static void on_interrupt(int number)
{
	process_interrupted = number;
}

/* Ctrl-C, twice, before any of the journal has arrived. */
static void an_impatient_user_gives_nothing_up(void **state)
{
	(void)state;
	signal(SIGINT, on_interrupt);
	assert_true(stays_open("interrupts"));
	assert_int_equal(fake_count("attach "), 1);
	process_interrupted = 0;
}

/* --- a board's errno -------------------------------------------------------------------------- */

/* A board may send any number: it does not mean here what it means there. */
static void the_errno_of_a_board_decides_nothing(void **state)
{
	static const int errors[] = {
		ESTALE, ENOENT, EBUSY, EINTR, EPIPE, EBADMSG, EALREADY, -1, 0
	};
	static const struct workflow_options options = { .return_ms = 1000 };

	(void)state;
	setenv("FAKE_MODE", "refuses", 1);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		_cleanup_free_ char *number = xasprintf("%d", errors[i]);
		struct workflow p = { .ctx = &ctx, .options = &options };
		struct run_request request = { .purpose = outpost_Purpose_UNLOAD };
		struct run_result result = { 0 };
		_cleanup_strv_ char **open = NULL;
		int r;

		each_setup(NULL);
		setenv("FAKE_ERRNO", number, 1);
		assert_int_equal(board_find("pi", &p.board), 0);
		assert_int_equal(store_open(&p.store), 0);
		module_list_add(&p.modules, module_new("hello"));
		r = workflow_execute(&p, NULL, false, &request, &result);
		if (r != -EREMOTEIO || fake_count("start ") != 1)
			fail_msg("errno %d of the board: %d after %zu starts", errors[i], r,
				 fake_count("start "));
		/* It never began: nothing needs to be collected. */
		assert_int_equal(store_open_runs(p.store, "pi", &open), 0);
		assert_int_equal(strv_length(open), 0);
		run_result_release(&result);
		workflow_release(&p);
	}
}

/* --- other outcomes --------------------------------------------------------------------------- */

/* The board was never panicked, and there is no run to collect. */
static void a_proof_has_the_outcome_of_its_run(void **state)
{
	_cleanup_(store_closep) struct store *store = NULL;
	_cleanup_(board_freep) struct board *board = NULL;
	_cleanup_(proof_release) struct proof proof = { 0 };
	_cleanup_strv_ char **open = NULL;

	(void)state;
	setenv("FAKE_MODE", "held", 1);
	assert_int_equal(board_find("pi", &board), 0);
	assert_int_equal(doctor_prove(board, 1000, &proof), OUTCOME_HELD);
	assert_null(proof.run);
	assert_int_equal(store_open(&store), 0);
	assert_int_equal(store_open_boards(store, &open), 0);
	assert_null(open[0]);
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
		cmocka_unit_test_setup(one_that_the_board_does_not_know_is_given_up, each_setup),
		cmocka_unit_test_setup(the_board_may_be_an_ssh_destination, each_setup),
		cmocka_unit_test_setup(trouble_on_the_way_is_no_word_of_the_boards, each_setup),
		cmocka_unit_test_setup(a_board_that_vanishes_keeps_its_run, each_setup),
		cmocka_unit_test_setup(one_with_a_damaged_copy_is_given_up, each_setup),
		cmocka_unit_test_setup(one_whose_board_contradicts_itself_is_given_up, each_setup),
		cmocka_unit_test_setup(an_impatient_user_gives_nothing_up, each_setup),
		cmocka_unit_test_setup(the_errno_of_a_board_decides_nothing, each_setup),
		cmocka_unit_test_setup(a_proof_has_the_outcome_of_its_run, each_setup),
	};

	fake_start(argc, argv, serve);
	return cmocka_run_group_tests(tests, setup, teardown);
}
