// SPDX-License-Identifier: GPL-2.0-only
/* What a board and a gateway tell each other when an invitation is accepted. Both may lie. */
#include "unit.h"

#include "common/cleanup.h"
#include "common/invitation.h"

#include <string.h>

#define ED25519 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIw+bZBRqApZ4T8w9KLkz3PfXKhbTl22GkxykWNXIGHr"
#define ECDSA                                                                              \
	"ecdsa-sha2-nistp256 "                                                             \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBBnlsHxfQ/GzDmDYMkDtWqNTPrnU" \
	"q4lT3EQeC2AJSz1aD0HFwYIjvaSbY1Ea2P7pbIcqwrw1MKxZyj0kgAhoDD0="
/* 2048 bits */
#define RSA                                                                                \
	"ssh-rsa "                                                                         \
	"AAAAB3NzaC1yc2EAAAADAQABAAABAQC0eopYfAIwewFCL39FmkgtGRv/iM2YWyVPZRppLDHKjTdyudft" \
	"fKPEz8lvvm1xKmv+yzFqh+10jxHs/1+WJ7Dl5oUCEjJj76c4yUOCs4ceby6kzPecTl/MvoJqZQBaslPw" \
	"Akt7YIRw5L1rwBlJtq+wp0qvivloTeOf54x3XJTEJTX++6oC7pBRGbgiSbJiW+0G+zlDq5aiKZt+oF1P" \
	"SQrbeq9igUNWT0QI/nRCbTmbAqqJyw7d9+smbzgGZITzrrseKOCWVX5Rf3cXBq+lYEIBcpjbHkJXbgBX" \
	"kwtUsRUDutBcuFHnKohfHyW/uxx6WhQJNKJXFJemQdPmUB4HWXL/"

static bool parses(const char *line, enum ssh_key_use use)
{
	struct ssh_key key;

	return ssh_key_parse(&key, (struct text){ line, strlen(line) }, use);
}

static void keys(void **state)
{
	struct ssh_key key;
	const char *line = ED25519 " root@raspberrypi, with \"anything\"";

	(void)state;
	assert_true(ssh_key_parse(&key, (struct text){ line, strlen(line) }, SSH_KEY_LOGIN));
	assert_string_equal(key.text, ED25519);
	assert_true(parses(ED25519, SSH_KEY_HOST));
	assert_true(parses(ECDSA, SSH_KEY_HOST));
	assert_true(parses(RSA, SSH_KEY_HOST));
	assert_false(parses(ECDSA, SSH_KEY_LOGIN));
	assert_false(parses(RSA, SSH_KEY_LOGIN));
}

static void keys_of_another_form(void **state)
{
	static const char *const lines[] = {
		"",
		"ssh-ed25519",
		"ssh-ed25519 ",
		" " ED25519,
		"restrict " ED25519,
		"command=\"sh\" " ED25519,
		"no-pty,command=\"sh\" " ED25519,
		"@cert-authority * " ED25519,
		"ssh-ed25519  AAAAC3NzaC1lZDI1NTE5AAAAIIw+bZBRqApZ4T8w9KLkz3PfXKhbTl22GkxykWNXIGHr",
		/* another type than its text says */
		"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIIw+bZBRqApZ4T8w9KLkz3PfXKhbTl22GkxykWNXIGHr",
		"ssh-dss AAAAC3NzaC1lZDI1NTE5AAAAIIw+bZBRqApZ4T8w9KLkz3PfXKhbTl22GkxykWNXIGHr",
		/* too short, too long */
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIw+bZBRqApZ4T8w9KLkz3PfXKhbTl22GkxykWNXIG==",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIw+bZBRqApZ4T8w9KLkz3PfXKhbTl22GkxykWNXIGHrAAAA",
		/* not base64, or not the only way to write it */
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIw+bZBRqApZ4T8w9KLkz3PfXKhbTl22GkxykWNXIG-r",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIw+bZBRqApZ4T8w9KLkz3PfXKhbTl22GkxykWNXIGH",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIw+bZBRqApZ4T8w9KLkz3Pf XKhbTl22GkxykWNXIGHr",
		"ssh-ed25519-cert-v01@openssh.com AAAA",
		"sk-ssh-ed25519@openssh.com AAAA",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (parses(lines[i], SSH_KEY_HOST))
			fail_msg("accepted: %s", lines[i]);
}

/* The digit before the padding has bits that no byte needs; they are zero. */
static void keys_are_canonical(void **state)
{
	char line[] = ECDSA;
	size_t n = strlen(line);

	(void)state;
	assert_int_equal(line[n - 1], '=');
	assert_true(parses(line, SSH_KEY_HOST));
	line[n - 2]++;
	assert_false(parses(line, SSH_KEY_HOST));
	line[n - 2]--;
	line[n - 1] = '\0';
	assert_false(parses(line, SSH_KEY_HOST));
}

/* A line feed would make a second line in authorized_keys. */
static void keys_have_one_line(void **state)
{
	static const char line[] = ED25519 "\ncommand=\"sh\" " ED25519;
	struct ssh_key key;

	(void)state;
	assert_false(ssh_key_parse(&key, (struct text){ line, sizeof(line) - 1 }, SSH_KEY_LOGIN));
	/* in what is dropped it does no harm */
	assert_true(parses(ED25519 " comment\nssh-rsa", SSH_KEY_LOGIN));
}

static void names(void **state)
{
	static const char *const good[] = { "a", "pi4", "pi-4", "abcdefghijklmnopqrstuvwx" };
	static const char *const bad[] = {
		"",      "4pi",  "-pi",   "pi-",     "Pi",    "pi_4",
		"pi.4",  "pi/4", "..",    "pi 4",    "pi\n4", "abcdefghijklmnopqrstuvwxy",
		"pi\"4", "pi$x", "pi;id", "gateway", "pi%u",  "localhost",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(tunnel_is_name(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (tunnel_is_name(bad[i]))
			fail_msg("accepted: %s", bad[i]);
	assert_true(tunnel_is_login("pi"));
	assert_true(tunnel_is_login("_x-1"));
	assert_false(tunnel_is_login("-oProxyCommand"));
	assert_false(tunnel_is_login("Pi"));
	assert_true(tunnel_is_host("gw.example.org"));
	assert_true(tunnel_is_host("192.0.2.1"));
	assert_true(tunnel_is_host("2001:db8::1"));
	assert_true(tunnel_is_host("::1"));
	assert_false(tunnel_is_host("-oProxyCommand=id"));
	assert_false(tunnel_is_host("gw;id"));
	assert_false(tunnel_is_host("user@gw"));
	assert_false(tunnel_is_host("$(id)"));
}

#define REQUEST "outpost-join 1\nkey " ED25519 "\nhost-key " ED25519 "\n"

static bool reads_request(const char *text, const char *expected_why)
{
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct invitation_request request;
	bool ok = invitation_read_request(&request, (struct text){ text, strlen(text) }, &why);

	assert_string_equal(why.buf, ok ? "" : expected_why);
	return ok;
}

static void request(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT, why = STRBUF_INIT;
	struct invitation_request sent = { .n_host_keys = 2, .n_logins = 2 }, got;

	(void)state;
	strcpy(sent.key.text, ED25519);
	strcpy(sent.host_keys[0].text, ED25519);
	strcpy(sent.host_keys[1].text, ECDSA);
	strcpy(sent.hostname, "raspberrypi");
	strcpy(sent.logins[0], "pi");
	strcpy(sent.logins[1], "anna");
	invitation_write_request(&out, &sent);
	assert_true(invitation_read_request(&got, (struct text){ out.buf, out.len }, &why));
	assert_string_equal(got.key.text, ED25519);
	assert_int_equal(got.n_host_keys, 2);
	assert_string_equal(got.host_keys[1].text, ECDSA);
	assert_string_equal(got.hostname, "raspberrypi");
	assert_int_equal(got.n_logins, 2);
	assert_string_equal(got.logins[1], "anna");
}

static void requests_of_another_form(void **state)
{
	_cleanup_(strbuf_release) struct strbuf many = STRBUF_INIT;

	(void)state;
	assert_true(reads_request(REQUEST "end\n", ""));
	assert_false(reads_request("", "line 1: it is of another version, or something else"));
	assert_false(reads_request("outpost-join 2\nend\n",
				   "line 1: it is of another version, or something else"));
	assert_false(reads_request(REQUEST, "line 4: the text ends before its last line"));
	assert_false(reads_request("outpost-join 1\nend\n", "it has no 'key'"));
	assert_false(
		reads_request("outpost-join 1\nkey " ED25519 "\nend\n", "it has no 'host-key'"));
	assert_false(reads_request(REQUEST "key " ED25519 "\nend\n",
				   "line 4: it repeats an earlier one"));
	assert_false(reads_request("outpost-join 1\nkey " ECDSA "\nend\n",
				   "line 2: the key is not of a known form"));
	assert_false(reads_request(REQUEST "port 22\nend\n", "line 4: it has an unknown word"));
	assert_false(reads_request(REQUEST "end\nend\n",
				   "line 4: there is more text after the last line"));
	assert_false(reads_request(REQUEST "hostname a b\nend\n", "line 4: not a host name"));
	assert_false(
		reads_request(REQUEST "login ro\"ot\nend\n", "line 4: not the name of a user"));
	assert_false(
		reads_request(REQUEST "login \x1b[2J\nend\n", "line 4: not the name of a user"));
	strbuf_adds(&many, REQUEST);
	for (int i = 0; i < INVITATION_HOST_KEYS; i++)
		strbuf_adds(&many, "host-key " ED25519 "\n");
	strbuf_adds(&many, "end\n");
	assert_false(reads_request(many.buf, "line 11: it has too many host keys"));
}

static void reply(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT, why = STRBUF_INIT;
	struct invitation_reply sent = { .ok = true,
					 .name = "pi4",
					 .account = "board-pi4",
					 .login = "pi",
					 .n_host_keys = 1 },
				got;

	(void)state;
	strcpy(sent.host_keys[0].text, ED25519);
	invitation_write_reply(&out, &sent);
	assert_true(invitation_read_reply(&got, (struct text){ out.buf, out.len }, &why));
	assert_true(got.ok);
	assert_string_equal(got.name, "pi4");
	assert_string_equal(got.account, "board-pi4");
	assert_string_equal(got.login, "pi");
	assert_string_equal(got.host_keys[0].text, ED25519);

	strbuf_reset(&out);
	sent = (struct invitation_reply){ .error = "The invitation has expired" };
	invitation_write_reply(&out, &sent);
	assert_true(invitation_read_reply(&got, (struct text){ out.buf, out.len }, &why));
	assert_false(got.ok);
	assert_string_equal(got.error, "The invitation has expired");
	/* half of each is neither */
	out.len -= strlen("end\n");
	assert_false(invitation_read_reply(&got, (struct text){ out.buf, out.len }, &why));
}

static void invitation(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT, why = STRBUF_INIT;
	struct invitation sent = { "pi4", "gw.example.org", 2200, 1780000000 }, got;
	static const char bad[] = "outpost-invitation 1\nname pi4\ngateway -oProxyCommand=id\n"
				  "port 22\nexpires 1\n";

	(void)state;
	invitation_write(&out, &sent);
	assert_true(invitation_read(&got, (struct text){ out.buf, out.len }, &why));
	assert_string_equal(got.name, "pi4");
	assert_string_equal(got.gateway, "gw.example.org");
	assert_int_equal(got.port, 2200);
	assert_int_equal(got.expires, 1780000000);
	assert_false(invitation_read(&got, (struct text){ bad, strlen(bad) }, &why));
	assert_string_equal(why.buf, "line 3: not a host name or address");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(keys_of_another_form),
		cmocka_unit_test(keys_are_canonical),
		cmocka_unit_test(keys_have_one_line),
		cmocka_unit_test(names),
		cmocka_unit_test(request),
		cmocka_unit_test(requests_of_another_form),
		cmocka_unit_test(reply),
		cmocka_unit_test(invitation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
