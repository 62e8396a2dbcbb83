// SPDX-License-Identifier: GPL-2.0-only
/*
 * The build container without an engine: outpost-builder is started and used as in a
 * container; also the mounts, and the source of the base image.
 */
#include "unit.h"

#include "common/alloc.h"
#include "common/builder_wire.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"
#include "host/container/internal.h"
#include "host/base/config.h"
#include "host/base/paths.h"
#include "host/container/buildenv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char dir[] = "/tmp/outpost-container-XXXXXX";
static char template[sizeof(dir)];
static pid_t builder;

/* --- the wire --------------------------------------------------------------------- */

static void unpack(const struct strbuf *text, struct builder_header header, int expected)
{
	struct builder_command command = { 0 };
	_cleanup_free_ char *copy = xmalloc(text->len + 1); /* so that sanitizers see an overrun */

	memcpy(copy, text->buf, text->len);
	assert_int_equal(builder_unpack(&header, copy, &command), expected);
	builder_command_release(&command);
}

static void test_wire(void **state)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct builder_command command = { 0 };
	struct builder_header header = { 0 };

	(void)state;
	assert_int_equal(
		builder_pack(&header, &text, "/a b", ARGV("make", "", "x=\"y z\""), ARGV("A=1")),
		0);
	assert_int_equal(builder_check(&header), 0);
	assert_int_equal(builder_unpack(&header, text.buf, &command), 0);
	assert_string_equal(command.dir, "/a b");
	assert_string_equal(command.argv[0], "make");
	assert_string_equal(command.argv[1], "");
	assert_string_equal(command.argv[2], "x=\"y z\"");
	assert_null(command.argv[3]);
	assert_string_equal(command.env[0], "A=1");
	assert_null(command.env[1]);
	builder_command_release(&command);
}

static void test_wire_damaged(void **state)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct builder_header header = { 0 }, bad;

	(void)state;
	builder_pack(&header, &text, "/", ARGV("a", "b"), ARGV("C=d"));
	for (bad = header; bad.size-- > 0;)
		unpack(&text, bad, -EBADMSG);
	bad = header;
	bad.n_env++;
	unpack(&text, bad, -EBADMSG);
	bad = header;
	bad.n_env--;
	unpack(&text, bad, -EBADMSG);
	bad = header;
	bad.n_argv = 0;
	unpack(&text, bad, -EBADMSG);
	bad.n_argv = UINT32_MAX;
	unpack(&text, bad, -EBADMSG);
	bad.magic++;
	assert_int_equal(builder_check(&bad), -EPROTO);
	bad = header;
	bad.size = BUILDER_MAX_SIZE + 1;
	assert_int_equal(builder_check(&bad), -E2BIG);
}

/* --- the builder ------------------------------------------------------------------- */

static int start_builder(void **state)
{
	_cleanup_free_ char *program = path_own_file("outpost-builder"), *run = NULL,
			    *socket = NULL;

	(void)state;
	memcpy(dir, template, sizeof(dir));
	if (!program || !mkdtemp(dir))
		return -1;
	run = path_join(dir, "run", NULL);
	socket = path_join(run, "socket", NULL);
	if (mkdir(run, 0700) < 0)
		return -1;
	builder = fork();
	if (builder == 0) {
		execl(program, "outpost-builder", socket, NULL);
		_exit(127);
	}
	for (int i = 0; i < 2000; i++) {
		_cleanup_close_ int fd = container_connect(dir);

		if (fd >= 0)
			return 0;
		usleep(5000);
	}
	return -1;
}

static int stop_builder(void **state)
{
	int status;

	(void)state;
	kill(builder, SIGTERM);
	waitpid(builder, &status, 0);
	fs_remove_tree(dir);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int shell(const char *script, struct strbuf *output, struct strbuf *error)
{
	return container_call(
		dir, ARGV("sh", "-c", script),
		&(struct process_options){ .output = output, .error = error, .timeout_ms = 60000 });
}

static void test_streams_and_status(void **state)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT, error = STRBUF_INIT;

	(void)state;
	assert_int_equal(
		shell("echo out; echo err >&2; read x || echo no input; exit 7", &output, &error),
		7);
	assert_string_equal(output.buf, "out\nno input\n");
	assert_string_equal(error.buf, "err\n");
	assert_int_equal(shell("kill -9 $$", NULL, NULL), 128 + 9);
}

static void test_all_output(void **state)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;

	(void)state;
	assert_int_equal(shell("head -c 3000000 /dev/zero; echo end", &output, &output), 0);
	assert_int_equal(output.len, 3000004);
	assert_string_equal(output.buf + 3000000, "end\n");
}

static void test_where_and_how(void **state)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT, wanted = STRBUF_INIT;
	mode_t before = umask(0027);

	(void)state;
	assert_int_equal(
		container_call(
			dir,
			ARGV("sh", "-c", "pwd; umask; nice; echo \"$A $LD_PRELOAD$TMPDIR$TMP\""),
			&(struct process_options){ .dir = dir,
						   .env = ARGV("A=b c", "LD_PRELOAD=/x",
							       "TMPDIR=/x", "TMP=/x",
							       "PATH=/nowhere"),
						   .output = &output }),
		0);
	umask(before);
	strbuf_addf(&wanted, "%s\n0027\n%d\nb c \n", dir, getpriority(PRIO_PROCESS, 0));
	assert_string_equal(output.buf, wanted.buf);
}

static void test_not_started(void **state)
{
	_cleanup_free_ char *large = xcalloc(1, BUILDER_MAX_SIZE + 1);

	(void)state;
	assert_int_equal(container_call(dir, ARGV("no-such-program"), NULL), -ENOENT);
	assert_int_equal(container_call("/nowhere", ARGV("true"), NULL), -ENOENT);
	assert_int_equal(container_call(dir, ARGV("/etc/passwd"), NULL), -EACCES);
	memset(large, 'x', BUILDER_MAX_SIZE);
	assert_int_equal(container_call(dir, ARGV("true", large), NULL), -E2BIG);
	assert_int_equal(container_call(dir, ARGV("true"), NULL), 0);
}

static bool is_running(const char *pid_file)
{
	_cleanup_(strbuf_release) struct strbuf pid = STRBUF_INIT, stat = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(dir, pid_file, NULL), *proc = NULL;

	assert_int_equal(fs_read_trimmed(path, &pid, 0), 0);
	proc = path_join("/proc", pid.buf, "stat", NULL);
	return fs_read(proc, &stat, 0) == 0 && !strstr(stat.buf, ") Z ");
}

/* A command that is killed here is killed there, with its children. */
static void test_cancel(void **state)
{
	_cleanup_free_ char *script =
		xasprintf("sleep 1000 & echo $! >%s/child; echo $$ >%s/parent; wait", dir, dir);
	bool running = true;

	(void)state;
	assert_int_equal(container_call(dir, ARGV("sh", "-c", script),
					&(struct process_options){ .timeout_ms = 1500 }),
			 -ETIME);
	for (int i = 0; i < 400 && running; i++) {
		running = is_running("child") || is_running("parent");
		usleep(25000);
	}
	assert_false(running);
	assert_int_equal(shell("exit 3", NULL, NULL), 3);
}

static void when_seen(void *arg)
{
	const struct strbuf *output = arg;
	_cleanup_free_ char *seen = path_join(dir, "seen", NULL);

	if (output->len == 4)
		assert_int_equal(fs_write_atomic(seen, "", 0, 0600), 0);
}

/* It exits only after its output was seen. */
static void test_output_comes_at_once(void **state)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;
	_cleanup_free_ char *script =
		xasprintf("echo one; until [ -e %s/seen ]; do sleep 0.01; done", dir);
	struct process_options options = {
		.output = &output, .on_output = when_seen, .arg = &output, .timeout_ms = 60000
	};

	(void)state;
	assert_int_equal(container_call(dir, ARGV("sh", "-c", script), &options), 0);
}

static void test_nonsense(void **state)
{
	const struct builder_header other = { .magic = BUILDER_MAGIC + 1, .size = 1 };
	struct builder_reply reply;
	int fd = container_connect(dir);

	(void)state;
	assert_int_equal(send(fd, "x", 1, 0), 1);
	close(fd);
	fd = container_connect(dir);
	assert_int_equal(send(fd, &other, sizeof(other), 0), sizeof(other));
	assert_true(recv(fd, &reply, sizeof(reply), MSG_WAITALL) <=
		    0); /* sent without descriptors */
	close(fd);
	assert_int_equal(shell("exit 5", NULL, NULL), 5);
}

/* Left-over processes do not keep it up: it ends although one of them runs. */
static void test_ends_when_idle(void **state)
{
	_cleanup_free_ char *program = path_own_file("outpost-builder"),
			    *other = path_join(dir, "other", NULL),
			    *run = path_join(other, "run", NULL),
			    *socket = path_join(run, "socket", NULL);
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;
	bool up = false;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(fs_mkdir_p(run, 0700), 0);
	pid = fork();
	if (pid == 0) {
		execl(program, "outpost-builder", socket, "2", NULL);
		_exit(127);
	}
	for (int i = 0; i < 400 && !up; i++) {
		up = container_is_up(other);
		usleep(5000);
	}
	assert_true(up);
	assert_int_equal(container_call(other,
					ARGV("sh", "-c", "setsid sleep 1000 >&- 2>&- & echo $!"),
					&(struct process_options){ .output = &output }),
			 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(kill(atoi(output.buf), SIGKILL), 0);
}

/* No descriptor that a command gets is a terminal, or anything else of ours. */
static void test_gets_pipes_only(void **state)
{
	_cleanup_close_ int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	_cleanup_close_ int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), theirs = -1;
	char name[64];
	int r;

	(void)state;
	assert_int_equal(grantpt(terminal), 0);
	assert_int_equal(unlockpt(terminal), 0);
	assert_int_equal(ptsname_r(terminal, name, sizeof(name)), 0);
	theirs = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(theirs >= 0);
	dup2(theirs, STDERR_FILENO);
	r = container_call(dir, ARGV("sh", "-c", "! test -t 1 && ! test -t 2 && ! test -t 0"),
			   NULL);
	dup2(before, STDERR_FILENO);
	assert_int_equal(r, 0);
}

/* --- mounts ---------------------------------------------------------------------------- */

static void test_folders(void **state)
{
	_cleanup_strv_ char **folders = NULL;
	static const char *const given[] = { "/home/me/b", "/home/me/a", "/home/me/a/sub",
					     "/srv/x",     "/srv",       "/srvx" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(given); i++)
		container_add_folder(&folders, given[i]);
	assert_int_equal(strv_length(folders), 4);
	assert_string_equal(folders[0], "/home/me/a");
	assert_string_equal(folders[1], "/home/me/b");
	assert_string_equal(folders[2], "/srv");
	assert_string_equal(folders[3], "/srvx");
	assert_true(container_reaches(folders, "/srv"));
	assert_true(container_reaches(folders, "/srv/x/y"));
	assert_false(container_reaches(folders, "/home/me"));
	assert_false(container_reaches(folders, "/home/me/ab"));
}

static void test_mount_words(void **state)
{
	_cleanup_free_ char *plain = container_mount_word("/a b:c", "/d", true),
			    *odd = container_mount_word("/a,b\"c", "/d", false);

	(void)state;
	assert_string_equal(plain, "type=bind,source=/a b:c,target=/d,readonly");
	assert_string_equal(odd, "type=bind,\"source=/a,b\"\"c\",target=/d");
}

static char *mounted(const struct container_room *room)
{
	_cleanup_(container_mounts_release) struct container_mounts mounts = { 0 };
	struct strbuf out = STRBUF_INIT;

	container_mounts_of(room, &mounts);
	for (size_t i = 0; i < mounts.n; i++)
		strbuf_addf(&out, "%s%s%s%s\n", mounts.list[i].read_only ? "" : "writes ",
			    mounts.list[i].source,
			    strcmp(mounts.list[i].source, mounts.list[i].target) == 0 ? "" : " at ",
			    strcmp(mounts.list[i].source, mounts.list[i].target) == 0
				    ? ""
				    : mounts.list[i].target);
	return strbuf_detach(&out);
}

/* Nothing but its own folder may be written to; what is inside another comes later. */
static void test_rooms(void **state)
{
	_cleanup_free_ char *unit = mounted(&(struct container_room){
				    .work = "/p/cache/u/work",
				    .reads = ARGV("/trees/6.1", "/p/src", "/p", "/p/cache/u/given"),
				    .links = "/p/cache/u/given/at",
				    .links_at = "/p/cache/at/6.1" }),
			    *tools = NULL, *wanted = NULL, *trees = path_cache("trees", NULL);

	(void)state;
	assert_string_equal(unit, "/p\n/p/cache/u/given/at at /p/cache/at/6.1\n"
				  "writes /p/cache/u/work\n/trees/6.1\n");
	tools = mounted(&(struct container_room){ .reads = ARGV("/own") });
	wanted = xasprintf("/own\n%s\n", trees);
	assert_string_equal(tools, wanted);
}

static bool started_as(const char *note, bool or_more)
{
	return container_was_started_as("room", note, or_more);
}

/* The note of a room that was started with two folders. */
static void test_note(void **state)
{
	_cleanup_free_ char *one = path_join(dir, "one", NULL), *two = path_join(dir, "two", NULL),
			    *away = path_join(dir, "away", NULL),
			    *room = path_join(dir, "outpost/room", NULL),
			    *path = path_join(room, "started", NULL);
	_cleanup_(strbuf_release) struct strbuf both = STRBUF_INIT, less = STRBUF_INIT,
						again = STRBUF_INIT, other = STRBUF_INIT;
	struct container_mounts mounts = {
		.list = (struct container_mount[]){ { one, one, true }, { two, two, false } },
		.n = 2
	};

	(void)state;
	assert_int_equal(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
	assert_int_equal(fs_mkdir_p(one, 0700), 0);
	assert_int_equal(fs_mkdir_p(two, 0700), 0);
	assert_int_equal(fs_mkdir_p(room, 0700), 0);
	container_format_note(&both, "id", &mounts);
	container_format_note(&other, "other id", &mounts);
	mounts.n = 1;
	container_format_note(&less, "id", &mounts);
	assert_false(started_as(both.buf, false));
	assert_int_equal(fs_write_atomic(path, both.buf, both.len, 0600), 0);
	assert_true(started_as(both.buf, false));
	assert_true(started_as(less.buf, true));
	assert_false(started_as(less.buf, false)); /* it shows more than it should */
	assert_false(started_as(other.buf, true));
	/* Another folder took the place of one. */
	assert_int_equal(rename(one, away), 0);
	assert_int_equal(mkdir(one, 0700), 0);
	mounts.n = 2;
	container_format_note(&again, "id", &mounts);
	assert_false(started_as(again.buf, true));
}

/* --- the environment ------------------------------------------------------------------- */

/* Configured by outpost.conf. */
static int make_env(const char *text, struct config **config, struct buildenv **env)
{
	_cleanup_free_ char *path = path_join(dir, "outpost/outpost.conf", NULL),
			    *folder = path_join(dir, "outpost", NULL);

	assert_int_equal(fs_mkdir_p(folder, 0700), 0);
	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600), 0);
	assert_int_equal(setenv("XDG_CONFIG_HOME", dir, 1), 0);
	assert_int_equal(setenv("XDG_CACHE_HOME", dir, 1), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
	assert_int_equal(config_load(config), 0);
	return buildenv_new(*config, env);
}

/* Two environments share only the note of the image. */
static void test_environments(void **state)
{
	struct config *configs[3];
	struct buildenv *one = NULL, *other = NULL, *bad = NULL;
	const struct container_image image = { (char *)"true", (char *)"id", NULL,
					       (char **)ARGV("gcc-12") };
	_cleanup_free_ char *one_name = NULL, *other_name = NULL, *id = NULL;

	(void)state;
	assert_int_equal(make_env("[container]\nimage = a\n", &configs[0], &one), 0);
	assert_int_equal(
		make_env("[build]\nin = host\n[container]\nimage = b\n", &configs[1], &other), 0);
	assert_false(buildenv_wants_container(one)); /* auto, and no image exists */
	assert_int_equal(container_image_write(&image), 0);
	assert_int_equal(buildenv_choose(other, "auto"), 0);
	assert_true(buildenv_wants_container(other));
	assert_false(buildenv_wants_container(one)); /* it has already looked */
	assert_true(buildenv_container_has(other, "gcc-12"));
	assert_false(buildenv_container_has(other, "gcc-13"));
	assert_int_equal(buildenv_choose(one, "container"), 0);
	assert_true(buildenv_must_be_container(one));
	assert_false(buildenv_must_be_container(other));
	assert_int_equal(buildenv_choose(other, "nowhere"), -EINVAL);
	id = buildenv_image(other);
	assert_string_equal(id, "id");
	one_name = container_name(buildenv_container(one), "true", NULL);
	other_name = container_name(buildenv_container(other), "true", NULL);
	assert_string_not_equal(one_name, other_name);
	free(other_name);
	other_name = container_name(buildenv_container(one), "true", "/work");
	assert_int_equal(strncmp(one_name, other_name, strlen(one_name)), 0);
	assert_string_not_equal(one_name, other_name);
	assert_int_equal(make_env("[build]\nin = nowhere\n", &configs[2], &bad), -EINVAL);
	assert_null(bad);
	container_image_forget();
	buildenv_free(one);
	buildenv_free(other);
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++)
		config_free(configs[i]);
}

/* Only this machine. */
static void test_no_environment(void **state)
{
	(void)state;
	assert_false(buildenv_wants_container(NULL));
	assert_false(buildenv_must_be_container(NULL));
	assert_false(buildenv_container_has(NULL, "gcc-12"));
	assert_null(buildenv_config(NULL));
	buildenv_leave(NULL);
	assert_int_equal(buildenv_run(NULL, false, ARGV("sh", "-c", "exit 9"), NULL), 9);
}

/* --- the base image ---------------------------------------------------------------------- */

static void test_sources(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	static const char targets[] = "http://m/debian/\tbookworm\tmain\tDebian\n"
				      "http://m/debian/\tbookworm\tcontrib\tDebian\n"
				      "http://m/debian/\tbookworm\tmain\tDebian\n"
				      "http://m/debian/\tbookworm-updates\tmain\tDebian\n"
				      "http://m/debian/\tbookworm-backports\tmain\tDebian\n"
				      "http://m/security/\tbookworm-security\tmain\tDebian\n"
				      "http://other/\tstable\tmain\tOther\n"
				      "half a line\n";

	(void)state;
	assert_int_equal(container_format_sources(targets, "trixie", &out), 3);
	assert_string_equal(out.buf, "deb http://m/debian/ trixie main\n"
				     "deb http://m/debian/ trixie-updates main\n"
				     "deb http://m/security/ trixie-security main\n");
	assert_int_equal(container_format_sources("", "trixie", &out), 0);
}

int main(void)
{
	const struct CMUnitTest builder_tests[] = {
		cmocka_unit_test(test_streams_and_status),
		cmocka_unit_test(test_all_output),
		cmocka_unit_test(test_where_and_how),
		cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_output_comes_at_once),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_ends_when_idle),
		cmocka_unit_test(test_gets_pipes_only),
		cmocka_unit_test(test_note),
		cmocka_unit_test(test_environments),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire),    cmocka_unit_test(test_wire_damaged),
		cmocka_unit_test(test_folders), cmocka_unit_test(test_mount_words),
		cmocka_unit_test(test_sources), cmocka_unit_test(test_no_environment),
		cmocka_unit_test(test_rooms),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	memcpy(template, dir, sizeof(dir));
	signal(SIGPIPE, SIG_IGN);
	return failed +
	       cmocka_run_group_tests_name("builder", builder_tests, start_builder, stop_builder);
}
