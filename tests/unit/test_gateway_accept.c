// SPDX-License-Identifier: GPL-2.0-only
/* What sshd asks outpost-gateway: whose key is it, and may this invitation be accepted? */
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "gateway/gateway.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY_A "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIw+bZBRqApZ4T8w9KLkz3PfXKhbTl22GkxykWNXIGHr"
#define KEY_B "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC2V2V2V2V2V2V2V2V2V2V2V2V2V2V2V2V2V2V2V2V2V"
#define ID    "0123456789abcdef"
#define NOW   1000000

static char top[] = "/tmp/outpost-test-XXXXXX";
static struct gateway_places places;

static char *in_top(const char *name)
{
	return xasprintf("%s/%s", top, name);
}

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = in_top(name);

	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0644), 0);
}

static bool is_there(const char *name)
{
	_cleanup_free_ char *path = in_top(name);

	return fs_is_there(path);
}

static void expect_text(const char *name, const char *text)
{
	_cleanup_free_ char *path = in_top(name);
	_cleanup_(strbuf_release) struct strbuf got = STRBUF_INIT;

	assert_int_equal(fs_read(path, &got, 0), 0);
	assert_string_equal(got.buf, text);
}

/* A gateway with the board pi4, which is invited until NOW + 1. */
static int make_gateway(void **state)
{
	_cleanup_free_ char *pi4 = NULL;

	(void)state;
	log_set_level(LOG_LEVEL_NONE);
	strcpy(top + strlen(top) - 6, "XXXXXX");
	if (!mkdtemp(top))
		return -1;
	places = (struct gateway_places){ .keys = in_top("keys"),
					  .roots = in_top("roots"),
					  .agents = in_top("agents"),
					  .conf = in_top("conf"),
					  .host_keys = in_top("host_keys") };
	pi4 = in_top("keys/pi4");
	if (fs_mkdir_p(pi4, 0755) < 0 || mkdir(places.conf, 0755) < 0)
		return -1;
	put("conf/pi4.conf", "port = 2222\nlogin = pi\n");
	put("host_keys", KEY_A "\n");
	put("keys/pi4/invitation." ID, "expires 1000001\nkey " KEY_A "\n");
	return 0;
}

static int remove_gateway(void **state)
{
	(void)state;
	free((char *)places.keys);
	free((char *)places.roots);
	free((char *)places.agents);
	free((char *)places.conf);
	free((char *)places.host_keys);
	return fs_remove_tree(top);
}

static void expect_keys(const char *user, time_t now, const char *pattern)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	assert_int_equal(keys_write(&places, user, now, &out), 0);
	if (!*pattern)
		assert_string_equal(out.buf, "");
	else if (!strstr(out.buf, pattern))
		fail_msg("'%s' does not contain '%s'", out.buf, pattern);
	assert_true(!strchr(out.buf, '\n') || strchr(out.buf, '\n') == out.buf + out.len - 1);
}

static void keys_of_an_invitation(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	expect_keys("outpost-invite", NOW,
		    "restrict,expiry-time=\"19700112134641\","
		    "command=\"/usr/local/lib/outpost/outpost-gateway accept pi4 " ID "\" " KEY_A
		    "\n");
	expect_keys("outpost-invite", NOW + 1, "");
	expect_keys("board-pi4", NOW, ""); /* it has no key yet */
	expect_keys("root", NOW, "");
	expect_keys("pi4", NOW, "");
	expect_keys("board-../pi4", NOW, "");
	expect_keys("board-", NOW, "");
}

static void keys_of_a_board(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	_cleanup_free_ char *key = in_top("keys/pi4/key"), *host_keys = in_top("host_keys");

	(void)state;
	put("keys/pi4/key", KEY_B "\n");
	expect_keys("board-pi4", NOW, "restrict,port-forwarding " KEY_B "\n");
	/* of another form: no key, and above all no options */
	put("keys/pi4/key", "command=\"sh\" " KEY_B "\n");
	assert_int_equal(keys_write(&places, "board-pi4", NOW, &out), -EBADMSG);
	put("keys/pi4/key", KEY_B "\n" KEY_A "\n");
	assert_int_equal(keys_write(&places, "board-pi4", NOW, &out), -EBADMSG);
	/* A link may lead anywhere. */
	assert_int_equal(unlink(key), 0);
	assert_int_equal(symlink(host_keys, key), 0);
	assert_true(keys_write(&places, "board-pi4", NOW, &out) < 0);
	assert_int_equal(out.len, 0);
}

#define REQUEST                                                                                 \
	"outpost-join 1\nkey " KEY_B "\nhost-key " KEY_A "\nhost-key " KEY_B "\nhostname rpi\n" \
	"login pi\nend\n"

static void try_accept(const char *id, const char *request, time_t now,
		       struct invitation_reply *reply)
{
	accept_request(&places, "pi4", id, (struct text){ request, strlen(request) }, now, reply);
}

static void expect_refused(const char *id, const char *request, time_t now, const char *error)
{
	struct invitation_reply reply;

	try_accept(id, request, now, &reply);
	assert_false(reply.ok);
	assert_string_equal(reply.error, error);
	assert_false(is_there("keys/pi4/key"));
}

static void accepted(void **state)
{
	struct invitation_reply reply;

	(void)state;
	try_accept(ID, REQUEST, NOW, &reply);
	assert_string_equal(reply.error, "");
	assert_true(reply.ok);
	assert_string_equal(reply.name, "pi4");
	assert_string_equal(reply.account, "board-pi4");
	assert_string_equal(reply.login, "pi");
	assert_int_equal(reply.n_host_keys, 1);
	assert_string_equal(reply.host_keys[0].text, KEY_A);
	expect_text("keys/pi4/key", KEY_B "\n");
	expect_text("keys/pi4/host_keys", "outpost-pi4 " KEY_A "\noutpost-pi4 " KEY_B "\n");
	expect_text("keys/pi4/board", "hostname rpi\nlogin pi\n");
	expect_keys("outpost-invite", NOW, "");
	expect_keys("board-pi4", NOW, KEY_B);
	/* again */
	try_accept(ID, REQUEST, NOW, &reply);
	assert_false(reply.ok);
	assert_string_equal(reply.error,
			    "The invitation was used already, replaced by a newer one, or revoked");
}

static void refused(void **state)
{
	(void)state;
	expect_refused(ID, REQUEST, NOW + 1, "The invitation has expired");
	expect_refused("ffffffffffffffff", REQUEST, NOW,
		       "The invitation was used already, replaced by a newer one, or revoked");
	expect_refused(
		ID, "outpost-join 1\nkey ssh-rsa AAAA\nend\n", NOW,
		"The gateway does not understand the board's request: line 2: the key is not of a "
		"known form");
	/* None of this has used it. */
	expect_keys("outpost-invite", NOW, KEY_A);
}

/* If the gateway has a fault, the invitation can be used after that was mended. */
static void not_used_by_a_fault(void **state)
{
	_cleanup_free_ char *host_keys = in_top("host_keys");
	struct invitation_reply reply;

	(void)state;
	assert_int_equal(unlink(host_keys), 0);
	expect_refused(ID, REQUEST, NOW,
		       "The gateway is not set up completely (No such file or directory)");
	put("host_keys", KEY_A "\n");
	put("conf/pi4.conf", "port = 2222\nlogin = $(id)\n");
	expect_refused(ID, REQUEST, NOW, "The gateway is not set up completely (Bad message)");
	put("conf/pi4.conf", "port = 2222\nlogin = pi\n");
	try_accept(ID, REQUEST, NOW, &reply);
	assert_true(reply.ok);
}

/* Of many that come at the same moment, exactly one is accepted. */
static void used_once(void **state)
{
	enum { PROCESSES = 8, ROUNDS = 20 };

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		int go[2], ok = 0;

		put("keys/pi4/invitation." ID, "expires 1000001\nkey " KEY_A "\n");
		assert_int_equal(pipe(go), 0);
		for (int i = 0; i < PROCESSES; i++) {
			struct invitation_reply reply;
			char byte;

			if (fork())
				continue;
			close(go[1]);
			(void)!read(go[0], &byte, 1); /* until all are there */
			try_accept(ID, REQUEST, NOW, &reply);
			_exit(reply.ok);
		}
		close(go[0]);
		close(go[1]);
		for (int i = 0; i < PROCESSES; i++) {
			int status;

			assert_true(wait(&status) > 0);
			assert_true(WIFEXITED(status));
			ok += WEXITSTATUS(status);
		}
		assert_int_equal(ok, 1);
	}
}

static void ports(void **state)
{
	const unsigned int uids[] = { 1000, 1001 };
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	put("conf/pi5.conf", "login = pi\nport = 2223\n");
	put("conf/pi5.conf.XYZ", "port = 1\n");
	assert_int_equal(rules_write(&places, 77, uids, 2, &out), 0);
	assert_non_null(strstr(out.buf, "elements = { 2222, 2223 }\n"));
	assert_non_null(strstr(out.buf, "meta skgid 77 accept\n"));
	assert_non_null(strstr(out.buf, "meta skuid { 0, 1000, 1001 } accept\n"));
	/* What cannot be read must not leave ports open. */
	put("conf/pi5.conf", "port = 0\n");
	assert_int_equal(rules_write(&places, 77, uids, 2, &out), -EBADMSG);
	put("conf/pi5.conf", "login = pi\n");
	assert_int_equal(rules_write(&places, 77, uids, 2, &out), -EBADMSG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_gateway, remove_gateway)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_of_an_invitation), TEST(keys_of_a_board), TEST(accepted), TEST(refused),
		TEST(not_used_by_a_fault),   TEST(used_once),       TEST(ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
