// SPDX-License-Identifier: GPL-2.0-only
/* The gateway's side of the tunnel, as far as it needs no root: texts that are parsed or edited. */
#include "unit.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/paths.h"
#include "host/board/board_behind.h"
#include "host/tunnel/card.h"
#include "host/tunnel/gateway_board.h"
#include "host/tunnel/gateway_files.h"
#include "host/tunnel/sshd.h"
#include "host/workflow/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIw+bZBRqApZ4T8w9KLkz3PfXKhbTl22GkxykWNXIGHr"

static void expiry(void **state)
{
	static const char *const bad[] = { "",     "1",      "d",   "0d",
					   "-1d",  "31d",    "1w",  "1 d",
					   "1.5h", "43201m", "1dd", "99999999999999999d" };
	int s;

	(void)state;
	assert_int_equal(invite_parse_expiry("30m", &s), 0);
	assert_int_equal(s, 1800);
	assert_int_equal(invite_parse_expiry("12h", &s), 0);
	assert_int_equal(s, 43200);
	assert_int_equal(invite_parse_expiry("30d", &s), 0);
	assert_int_equal(s, 2592000);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (invite_parse_expiry(bad[i], &s) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
}

static void expect_address(const char *text, const char *host, int port)
{
	char got[TUNNEL_HOST_MAX + 1];
	int got_port = 22;

	assert_int_equal(invite_parse_address(text, got, sizeof(got), &got_port), 0);
	assert_string_equal(got, host);
	assert_int_equal(got_port, port);
}

static void address(void **state)
{
	static const char *const bad[] = {
		"",      ":22",  "gw:",     "gw:0",   "gw:65536", "gw:22x", "user@gw",    "-oX=y",
		"gw;id", "[::1", "[::1]22", "[::1]:", "gw gw",    "$(id)",  "gw\nPort 1", "'gw'",
	};
	char host[TUNNEL_HOST_MAX + 1];
	int port;

	(void)state;
	expect_address("gw.example.org", "gw.example.org", 22);
	expect_address("gw.example.org:2200", "gw.example.org", 2200);
	expect_address("192.0.2.1:2200", "192.0.2.1", 2200);
	expect_address("2001:db8::1", "2001:db8::1", 22);
	expect_address("[2001:db8::1]", "2001:db8::1", 22);
	expect_address("[2001:db8::1]:2200", "2001:db8::1", 2200);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (invite_parse_address(bad[i], host, sizeof(host), &port) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
}

/* --- the line --- */

static void line(void **state)
{
	struct invite invite = { .invitation = { "pi4", "gw.example.org", 2200, 1780000000 },
				 .key = STRBUF_INIT,
				 .known_hosts = STRBUF_INIT };
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	strbuf_adds(&invite.key, "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\nBBBB\n"
				 "-----END OPENSSH PRIVATE KEY-----\n");
	strbuf_adds(&invite.known_hosts, "outpost-gateway " KEY "\n");
	invite_line(&out, &invite);
	/* One line, of which the shell that it is pasted into sees one word in quotes. */
	assert_ptr_equal(strchr(out.buf, '\n'), out.buf + out.len - 1);
	assert_int_equal(strncmp(out.buf, "printf %s '", 11), 0);
	assert_string_equal(strchr(out.buf + 11, '\''), "' | sudo sh\n");
	assert_non_null(strstr(out.buf, " \"-----BEGIN OPENSSH PRIVATE KEY-----\" \"AAAABBBB\" "
					"\"-----END OPENSSH PRIVATE KEY-----\" >key "));
	assert_non_null(strstr(out.buf, " \"outpost-gateway " KEY "\" >known_hosts "));
	assert_non_null(strstr(out.buf, " \"name pi4\" \"gateway gw.example.org\" \"port 2200\" "
					"\"expires 1780000000\" >invitation "));
	invite_release(&invite);
}

/* --- cards --- */

#define CMDLINE  "console=tty1 root=PARTUUID=0-02 rootwait quiet init=/usr/lib/firstboot"
#define RUN_TAIL "systemd.run_success_action=reboot systemd.unit=kernel-command-line.target"
#define SETUP    "outpost-join/outpost-join-setup"

static void expect_cmdline(const char *old, bool old_image, const char *expected)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, edited = STRBUF_INIT,
						again = STRBUF_INIT;
	const char *why = "";

	strbuf_adds(&text, old);
	assert_int_equal(card_edit_cmdline(&text, old_image, &edited, &why), 1);
	assert_string_equal(edited.buf, expected);
	assert_int_equal(card_edit_cmdline(&edited, old_image, &again, &why), 0);
	assert_int_equal(again.len, 0);
}

static void cmdline(void **state)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, edited = STRBUF_INIT;
	const char *why = "";

	(void)state;
	expect_cmdline(CMDLINE "\n", false,
		       CMDLINE " systemd.run=/boot/firmware/" SETUP " " RUN_TAIL "\n");
	expect_cmdline(CMDLINE, true, CMDLINE " systemd.run=/boot/" SETUP " " RUN_TAIL "\n");
	/* Imager's words stay behind ours, and its path says where the partition is. */
	expect_cmdline(CMDLINE " systemd.run=/boot/firstrun.sh " RUN_TAIL "\n", false,
		       CMDLINE " systemd.run=/boot/" SETUP
			       " systemd.run=/boot/firstrun.sh " RUN_TAIL "\n");
	expect_cmdline(CMDLINE " systemd.run=/boot/firmware/firstrun.sh " RUN_TAIL "\n", true,
		       CMDLINE " systemd.run=/boot/firmware/" SETUP
			       " systemd.run=/boot/firmware/firstrun.sh " RUN_TAIL "\n");
	assert_int_equal(card_edit_cmdline(&text, false, &edited, &why), -EINVAL);
	assert_string_equal(why, "it is empty or not text");
	assert_int_equal(edited.len, 0);
}

#define ITEM "- [ sh, /boot/firmware/" SETUP " ]\n"

static void expect_user_data(const char *old, const char *expected)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, edited = STRBUF_INIT,
						again = STRBUF_INIT;
	const char *why = "";

	strbuf_adds(&text, old);
	assert_int_equal(card_edit_user_data(&text, &edited, &why), 1);
	assert_string_equal(edited.buf, expected);
	assert_int_equal(card_edit_user_data(&edited, &again, &why), 0);
}

static void user_data(void **state)
{
	(void)state;
	expect_user_data("#cloud-config\n", "#cloud-config\nruncmd:\n" ITEM);
	expect_user_data("#cloud-config\r\n#hostname: x",
			 "#cloud-config\r\n#hostname: x\nruncmd:\n" ITEM);
	expect_user_data("#cloud-config\n#runcmd:\n#- [ ls ]\nusers:\n- name: pi\n",
			 "#cloud-config\n#runcmd:\n#- [ ls ]\nusers:\n- name: pi\nruncmd:\n" ITEM);
	expect_user_data("#cloud-config\nruncmd:\n- [ ls ]\nssh_pwauth: false\n",
			 "#cloud-config\nruncmd:\n" ITEM "- [ ls ]\nssh_pwauth: false\n");
	expect_user_data("#cloud-config\nruncmd:\n  # first\n  - ls\n",
			 "#cloud-config\nruncmd:\n  " ITEM "  # first\n  - ls\n");
}

static void user_data_of_another_form(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "it does not begin with #cloud-config" },
		{ "#!/bin/sh\nls\n", "it does not begin with #cloud-config" },
		{ "Content-Type: multipart/mixed\n", "it does not begin with #cloud-config" },
		{ "#cloud-config-archive\n- x\n", "it does not begin with #cloud-config" },
		{ "#cloud-config\n{ hostname: x }\n", "it is not a plain list of keys" },
		{ "#cloud-config\na: b\n---\nc: d\n", "it is not a plain list of keys" },
		{ "#cloud-config\n\"runcmd\":\n- ls\n", "it is not a plain list of keys" },
		{ "#cloud-config\nruncmd: [ [ ls ] ]\n",
		  "its runcmd is not a list with one item a line" },
		{ "#cloud-config\nruncmd:\n", "its runcmd is not a list with one item a line" },
		{ "#cloud-config\nruncmd:\n  [ ls ]\n",
		  "its runcmd is not a list with one item a line" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, edited = STRBUF_INIT;
		const char *why = "";

		strbuf_adds(&text, bad[i].text);
		if (card_edit_user_data(&text, &edited, &why) != -EINVAL)
			fail_msg("accepted: %s", bad[i].text);
		assert_string_equal(why, bad[i].why);
		assert_int_equal(edited.len, 0);
	}
}

/* --- sshd --- */

static void snippet(void **state)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, other = STRBUF_INIT;
	_cleanup_free_ char *exempt = NULL;
	bool with_startups;

	(void)state;
	gateway_snippet(&text, true, NULL);
	assert_string_equal(text.buf, gateway_sshd_config);
	gateway_snippet_read(text.buf, &with_startups, &exempt);
	assert_true(with_startups);
	assert_null(exempt);
	gateway_snippet(&other, false, "192.0.2.0/24");
	assert_null(strstr(other.buf, "\nMaxStartups"));
	assert_non_null(strstr(other.buf, "\nPerSourcePenaltyExemptList 192.0.2.0/24\n"));
	gateway_snippet_read(other.buf, &with_startups, &exempt);
	assert_false(with_startups);
	assert_string_equal(exempt, "192.0.2.0/24");
	/* Only blocks and the two settings are global: nothing changes for other users. */
	assert_int_equal(strncmp(text.buf + text.len - 11, "\nMatch all\n", 11), 0);
}

static void settings(void **state)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct text value;

	(void)state;
	strbuf_adds(&text, "port 22\nportable x\nmaxstartups 10:30:100\n");
	assert_true(sshd_setting(&text, "MaxStartups", &value));
	assert_int_equal(value.n, 9);
	assert_true(sshd_setting(&text, "port", &value));
	assert_int_equal(value.n, 2);
	assert_false(sshd_setting(&text, "max", &value));
}

/* --- a laptop asks the gateway --- */

static void expect_behind(const char *answer, int expected)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_(board_behind_release) struct board_behind behind = { .known_hosts = STRBUF_INIT };

	strbuf_adds(&text, answer);
	if (board_behind_read("pi4", &text, &behind) != expected)
		fail_msg("not %d: %s", expected, answer);
	if (expected < 0)
		return;
	assert_int_equal(behind.port, 2222);
	assert_string_equal(behind.login, "pi");
	assert_string_equal(behind.known_hosts.buf, "outpost-pi4 " KEY "\n");
}

static void behind(void **state)
{
	(void)state;
	expect_behind("port = 2222\nlogin = pi\noutpost-pi4 " KEY "\n", 0);
	expect_behind("port = 2222\nlogin = pi\n", -EBADMSG);
	expect_behind("", -EBADMSG);
	expect_behind("port = 22222222\nlogin = pi\noutpost-pi4 " KEY "\n", -EBADMSG);
	expect_behind("port = 2222\nlogin = pi\n\tProxyCommand id\noutpost-pi4 " KEY "\n",
		      -EBADMSG);
	expect_behind("port = 2222\nlogin = pi -oX\noutpost-pi4 " KEY "\n", -EBADMSG);
	expect_behind("port = 2222\nlogin = pi\noutpost-pi5 " KEY "\n", -EBADMSG);
	expect_behind("port = 2222\nlogin = pi\n* " KEY "\n", -EBADMSG);
	expect_behind("port = 2222\nlogin = pi\noutpost-pi4 ssh-rsa AAAA\n", -EBADMSG);
}

/* --- doctor --- */

static char top[] = "/tmp/outpost-test-XXXXXX";

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(top, name, NULL);

	assert_int_equal(fs_write_atomic(path, text, strlen(text), 0644), 0);
}

static void gateway_ports(void **state)
{
	_cleanup_free_ char *dir = NULL;
	struct findings found = { 0 }, none = { 0 };

	(void)state;
	assert_non_null(mkdtemp(top));
	dir = path_join(top, "sshd_config.d", NULL);
	assert_int_equal(fs_mkdir_p(dir, 0755), 0);
	put("sshd_config", "#GatewayPorts yes\nGatewayPorts no\n");
	put("sshd_config.d/50-outpost.conf", gateway_sshd_config);
	put("sshd_config.d/50-other.conf.old", "GatewayPorts yes\n");
	doctor_gateway_ports(&none, top);
	assert_int_equal(none.n, 1);
	assert_int_equal(none.items[0].state, FINDING_OK);
	put("sshd_config.d/60-a.conf", "Port 22\nMatch User x\n\tgatewayports=clientspecified\n");
	doctor_gateway_ports(&found, top);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.items[0].state, FINDING_MISSING);
	assert_non_null(
		strstr(found.items[0].detail, "60-a.conf:3: GatewayPorts clientspecified "));
	findings_release(&found);
	findings_release(&none);
	assert_int_equal(fs_remove_tree(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expiry),    cmocka_unit_test(address),
		cmocka_unit_test(line),      cmocka_unit_test(cmdline),
		cmocka_unit_test(user_data), cmocka_unit_test(user_data_of_another_form),
		cmocka_unit_test(snippet),   cmocka_unit_test(settings),
		cmocka_unit_test(behind),    cmocka_unit_test(gateway_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
