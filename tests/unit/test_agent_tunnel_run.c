// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tunnel's supervisor as a process: with a carrier that this test plays (the program is also its
 * "ssh", which connects nowhere) and a prober that it plays, too.
 */
#include "unit.h"

#include "agent/tunnel/install.h"
#include "agent/tunnel/run.h"
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"

#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#define WAIT_MS 20000

static struct {
	char root[32];
	pid_t supervisor;
} place;

/* --- the carrier --- */

/* Beside the program "ssh": `mode`, what it does; `pid`, of the last one; `starts`, a byte each. */
static char *beside(const char *dir, const char *name)
{
	return xasprintf("%s/bin/%s", dir, name);
}

static int play_ssh(void)
{
	_cleanup_free_ char *self = xstrdup((const char *)getauxval(AT_EXECFN));
	_cleanup_free_ char *root = xasprintf("%s/..", dirname(self));
	_cleanup_free_ char *mode_file = beside(root, "mode"), *pid_file = beside(root, "pid");
	_cleanup_free_ char *starts = beside(root, "starts");
	_cleanup_(strbuf_release) struct strbuf mode = STRBUF_INIT;
	_cleanup_close_ int fd = open(starts, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)fs_write_atomic(pid_file, pid, strlen(pid), 0600);
	(void)!write(fd, "x", 1);
	(void)fs_read(mode_file, &mode, 0);
	if (strcmp(mode.buf, "refuse") == 0) {
		fprintf(stderr, "Pseudo-terminal will not be allocated\r\n"
				"ssh: connect to host gw port 22: Connection refused\r\n");
		return 255;
	}
	for (;;)
		pause();
}

/* --- the place --- */

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", place.root, name);

	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0600), 0);
}

static char *get(const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", place.root, name);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	(void)fs_read(path, &text, 0);
	return strbuf_detach(&text);
}

static int set_up(void **state)
{
	static const char *const dirs[] = { "bin", "etc/outpost/tunnel", "run/outpost-tunnel",
					    "var/lib/outpost-tunnel" };
	_cleanup_free_ char *self = realpath("/proc/self/exe", NULL), *ssh = NULL, *path = NULL;

	(void)state;
	strcpy(place.root, "/tmp/outpost-test-XXXXXX");
	if (!mkdtemp(place.root))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		_cleanup_free_ char *dir = xasprintf("%s/%s", place.root, dirs[i]);

		if (fs_mkdir_p(dir, 0700) < 0)
			return -1;
	}
	ssh = beside(place.root, "ssh");
	if (symlink(self, ssh) < 0)
		return -1;
	path = xasprintf("%s/bin:/usr/bin:/bin", place.root);
	setenv("PATH", path, 1);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	put("etc/outpost/tunnel/tunnel.conf", "name=pi4\ngateway=gw.invalid\n");
	put("etc/outpost/tunnel/known_hosts", "# joined 1\noutpost-gateway ssh-ed25519 AAAA\n");
	place.supervisor = 0;
	return 0;
}

static int wait_for_end(void)
{
	int status;
	pid_t pid = place.supervisor;

	place.supervisor = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int tear_down(void **state)
{
	(void)state;
	if (place.supervisor) {
		kill(place.supervisor, SIGTERM);
		wait_for_end();
	}
	return fs_remove_tree(place.root);
}

static void start(void)
{
	fflush(NULL);
	place.supervisor = fork();
	assert_true(place.supervisor >= 0);
	if (place.supervisor == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		log_set_level(LOG_LEVEL_NONE);
		_exit(tunnel_run(place.root));
	}
}

#define EXPECT_SOON(condition)                                                          \
	do {                                                                            \
		long long end_ = monotonic_ms() + WAIT_MS;                              \
		while (!(condition)) {                                                  \
			if (monotonic_ms() > end_)                                      \
				fail_msg("never: %s", #condition);                      \
			nanosleep(&(struct timespec){ .tv_nsec = 5 * 1000 * 1000 }, 0); \
		}                                                                       \
	} while (0)

static bool status_has(const char *line)
{
	_cleanup_free_ char *status = get("run/outpost-tunnel/status");

	return strstr(status, line);
}

static size_t starts(void)
{
	_cleanup_free_ char *text = get("bin/starts");

	return strlen(text);
}

static pid_t carrier(void)
{
	_cleanup_free_ char *text = get("bin/pid");
	pid_t pid = atoi(text);

	assert_true(pid > 1); /* kill(2) has other uses for 0 and -1 */
	return pid;
}

static bool is_gone(pid_t pid)
{
	return kill(pid, 0) < 0;
}

/* --- the prober --- */

static int try_call(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/run/outpost-tunnel/probe",
		 place.root);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return TAKE_FD(fd);
}

static int call(struct probe_hello *hello)
{
	char line[PROBE_HELLO_MAX];
	ssize_t n;
	int fd;

	EXPECT_SOON((fd = try_call()) >= 0);
	n = recv(fd, line, sizeof(line), 0);
	assert_true(n > 0);
	assert_int_equal(probe_hello_parse(line, (size_t)n, hello), 0);
	return fd;
}

static void ping(int fd)
{
	const struct probe_ping ping = { 42, 43 };
	struct probe_echo echo;

	assert_int_equal(send(fd, &ping, sizeof(ping), MSG_NOSIGNAL), sizeof(ping));
	assert_int_equal(recv(fd, &echo, sizeof(echo), MSG_WAITALL), sizeof(echo));
	assert_memory_equal(&echo.ping, &ping, sizeof(ping));
}

/* --- tests --- */

static void a_ping_makes_it_up_and_an_end_is_reported(void **state)
{
	struct probe_hello hello;
	char c;
	int fd;

	(void)state;
	start();
	EXPECT_SOON(starts() == 1);
	fd = call(&hello);
	assert_int_equal(hello.connects, 1);
	assert_int_equal(hello.cause, PROBE_CAUSE_START);
	assert_int_equal(hello.ping_ms, 1000);
	assert_int_equal(strlen(hello.boot_id), 36);
	ping(fd);
	EXPECT_SOON(status_has("state=up\n"));

	kill(carrier(), SIGKILL);
	assert_int_equal(recv(fd, &c, 1, 0), 0); /* it belonged to that carrier */
	close(fd);
	EXPECT_SOON(starts() == 2);
	fd = call(&hello);
	assert_int_equal(hello.connects, 2);
	assert_int_equal(hello.cause, PROBE_CAUSE_CARRIER);
	ping(fd);
	close(fd);
}

static void the_carrier_ends_with_the_supervisor(void **state)
{
	pid_t pid;

	(void)state;
	start();
	EXPECT_SOON(starts() == 1);
	pid = carrier();
	kill(place.supervisor, SIGTERM);
	assert_int_equal(wait_for_end(), 0);
	assert_true(is_gone(pid));
}

static void the_carrier_ends_with_a_killed_supervisor(void **state)
{
	pid_t pid;

	(void)state;
	start();
	EXPECT_SOON(starts() == 1);
	pid = carrier();
	kill(place.supervisor, SIGKILL);
	assert_int_equal(wait_for_end(), 128 + SIGKILL);
	EXPECT_SOON(is_gone(pid));
}

static void a_refused_connection_is_tried_again(void **state)
{
	struct probe_hello hello;

	(void)state;
	put("bin/mode", "refuse");
	start();
	EXPECT_SOON(starts() >= 3);
	EXPECT_SOON(status_has("cause=refused\n"));
	assert_true(status_has("text=ssh: connect to host gw port 22: Connection refused\n"));
	put("bin/mode", "hold");
	EXPECT_SOON(status_has("state=connecting\n") && !is_gone(carrier()));
	close(call(&hello));
	assert_in_range(hello.failures, 2, 1000);
	assert_int_equal(hello.last, PROBE_CAUSE_REFUSED);
}

static void a_missing_carrier_is_tried_again(void **state)
{
	_cleanup_free_ char *ssh = beside(place.root, "ssh"),
			    *away = beside(place.root, "ssh.away");

	(void)state;
	assert_int_equal(rename(ssh, away), 0);
	setenv("PATH", dirname(ssh), 1);
	start();
	EXPECT_SOON(status_has("cause=carrier\n"));
	assert_true(status_has("text=cannot run ssh (package openssh-client): No such file"));
	assert_int_equal(starts(), 0);
}

/* autossh connects again by itself; so a carrier without pings is not ended, and an outage. */
static void a_carrier_that_reconnects_is_left_alone(void **state)
{
	_cleanup_free_ char *ssh = beside(place.root, "ssh"),
			    *autossh = beside(place.root, "autossh");
	struct probe_hello hello;
	pid_t pid;
	int fd;

	(void)state;
	assert_int_equal(rename(ssh, autossh), 0);
	put("etc/outpost/tunnel/tunnel.conf", "name=pi4\ngateway=gw.invalid\ncarrier=autossh\n");
	start();
	EXPECT_SOON(starts() == 1);
	pid = carrier();
	fd = call(&hello);
	ping(fd);
	EXPECT_SOON(status_has("state=up\n"));
	EXPECT_SOON(status_has("state=connecting\n"));
	assert_true(status_has("text=no ping came for 3 s\n"));
	close(fd);
	fd = call(&hello);
	assert_int_equal(hello.connects, 2);
	assert_int_equal(hello.cause, PROBE_CAUSE_SILENT);
	assert_in_range(hello.outage_ms, 3000, WAIT_MS);
	ping(fd);
	EXPECT_SOON(status_has("state=up\n"));
	close(fd);
	assert_int_equal(starts(), 1);
	assert_int_equal(carrier(), pid);
}

/* --- another carrier --- */

static void make_executable(const char *name)
{
	_cleanup_free_ char *path = beside(place.root, name);

	assert_int_equal(chmod(path, 0700), 0);
}

/* A systemctl: with `restart`, runs the script. */
static void put_systemctl(const char *script)
{
	_cleanup_free_ char *text = xasprintf(
		"#!/bin/sh\ncd %s\n[ \"$1\" != restart ] || { %s; }\n", place.root, script);

	put("bin/systemctl", text);
	make_executable("systemctl");
}

static void another_carrier_is_installed(void **state)
{
	_cleanup_free_ char *config = NULL, *ran = NULL;

	(void)state;
	put("etc/outpost/tunnel/tunnel.conf",
	    "# mine\nname=pi4\ncarrier = ssh\ngateway=gw.invalid\nalive=30s\n");
	put("bin/autossh", "#!/bin/sh\n");
	make_executable("autossh");
	put_systemctl("echo x >>ran; echo state=up >run/outpost-tunnel/status");
	assert_int_equal(tunnel_install(place.root, "autossh"), 0);
	config = get("etc/outpost/tunnel/tunnel.conf");
	assert_string_equal(config, "# mine\nname=pi4\ngateway=gw.invalid\nalive=30s\n"
				    "carrier = autossh\n");
	assert_int_equal(tunnel_install(place.root, "autossh"), 0);
	ran = get("ran");
	assert_string_equal(ran, "x\n");
}

static void the_carrier_from_before_comes_back(void **state)
{
	static const char before[] = "name=pi4\ngateway=gw.invalid\n";
	_cleanup_free_ char *config = NULL, *ran = NULL, *bin = beside(place.root, "");

	(void)state;
	log_set_level(LOG_LEVEL_NONE);
	put("etc/outpost/tunnel/tunnel.conf", before);
	put("bin/autossh", "#!/bin/sh\n");
	put_systemctl("echo x >>ran; exit 1");
	setenv("PATH", bin, 1); /* this machine may have an autossh */
	assert_int_equal(tunnel_install(place.root, "pigeon"), 2);
	assert_int_equal(tunnel_install(place.root, "autossh"), 1); /* it cannot be executed */
	make_executable("autossh");
	assert_int_equal(tunnel_install(place.root, "autossh"), 1);
	log_set_level(LOG_LEVEL_INFO);
	config = get("etc/outpost/tunnel/tunnel.conf");
	assert_string_equal(config, before);
	ran = get("ran");
	assert_string_equal(ran, "x\nx\n");
}

/* --- systemd --- */

static bool says(int fd, const char *wanted)
{
	char text[1024];
	ssize_t n;

	while ((n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[n] = '\0';
		if (strncmp(text, wanted, strlen(wanted)) == 0)
			return true;
	}
	return false;
}

static void systemd_is_told(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", place.root);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	setenv("WATCHDOG_USEC", "100000", 1);
	start();
	EXPECT_SOON(says(fd, "READY=1"));
	EXPECT_SOON(says(fd, "STATUS=Connecting to gw.invalid"));
	for (int i = 0; i < 3; i++)
		EXPECT_SOON(says(fd, "WATCHDOG=1"));
	kill(place.supervisor, SIGTERM);
	assert_int_equal(wait_for_end(), 0);
	EXPECT_SOON(says(fd, "STOPPING=1"));
}

/* --- files --- */

static void a_wrong_configuration_ends_it(void **state)
{
	(void)state;
	put("etc/outpost/tunnel/tunnel.conf", "name=pi4\n");
	start();
	assert_int_equal(wait_for_end(), 2);
}

/* What ssh has learned stays, until the board joins again. */
static void host_keys_are_copied_once_for_each_joining(void **state)
{
	static const char learned[] = "# joined 1\noutpost-gateway ssh-ed25519 LEARNED\n";
	static const char copy[] = "var/lib/outpost-tunnel/known_hosts";
	struct tunnel_config config;
	_cleanup_free_ char *first = NULL, *second = NULL, *third = NULL;

	(void)state;
	tunnel_config_init(&config, place.root);
	assert_int_equal(tunnel_config_pin(&config), 0);
	first = get(copy);
	assert_string_equal(first, "# joined 1\noutpost-gateway ssh-ed25519 AAAA\n");
	put(copy, learned);
	assert_int_equal(tunnel_config_pin(&config), 0);
	second = get(copy);
	assert_string_equal(second, learned);
	put("etc/outpost/tunnel/known_hosts", "# joined 2\noutpost-gateway ssh-ed25519 BBBB\n");
	assert_int_equal(tunnel_config_pin(&config), 0);
	third = get(copy);
	assert_string_equal(third, "# joined 2\noutpost-gateway ssh-ed25519 BBBB\n");
	tunnel_config_release(&config);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_ping_makes_it_up_and_an_end_is_reported),
		TEST(the_carrier_ends_with_the_supervisor),
		TEST(the_carrier_ends_with_a_killed_supervisor),
		TEST(a_refused_connection_is_tried_again),
		TEST(a_missing_carrier_is_tried_again),
		TEST(a_carrier_that_reconnects_is_left_alone),
		TEST(another_carrier_is_installed),
		TEST(the_carrier_from_before_comes_back),
		TEST(systemd_is_told),
		TEST(a_wrong_configuration_ends_it),
		TEST(host_keys_are_copied_once_for_each_joining),
	};
#undef TEST

	if (argc > 0 && text_ends_with(argv[0], "ssh"))
		return play_ssh();
	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
