// SPDX-License-Identifier: GPL-2.0-only
/* How a board accepts an invitation, against a gateway that answers in every wrong way. */
#include "unit.h"

#include "agent/tunnel/join.h"
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Public keys that ssh-keygen made for this test. */
#define KEY1 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBIq22xwgtwRmj5BDOD+oaudjjAl4n+CWMKhOJEqV0Oe"
#define KEY2 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINBsunoSgxLjNHWDuCtRr9p7BHOfrjgcaJ52utQlOCLu"

static struct join join;
static char root[32];
static char *dir; /* of the invitation */

static void put(const char *path, const char *text, mode_t mode)
{
	_cleanup_free_ char *full = xasprintf("%s/%s", root, path);
	_cleanup_free_ char *parent = xstrdup(full);

	assert_int_equal(fs_mkdir_p(dirname(parent), 0700), 0);
	assert_int_equal(fs_write_atomic(full, text, strlen(text), mode), 0);
}

/* A program in PATH: what it does, in sh. */
static void put_program(const char *name, const char *script)
{
	_cleanup_free_ char *path = xasprintf("bin/%s", name);
	_cleanup_free_ char *text = xasprintf("#!/bin/sh\ncd %s\n%s\n", root, script);

	put(path, text, 0700);
}

static char *get(const char *path)
{
	_cleanup_free_ char *full = xasprintf("%s/%s", root, path);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	(void)fs_read(full, &text, 0);
	return strbuf_detach(&text);
}

static int set_up(void **state)
{
	_cleanup_free_ char *path = NULL;

	(void)state;
	strcpy(root, "/tmp/outpost-test-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	dir = xasprintf("%s/invitation", root);
	path = xasprintf("%s/bin:/usr/sbin:/usr/bin:/sbin:/bin", root);
	setenv("PATH", path, 1);
	put("invitation/invitation",
	    "outpost-invitation 1\nname pi4\ngateway gw.example.org\nport 2200\nexpires 1780000000\n",
	    0600);
	put("invitation/known_hosts", "outpost-gateway " KEY1 "\n", 0600);
	put("etc/ssh/ssh_host_ed25519_key", "secret", 0600);
	put("etc/ssh/ssh_host_ed25519_key.pub", KEY2 " root@raspberrypi\n", 0644);
	put_program("sshd", "echo port 22; echo hostkey /etc/ssh/ssh_host_rsa_key; "
			    "echo hostkey /etc/ssh/ssh_host_ed25519_key");
	put("etc/passwd",
	    "root:x:0:0:root:/root:/bin/bash\npi:x:1000:1000:,,,:/home/pi:/bin/bash\n"
	    "sshd:x:105:65534::/run/sshd:/usr/sbin/nologin\nbroken\n"
	    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
	    0644);
	join = (struct join){ .dir = dir, .root = root };
	log_set_level(LOG_LEVEL_NONE);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_INFO);
	free(dir);
	return fs_remove_tree(root);
}

static void describe(void)
{
	assert_int_equal(join_read_invitation(&join), 0);
	assert_int_equal(join_describe(&join), 0);
	assert_true(ssh_key_parse(&join.request.key, (struct text){ KEY1, strlen(KEY1) },
				  SSH_KEY_LOGIN));
}

/* --- what this machine is --- */

static void an_invitation_is_read(void **state)
{
	(void)state;
	assert_int_equal(join_read_invitation(&join), 0);
	assert_string_equal(join.invitation.name, "pi4");
	assert_string_equal(join.invitation.gateway, "gw.example.org");
	assert_int_equal(join.invitation.port, 2200);
}

static void no_invitation_is_an_error(void **state)
{
	(void)state;
	put("invitation/invitation", "outpost-invitation 1\nname pi4\n", 0600);
	assert_int_equal(join_read_invitation(&join), -EBADMSG);
	join.dir = "/nonexistent";
	assert_int_equal(join_read_invitation(&join), -ENOENT);
}

static void the_machine_is_described(void **state)
{
	(void)state;
	assert_int_equal(join_describe(&join), 0);
	assert_int_equal(join.request.n_host_keys, 1);
	assert_string_equal(join.request.host_keys[0].text, KEY2);
	assert_int_equal(join.request.n_logins, 2);
	assert_string_equal(join.request.logins[0], "root");
	assert_string_equal(join.request.logins[1], "pi");
	assert_true(join_has_login(&join, "pi"));
	assert_false(join_has_login(&join, "sshd"));
	assert_false(join_has_login(&join, "ubuntu"));
}

/* The gateway accepts so many; a machine may have more. */
static void only_some_users_are_named(void **state)
{
	_cleanup_(strbuf_release) struct strbuf passwd = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < 2 * INVITATION_LOGINS; i++)
		strbuf_addf(&passwd, "u%d:x:%d:100::/home:/bin/sh\n", i, 1000 + i);
	put("etc/passwd", passwd.buf, 0644);
	assert_int_equal(join_describe(&join), 0);
	assert_int_equal(join.request.n_logins, INVITATION_LOGINS);
	assert_string_equal(join.request.logins[INVITATION_LOGINS - 1], "u15");
}

static void a_machine_without_host_keys_cannot_join(void **state)
{
	(void)state;
	put("etc/ssh/ssh_host_ed25519_key.pub", "ssh-dss AAAA\n", 0644);
	assert_int_equal(join_describe(&join), -ENOENT);
	put_program("sshd",
		    "echo /etc/ssh/sshd_config: line 1: Bad configuration option >&2; exit 255");
	assert_int_equal(join_describe(&join), -EIO);
}

/* --- the conversation --- */

/* What the gateway answers, and ssh's exit status. */
static enum join_answer ask(const char *answer, const char *said, int status)
{
	_cleanup_free_ char *script = xasprintf(
		"echo \"$@\" >arguments; cat >request; cat answer; cat said >&2; exit %d", status);

	put("answer", answer, 0600);
	put("said", said, 0600);
	put_program("ssh", script);
	describe();
	return join_ask(&join);
}

#define YES "outpost-accept 1\nok pi4\naccount board-pi4\nlogin pi\nhost-key " KEY1 "\nend\n"

static void the_gateway_says_yes(void **state)
{
	_cleanup_free_ char *arguments = NULL, *request = NULL;

	(void)state;
	assert_int_equal(ask(YES, "Authenticated to gw", 0), JOIN_YES);
	assert_string_equal(join.reply.account, "board-pi4");
	assert_string_equal(join.reply.host_keys[0].text, KEY1);
	arguments = get("arguments");
	assert_non_null(strstr(arguments, "-p2200 -l outpost-invite -- gw.example.org accept"));
	assert_non_null(strstr(arguments, "-oStrictHostKeyChecking=yes"));
	request = get("request");
	assert_non_null(strstr(request, "key " KEY1 "\n"));
	assert_non_null(strstr(request, "host-key " KEY2 "\n"));
	assert_non_null(strstr(request, "login pi\n"));
}

static void wrong_answers_are_refused(void **state)
{
	static const char *const answers[] = {
		"",
		"Welcome to Debian\n" YES,
		"outpost-accept 2\nok pi4\nend\n",
		"outpost-accept 1\nend\n",
		"outpost-accept 1\nok pi4\naccount board-pi4\nlogin pi\nend\n",
		"outpost-accept 1\nok pi4\naccount board-pi4\nlogin pi\nhost-key " KEY1 "\n",
		"outpost-accept 1\nok pi5\naccount board-pi5\nlogin pi\nhost-key " KEY1 "\nend\n",
		"outpost-accept 1\nok pi4\naccount -oProxyCommand=x\nlogin pi\nhost-key " KEY1
		"\nend\n",
		"outpost-accept 1\nok pi4\naccount board-pi4\nlogin pi\nhost-key " KEY1 " x\n" KEY2
		"\nend\n",
		"outpost-accept 1\nerror no board of that name\nend\n",
		"outpost-accept 1\nerror \033[2J\nend\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		for (int status = 0; status < 2; status++)
			if (ask(answers[i], "", status) != JOIN_NO)
				fail_msg("not refused: %s", answers[i]);
}

/* It ends, and uses no more memory than that. */
static void an_endless_answer_is_cut(void **state)
{
	(void)state;
	put_program("ssh", "cat >/dev/null; echo outpost-accept 1; exec yes 'login pi'");
	describe();
	assert_int_equal(join_ask(&join), JOIN_NO);
}

static void failures_of_ssh_are_told_apart(void **state)
{
	static const struct {
		const char *said;
		enum join_answer answer;
	} cases[] = {
		{ "outpost-invite@gw: Permission denied (publickey).\r\n", JOIN_DENIED },
		{ "Host key verification failed.\r\n", JOIN_NO },
		{ "ssh: Could not resolve hostname gw: Name or service not known\r\n", JOIN_NO },
		{ "ssh: connect to host gw port 2200: Connection refused\r\n", JOIN_NO },
		{ "ssh: connect to host gw port 2200: Connection timed out\r\n", JOIN_NO },
		{ "", JOIN_NO },
		{ "Authenticated to gw ([10.9.0.1]:22) using \"publickey\".\r\n"
		  "client_loop: send disconnect: Broken pipe\r\n",
		  JOIN_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (ask("", cases[i].said, 255) != cases[i].answer)
			fail_msg("%s", cases[i].said);
	assert_int_equal(ask("outpost-accept 1\nok pi4\n", "Authenticated to gw", 255),
			 JOIN_UNKNOWN);
}

static void a_key_that_logs_in_works(void **state)
{
	(void)state;
	describe();
	strcpy(join.account, "board-pi4");
	put_program("ssh", "echo 'board-pi4@gw: Permission denied (publickey).' >&2; exit 255");
	assert_false(join_key_works(&join));
	put_program("ssh",
		    "echo 'Authenticated to gw' >&2; echo 'channel 0: open failed' >&2; exit 255");
	assert_true(join_key_works(&join));
}

/* --- what it leaves --- */

/* Needs no root: the group is this user's. */
static void prepare(void)
{
	_cleanup_free_ char *line =
		xasprintf("root:x:0:0::/root:/bin/bash\n"
			  "outpost-tunnel:x:%u:%u::/nonexistent:/usr/sbin/nologin\n",
			  getuid(), getgid());

	put("etc/passwd", line, 0644);
	put_program("useradd", "echo useradd >>ran");
	put_program("userdel", "echo userdel >>ran");
	describe();
	assert_int_equal(join_prepare(&join), 0);
}

static bool is_there(const char *path)
{
	_cleanup_free_ char *full = xasprintf("%s%s", root, path);

	return fs_is_there(full);
}

static void a_no_leaves_nothing(void **state)
{
	(void)state;
	if (getuid() != 0)
		skip(); /* files are given to root */
	prepare();
	assert_true(is_there(TUNNEL_NEW "/" TUNNEL_KEY_FILE));
	assert_true(is_there(TUNNEL_PROGRAM));
	join_take_back(&join);
	assert_false(is_there(TUNNEL_NEW));
	assert_false(is_there(TUNNEL_PROGRAM));
	assert_false(is_there("/ran"));
}

static void a_yes_replaces_the_old_settings(void **state)
{
	_cleanup_free_ char *config = NULL, *hosts = NULL;

	(void)state;
	if (getuid() != 0)
		skip();
	put(TUNNEL_DIR "/tunnel.conf", "old", 0600);
	prepare();
	assert_int_equal(ask(YES, "", 0), JOIN_YES);
	assert_int_equal(join_write(&join), 0);
	assert_int_equal(join_commit(&join), 0);
	assert_false(is_there(TUNNEL_NEW));
	config = get(TUNNEL_DIR "/tunnel.conf");
	assert_non_null(strstr(config, "name = pi4\ngateway = gw.example.org\nport = 2200\n"
				       "account = board-pi4\n"));
	hosts = get(TUNNEL_DIR "/known_hosts");
	assert_int_equal(strncmp(hosts, "# joined ", 9), 0);
	assert_non_null(strstr(hosts, "\noutpost-gateway " KEY1 "\n"));
}

/* Killed after the gateway was asked: the next join uses the same key, also without invitation. */
static void an_interrupted_join_is_completed(void **state)
{
	struct ssh_key key;

	(void)state;
	if (getuid() != 0)
		skip();
	prepare();
	key = join.request.key;
	join = (struct join){ .dir = dir, .root = root };
	prepare();
	assert_false(join.made_new);
	assert_string_equal(join.request.key.text, key.text);

	join = (struct join){ .root = root };
	assert_int_equal(join_resume(&join), 0);
	assert_string_equal(join.invitation.name, "pi4");
	assert_string_equal(join.account, "board-pi4");
	assert_int_equal(join.invitation.port, 2200);

	put("invitation/invitation",
	    "outpost-invitation 1\nname pi4\ngateway other.example.org\nport 22\nexpires 1780000000\n",
	    0600);
	join = (struct join){ .dir = dir, .root = root };
	prepare();
	assert_true(join.made_new);
	assert_string_not_equal(join.request.key.text, key.text);
}

static void without_an_interrupted_join_nothing_is_completed(void **state)
{
	(void)state;
	join.dir = NULL;
	assert_true(join_resume(&join) < 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_invitation_is_read),
		TEST(no_invitation_is_an_error),
		TEST(the_machine_is_described),
		TEST(only_some_users_are_named),
		TEST(a_machine_without_host_keys_cannot_join),
		TEST(the_gateway_says_yes),
		TEST(wrong_answers_are_refused),
		TEST(an_endless_answer_is_cut),
		TEST(failures_of_ssh_are_told_apart),
		TEST(a_key_that_logs_in_works),
		TEST(a_no_leaves_nothing),
		TEST(a_yes_replaces_the_old_settings),
		TEST(an_interrupted_join_is_completed),
		TEST(without_an_interrupted_join_nothing_is_completed),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
