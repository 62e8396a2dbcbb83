// SPDX-License-Identifier: GPL-2.0-only
#include "fake_ssh.h"

#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/board/pull.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

static char dir[] = "/tmp/outpost-session-XXXXXX";
static char *agent_dirs[2]; /* where agent_file() finds our agents: beside this program */
/* Only the silent board may run into a limit, however busy the machine is. */
#define PATIENCE_MS 30000
#define SILENT_MS   1000

static struct board board = { .name = (char *)"pi", .destination = (char *)"me@pi" };

/* The requests to the fake since the last call. */
static const char *asked(void)
{
	static struct strbuf said = STRBUF_INIT;
	_cleanup_free_ char *log = fake_file("log");

	strbuf_reset(&said);
	fs_read(log, &said, 0);
	unlink(log);
	return said.buf;
}

static int each_setup(void **state)
{
	_cleanup_free_ char *agent = xasprintf("%s/agent", dir);

	(void)state;
	unlink(agent);
	asked();
	session_drop_master(&board);
	asked();
	process_interrupted = 0;
	board.is_vm = false;
	return 0;
}

static struct session *open_session(const char *mode, bool quiet)
{
	struct session *session = NULL;
	struct session_options options = {
		.timeout_ms = strcmp(mode, "silent") == 0 ? SILENT_MS : PATIENCE_MS,
		.quiet = quiet,
	};

	setenv("FAKE_MODE", mode, 1);
	assert_int_equal(session_open(&board, &options, &session), 0);
	return session;
}

static void queue_runs(struct session *session)
{
	outpost_Request request = { .which_body = outpost_Request_runs_tag };

	assert_int_equal(session_send(session, &request), 0);
}

/* The next frame must be Done; session_* handles Welcome and Alive itself. */
static void expect_done(struct session *session)
{
	outpost_Reply reply = { 0 };
	struct frame frame;

	assert_int_equal(session_receive(session, PATIENCE_MS, &frame), SESSION_FRAME);
	assert_int_equal(frame.type, FRAME_REPLY);
	assert_int_equal(proto_unpack(&frame, outpost_Reply_fields, &reply), 0);
	assert_int_equal(reply.which_body, outpost_Reply_done_tag);
}

static void test_flight(void **state)
{
	_cleanup_(session_closep) struct session *session = open_session("agent", false);
	const outpost_Welcome *welcome;
	struct frame frame;

	(void)state;
	queue_runs(session);
	assert_int_equal(session_welcome(session, &welcome), 0);
	expect_done(session);
	assert_string_equal(welcome->release, "6.1.0-fake");
	assert_string_equal(asked(), "open runs0 ");
	queue_runs(session);
	assert_int_equal(session_flush(session), 0);
	expect_done(session);
	assert_int_equal(session_receive(session, 30, &frame), SESSION_NOTHING);
	assert_true(session_silence_ms(session) >= 30);
	assert_true(session_silence_ms(session) < PATIENCE_MS);
}

/* The answer takes 4 s, and the patience is 2 s: the board's progress counts. */
static void test_patience(void **state)
{
	static const char *const modes[] = { "stalled", "slow", "uncounted" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		_cleanup_(session_closep) struct session *session = open_session(modes[i], false);
		const outpost_Welcome *welcome;
		struct frame frame;

		assert_int_equal(session_welcome(session, &welcome), 0);
		queue_runs(session);
		assert_int_equal(session_await(session, 1000, &frame), i > 0);
	}
}

/* Both directions are full: neither side may wait for the other. */
static void test_both_ways(void **state)
{
	_cleanup_(session_closep) struct session *session = open_session("flood", false);
	_cleanup_free_ char *data = xcalloc(1, 8 << 20);
	struct frame frame;

	(void)state;
	assert_int_equal(session_send_blob_data(session, data, 8 << 20), 0);
	queue_runs(session);
	for (int i = 0; i < 128; i++) {
		assert_int_equal(session_receive(session, PATIENCE_MS, &frame), SESSION_FRAME);
		assert_int_equal(frame.type, FRAME_ENTRY);
		assert_int_equal(frame.length, FRAME_MAX);
	}
	expect_done(session);
	assert_string_equal(asked(), "open runs8388608 ");
}

/* A board that sends and does not read must not fill the host's memory. */
static void test_a_flood_without_end(void **state)
{
	_cleanup_(session_closep) struct session *session = open_session("floods-forever", false);
	_cleanup_free_ char *data = xcalloc(1, 8 << 20);

	(void)state;
	assert_int_equal(session_send_blob_data(session, data, 8 << 20), 0);
	queue_runs(session);
	assert_int_equal(session_flush(session), SESSION_ENDED);
	assert_non_null(strstr(session_why(session), "sends without end"));
	assert_in_range(session->incoming.len, 0, 17 << 20);
}

static void check_installed(bool was_there)
{
	_cleanup_free_ char *own = agent_file("aarch64"), *there = fake_file("agent");
	_cleanup_(strbuf_release) struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;
	const char *done = asked();

	/* The old agent may be killed before it notes that it ignored everything. */
	if (was_there && strncmp(done, "open void ", 10) == 0)
		assert_string_equal(done, "open void install open runs3 ");
	else
		assert_string_equal(done, was_there ? "open install open runs3 "
						    : "open uname install open runs3 ");
	assert_int_equal(fs_read(own, &a, 0), 0);
	assert_int_equal(fs_read(there, &b, 0), 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.buf, b.buf, a.len);
}

static void test_missing_agent(void **state)
{
	_cleanup_(session_closep) struct session *session = open_session("missing", true);

	(void)state;
	session_send_blob_data(session, "abc", 3);
	queue_runs(session);
	expect_done(session);
	check_installed(false);
}

/*
 * The old agent ignores the flight, because Hello names another one; the new agent takes all
 * of it.
 */
static void test_old_agent(void **state)
{
	_cleanup_(session_closep) struct session *session = open_session("old", true);

	(void)state;
	session_send_blob_data(session, "abc", 3);
	queue_runs(session);
	expect_done(session);
	check_installed(true);
}

/* A board that is not aarch64: its agent is ours too, but not the one named first. */
static void test_other_machine(void **state)
{
	_cleanup_(session_closep) struct session *session = open_session("x86", true);
	const outpost_Welcome *welcome;

	(void)state;
	session_send_blob_data(session, "abc", 3);
	queue_runs(session);
	assert_int_equal(session_welcome(session, &welcome), 0);
	assert_string_equal(welcome->machine, "x86_64");
	expect_done(session);
	assert_string_equal(asked(), "open void runs3 ");
}

/* The same while the first flight is still being sent: no frame may begin within another. */
static void test_other_machine_half_sent(void **state)
{
	_cleanup_(session_closep) struct session *session = open_session("x86", true);
	_cleanup_free_ char *data = xcalloc(1, 32 << 20);

	(void)state;
	session_send_blob_data(session, data, 32 << 20);
	queue_runs(session);
	expect_done(session);
	assert_non_null(strstr(asked(), "runs33554432 "));
}

static void expect_failure(const char *mode, enum failure_kind kind, const char *why)
{
	_cleanup_(session_closep) struct session *session = open_session(mode, true);
	const outpost_Welcome *welcome;
	struct frame frame;

	assert_int_equal(session_welcome(session, &welcome), -ENOTCONN);
	assert_int_equal(session->failure.kind, kind);
	if (!strstr(session_why(session), why))
		fail_msg("%s: why is '%s', without '%s'", mode, session_why(session), why);
	assert_int_equal(session_receive(session, 100, &frame), SESSION_ENDED);
}

static void test_failures(void **state)
{
	(void)state;
	expect_failure("refused", FAILURE_REFUSED, "refused");
	assert_string_equal(asked(), "open ");
	expect_failure("full", FAILURE_OTHER, "disk is full");
	asked();
	expect_failure("always-old", FAILURE_OTHER, "a different agent");
	assert_non_null(strstr(asked(), "install open "));
	expect_failure("silent", FAILURE_AWAY, "no answer within 1000 ms");
	asked();
	expect_failure("only-noise", FAILURE_OTHER, "Hello \\x1b[31mthere");
	assert_string_equal(asked(), "open uname install open ");
	board.is_vm = true;
	expect_failure("refused", FAILURE_REFUSED, "virtual Pi is not running");
}

/* Failures that a power cycle would not fix. */
static void test_barred(void **state)
{
	static const struct {
		const char *said;
		bool barred;
	} cases[] = {
		{ "me@pi: Permission denied (publickey).\r\n", true },
		{ "sudo: a password is required\n", true },
		{ "sh: 1: exec: sudo: not found\n", true },
		{ "Host key verification failed.\r\n", true },
		{ "/home/me/.ssh/config: line 1: Bad configuration option: foo\r\n", true },
		{ "ssh: connect to host pi port 22: Connection refused\r\n", false },
		{ "ssh: connect to host pi port 22: Connection timed out\r\n", false },
		{ "cat: write error: No space left on device\n", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct session s = { .board = &board };
		const struct ssh_end end = { .status = 255, .error = cases[i].said, .noise = "" };

		failure_explain(&s.failure, &board, &end);
		if (session_is_barred(&s) != cases[i].barred)
			fail_msg("'%s': %d", cases[i].said, session_is_barred(&s));
		failure_release(&s.failure);
	}
}

static void test_noise_is_skipped(void **state)
{
	_cleanup_(session_closep) struct session *session = open_session("noise", true);

	(void)state;
	queue_runs(session);
	expect_done(session);
	assert_string_equal(asked(), "open runs0 ");
}

static void test_end_after_welcome(void **state)
{
	_cleanup_(session_closep) struct session *session = open_session("dies", true);
	const outpost_Welcome *welcome;
	struct frame frame;

	(void)state;
	assert_int_equal(session_welcome(session, &welcome), 0);
	assert_int_equal(session_receive(session, PATIENCE_MS, &frame), SESSION_ENDED);
	assert_non_null(strstr(session_why(session), "the agent exited with status 3"));
	assert_string_equal(asked(), "open ");
}

/* Garbage ends the connection as well; a caller that only knows -errno would not log why. */
static void test_garbage_after_welcome(void **state)
{
	_cleanup_(session_closep) struct session *session = open_session("garbles", true);
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	const struct pull what = { .what = outpost_Pull_What_NAMES, .dir = dir };
	struct pulled pulled = { 0 };
	const outpost_Welcome *welcome;
	struct frame frame;

	(void)state;
	assert_int_equal(session_welcome(session, &welcome), 0);
	assert_int_equal(session_receive(session, PATIENCE_MS, &frame), SESSION_ENDED);
	assert_non_null(strstr(session_why(session), "does not speak the agent's protocol"));
	assert_int_equal(session_flush(session), 0);
	assert_int_equal(pull(session, &what, &pulled, &why), -ENOTCONN); /* logged */
}

/* A dead shared connection is replaced, once, and the flight is sent again. */
static void test_dead_master(void **state)
{
	struct session *session = open_session("master", true);
	const outpost_Welcome *welcome;

	(void)state;
	assert_int_equal(session_welcome(session, &welcome), 0);
	session_close(session);
	assert_true(ssh_has_master(&board));
	asked();
	session = open_session("dead-master", true);
	queue_runs(session);
	expect_done(session);
	session_close(session);
	assert_false(ssh_has_master(&board));
	assert_string_equal(asked(), "open other open runs0 ");
}

static void test_interrupt(void **state)
{
	_cleanup_(session_closep) struct session *session = open_session("agent", true);
	struct frame frame;

	(void)state;
	process_interrupted = SIGINT;
	assert_int_equal(session_receive(session, -1, &frame), -EINTR);
	process_interrupted = 0;
	queue_runs(session);
	expect_done(session);
}

/* Real messages of OpenSSH 9.2, sudo 1.9 and shells. */
static void test_reasons(void **state)
{
	static const struct {
		const char *said, *why, *hint;
		int status;
		enum failure_kind kind;
	} cases[] = {
		{ "ssh: Could not resolve hostname pi: Name or service not known\r\n",
		  "name cannot be resolved", "ssh -G me@pi", 255, FAILURE_OTHER },
		{ "me@pi: Permission denied (publickey).\r\n", "none of your keys",
		  "ssh-copy-id me@pi", 255, FAILURE_LOGIN },
		{ "Host key verification failed.\r\n", "is not known", "ssh me@pi", 255,
		  FAILURE_KEY },
		{ "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n"
		  "Add correct host key in /home/me/.ssh/known_hosts to get rid of this "
		  "message.\r\n"
		  "Offending ED25519 key in /home/me/.ssh/known_hosts:3\r\n"
		  "Host key for pi.lan has changed and you have requested strict checking.\r\n"
		  "Host key verification failed.\r\n",
		  "host key changed", "line 3 of /home/me/.ssh/known_hosts", 255, FAILURE_KEY },
		{ "Offending ECDSA key in /k:12\r\nHost key for [pi]:2222 has changed\r\n"
		  "REMOTE HOST IDENTIFICATION HAS CHANGED",
		  "host key changed", "ssh-keygen -f /k -R '[pi]:2222'", 255, FAILURE_KEY },
		{ "Offending RSA key in /k';x;':12\r\nHost key for a;$(b) has changed\r\n"
		  "REMOTE HOST IDENTIFICATION HAS CHANGED",
		  "host key changed", "ssh-keygen -f '/k'\\'';x;'\\''' -R 'a;$(b)'", 255,
		  FAILURE_KEY },
		{ "sudo: a password is required\n", "sudo asks for a password",
		  "me ALL=(root) NOPASSWD: /usr/local/lib/outpost/outpost-agent", 1, FAILURE_SUDO },
		{ "sh: 1: exec: sudo: not found\n", "sudo is not installed", "root", 127,
		  FAILURE_LOGIN },
		{ "/bin/sh: 1: exec: /usr/local/lib/outpost/outpost-agent: Exec format error\n",
		  "another architecture", NULL, 126, FAILURE_OTHER },
		{ "mkdir: cannot create directory: Read-only file system\n", "read-only", "remount",
		  1, FAILURE_OTHER },
		{ "outpost-gateway: error: You may not use board pi: you are not in the group outpost\n"
		  "outpost-gateway: hint: As root, run usermod -aG outpost USER; then log in again\n"
		  "mm_receive_fd: recvmsg: expected received 1 got 0\r\n"
		  "proxy dialer did not pass back a connection\r\n",
		  "group outpost", "usermod -aG outpost", 255, FAILURE_LOGIN },
		{ "outpost-gateway: error: Board pi is not connected to this gateway\n"
		  "proxy dialer did not pass back a connection\r\n",
		  "not connected to its gateway", "outpost tunnel status", 255, FAILURE_AWAY },
		{ "outpost-gateway: error: There is no board pi on this gateway\n",
		  "does not know it", "outpost tunnel list", 255, FAILURE_OTHER },
		{ "ssh: connect to host 10.0.0.9 port 22: Connection timed out\r\n",
		  "does not answer", "firewall", 255, FAILURE_AWAY },
		{ "one\ntwo \033[1mthree\n", "two \\x1b[1mthree", NULL, 255, FAILURE_OTHER },
		{ "", "something ended the agent", NULL, 255, FAILURE_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(failure_release) struct failure failure = { 0 };
		const struct ssh_end end = { .status = cases[i].status,
					     .error = cases[i].said,
					     .noise = "" };

		failure_explain(&failure, &board, &end);
		if (failure.kind != cases[i].kind || !strstr(failure.why, cases[i].why) ||
		    (cases[i].hint && (!failure.hint || !strstr(failure.hint, cases[i].hint))))
			fail_msg("case %zu: %d '%s', hint '%s'", i, failure.kind, failure.why,
				 failure.hint ? failure.hint : "none");
	}
}

/* A truncated agent is killed by a signal; output of the login must not hide that. */
static void test_torn_agent_behind_a_talkative_login(void **state)
{
	_cleanup_(failure_release) struct failure failure = { 0 };
	const struct ssh_end end = { .status = 255,
				     .error = "pyenv: cannot rehash\n",
				     .noise = "" };

	(void)state;
	failure_explain(&failure, &board, &end);
	assert_true(failure.agent);
}

static bool has(char **argv, const char *word)
{
	return strv_contains(argv, word);
}

static void test_command_line(void **state)
{
	struct board other = { .name = (char *)"b",
			       .destination = (char *)"b",
			       .ssh_config = (char *)"/x" };
	_cleanup_strv_ char **usual = session_ssh_argv(&board, &(struct session_options){ 0 });
	_cleanup_strv_ char **fresh =
		session_ssh_argv(&board, &(struct session_options){ .fresh = true });
	_cleanup_strv_ char **asking = session_ssh_argv(&other, NULL);

	(void)state;
	assert_true(has(usual, "BatchMode=yes") && has(usual, "ControlMaster=auto"));
	assert_true(has(usual, "ConnectTimeout=15") && !has(usual, "-F"));
	assert_true(has(fresh, "ControlMaster=no") && has(fresh, "ControlPath=none"));
	assert_true(has(asking, "-F") && has(asking, "/x") && !has(asking, "BatchMode=yes"));
	for (char **word = usual; *word; word++)
		if (strncmp(*word, "ControlPath=", 12) == 0)
			assert_true(strlen(*word + 12) + 17 < 108);
}

/* Our agent for a machine is a file beside this program: any ELF file with a build-id will do. */
static char *make_agent(const char *self, const char *machine, const char *elf)
{
	char *folder = xasprintf("%.*s/%s", (int)(strrchr(self, '/') - self), self, machine);
	_cleanup_free_ char *agent = path_join(folder, "outpost-agent", NULL);

	fs_mkdir_p(folder, 0700);
	unlink(agent);
	assert_int_equal(symlink(elf, agent), 0);
	return folder;
}

static int setup(void **state)
{
	_cleanup_free_ char *self = realpath("/proc/self/exe", NULL);

	(void)state;
	setenv("FAKE_MODE", "agent", 1);
	agent_dirs[0] = make_agent(self, "aarch64", self);
	agent_dirs[1] = make_agent(self, "host", "/bin/ls");
	return fake_setup(dir);
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(agent_dirs); i++) {
		fs_remove_tree(agent_dirs[i]);
		free(agent_dirs[i]);
	}
	return fs_remove_tree(dir);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_flight, each_setup),
		cmocka_unit_test_setup(test_patience, each_setup),
		cmocka_unit_test_setup(test_both_ways, each_setup),
		cmocka_unit_test_setup(test_a_flood_without_end, each_setup),
		cmocka_unit_test_setup(test_missing_agent, each_setup),
		cmocka_unit_test(test_torn_agent_behind_a_talkative_login),
		cmocka_unit_test_setup(test_old_agent, each_setup),
		cmocka_unit_test_setup(test_other_machine, each_setup),
		cmocka_unit_test_setup(test_other_machine_half_sent, each_setup),
		cmocka_unit_test_setup(test_failures, each_setup),
		cmocka_unit_test_setup(test_barred, each_setup),
		cmocka_unit_test_setup(test_noise_is_skipped, each_setup),
		cmocka_unit_test_setup(test_garbage_after_welcome, each_setup),
		cmocka_unit_test_setup(test_end_after_welcome, each_setup),
		cmocka_unit_test_setup(test_dead_master, each_setup),
		cmocka_unit_test_setup(test_interrupt, each_setup),
		cmocka_unit_test_setup(test_reasons, each_setup),
		cmocka_unit_test_setup(test_command_line, each_setup),
	};

	fake_start(argc, argv, NULL);
	return cmocka_run_group_tests(tests, setup, teardown);
}
