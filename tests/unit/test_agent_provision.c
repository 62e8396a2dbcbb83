// SPDX-License-Identifier: GPL-2.0-only
/* Preparing a board, and what a production key may do there. */
#include "unit.h"

#include "agent/provision/step.h"
#include "agent/serve/serve.h"
#include "agent_board.h"
#include "common/hex.h"
#include "common/provision.h"

#include <sys/stat.h>
#include <sys/utsname.h>

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDGiwfEt9X33M0mH3XDG6kxwUxOltCyDQ9qBYAmhpcur"

/* --- what holds for each step ------------------------------------------------------------- */

static const struct {
	const char *step, *path;
} with_a_file[] = {
	{ "journal", "/etc/systemd/journald.conf.d/zz-outpost.conf" },
	{ "sysctl", "/etc/sysctl.d/zz-outpost.conf" },
	{ "ssh", "/etc/ssh/sshd_config.d/00-outpost.conf" },
	{ "firewall", "/etc/outpost/board.nft" },
};

static void confirm(const char *step)
{
	if (reply.state == outpost_Provisioned_State_UNCONFIRMED)
		order(step, outpost_Provision_What_CONFIRM, outpost_Provisioned_State_CHANGED);
}

static void carry_out(const char *step)
{
	bool confirmed = provision_find(step)->confirm;

	order(step, act,
	      confirmed ? outpost_Provisioned_State_UNCONFIRMED
			: outpost_Provisioned_State_CHANGED);
	confirm(step);
}

static void a_look_shows_what_is_done_and_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(with_a_file); i++) {
		char lines[ARRAY_SIZE(reply.lines)][sizeof(reply.lines[0])];
		pb_size_t n;

		order(with_a_file[i].step, look, outpost_Provisioned_State_WOULD);
		assert_false(has(with_a_file[i].path));
		n = reply.lines_count;
		memcpy(lines, reply.lines, sizeof(lines));
		carry_out(with_a_file[i].step);
		assert_true(has(with_a_file[i].path));
		order(with_a_file[i].step, look, outpost_Provisioned_State_DONE);
		assert_true(n > 0 && strstr(lines[0], with_a_file[i].path));
	}
	assert_false(has("/var/lib/outpost/provision/unconfirmed"));
}

static void a_second_time_nothing_is_done(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(with_a_file); i++) {
		carry_out(with_a_file[i].step);
		unlink(in_root("/calls"));
		order(with_a_file[i].step, act, outpost_Provisioned_State_DONE);
		expect_calls("restart", false);
		expect_calls("reload", false);
	}
}

static void what_was_made_can_be_undone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(with_a_file); i++) {
		carry_out(with_a_file[i].step);
		order_as(&(outpost_Provision){ 0 }, with_a_file[i].step, look, true,
			 outpost_Provisioned_State_WOULD);
		assert_true(has(with_a_file[i].path));
		order_as(&(outpost_Provision){ 0 }, with_a_file[i].step, act, true,
			 outpost_Provisioned_State_CHANGED);
		assert_false(has(with_a_file[i].path));
		order_as(&(outpost_Provision){ 0 }, with_a_file[i].step, act, true,
			 outpost_Provisioned_State_DONE);
	}
}

/* Killed between the file and the command: the file alone must not look ready. */
static void an_interrupted_step_is_repeated(void **state)
{
	(void)state;
	put_program("systemctl", "exit 1");
	order("journal", act, outpost_Provisioned_State_FAILED);
	expect_why("systemctl restart failed with status 1");
	assert_true(has("/etc/systemd/journald.conf.d/zz-outpost.conf"));
	put_program("systemctl", "");
	unlink(in_root("/calls"));
	order("journal", look, outpost_Provisioned_State_WOULD);
	expect_line("interrupted");
	order("journal", act, outpost_Provisioned_State_CHANGED);
	expect_calls("systemctl restart systemd-journald", true);
	order("journal", act, outpost_Provisioned_State_DONE);
}

static void a_setting_that_was_changed_by_hand_is_set_again(void **state)
{
	(void)state;
	order("sysctl", act, outpost_Provisioned_State_CHANGED);
	expect_in("/proc/sys/kernel/panic", "10");
	put("/proc/sys/kernel/panic", "0");
	order("sysctl", look, outpost_Provisioned_State_WOULD);
	expect_line("/proc/sys/kernel/panic is 0, not 10");
	order("sysctl", act, outpost_Provisioned_State_CHANGED);
	expect_in("/proc/sys/kernel/panic", "10");
	order_as(&(outpost_Provision){ 0 }, "sysctl", act, true, outpost_Provisioned_State_CHANGED);
	expect_in("/proc/sys/kernel/panic", "0\n\n"); /* as found; the old value was longer */
}

static void a_step_that_does_not_exist_fails(void **state)
{
	(void)state;
	order("nonsense", act, outpost_Provisioned_State_FAILED);
	for (const struct provision_step *step = provision_steps; step->name; step++)
		assert_true((provision_find(step->name) != NULL) == !step->on_host);
}

/* --- what might lock the host out --------------------------------------------------------- */

static void a_change_that_may_lock_out_waits_for_a_second_connection(void **state)
{
	(void)state;
	order("ssh", act, outpost_Provisioned_State_UNCONFIRMED);
	assert_int_equal(reply.seconds, UNCONFIRMED_S);
	expect_calls("systemctl restart outpost-rollback.timer", true);
	expect_calls("enable outpost-rollback.service", true); /* also after a restart */
	expect_in("/var/lib/outpost/provision/unconfirmed", "ssh");
	expect_in("/etc/systemd/system/outpost-rollback.timer", "OnActiveSec=90s");
	/* The next such change has to wait. */
	order("firewall", act, outpost_Provisioned_State_FAILED);
	expect_why("Step ssh waits to be confirmed");
	assert_true(has("/etc/ssh/sshd_config.d/00-outpost.conf"));
	order("ssh", outpost_Provision_What_CONFIRM, outpost_Provisioned_State_CHANGED);
	assert_false(has("/var/lib/outpost/provision/unconfirmed"));
	assert_false(has("/etc/systemd/system/outpost-rollback.timer"));
	order("ssh", outpost_Provision_What_CONFIRM, outpost_Provisioned_State_FAILED);
}

static void nobody_confirms(void **state)
{
	static const char *const steps[] = { "ssh", "firewall" };

	(void)state;
	assert_int_equal(provision_rollback(&dirs), 0); /* nothing to undo */
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		order(steps[i], act, outpost_Provisioned_State_UNCONFIRMED);
		unlink(in_root("/calls"));
		assert_int_equal(provision_rollback(&dirs), 0);
		assert_false(has("/etc/ssh/sshd_config.d/00-outpost.conf"));
		assert_false(has("/etc/outpost/board.nft"));
		assert_false(has("/var/lib/outpost/provision/unconfirmed"));
		expect_calls("--no-block", true); /* sshd may be waiting for us to end */
		order(steps[i], look, outpost_Provisioned_State_WOULD);
	}
	expect_calls("nft delete table inet outpost_board", true);
}

static void a_change_that_does_not_work_is_taken_back_at_once(void **state)
{
	(void)state;
	put_program("sshd", "[ \"$1\" != -t ] || { echo 'line 3: bad' >&2; exit 255; }");
	order("ssh", act, outpost_Provisioned_State_FAILED);
	expect_why("sshd -t failed with status 255: line 3: bad");
	assert_false(has("/etc/ssh/sshd_config.d/00-outpost.conf"));
	assert_false(has("/var/lib/outpost/provision/unconfirmed"));
	/* sshd reads the file, and does something else. */
	put_program("sshd", "[ \"$1\" != -T ] || echo passwordauthentication yes");
	order("ssh", act, outpost_Provisioned_State_FAILED);
	expect_why("sshd does not use \"passwordauthentication no\"");
	assert_false(has("/etc/ssh/sshd_config.d/00-outpost.conf"));
}

static void the_firewall_names_what_it_closes(void **state)
{
	outpost_Provision more = { .ports_count = 1, .ports = { 80 } };

	(void)state;
	order("firewall", look, outpost_Provisioned_State_WOULD);
	expect_line("close TCP port 80");
	assert_int_equal(reply.lines_count, 3); /* neither 22 nor what listens on loopback */
	order_as(&more, "firewall", look, false, outpost_Provisioned_State_WOULD);
	assert_int_equal(reply.lines_count, 2);
	order_as(&more, "firewall", act, false, outpost_Provisioned_State_UNCONFIRMED);
	expect_in("/etc/outpost/board.nft", "tcp dport { 22, 80 } accept");
}

/* --- accounts ----------------------------------------------------------------------------- */

static void put_login(const char *more)
{
	char text[512];

	snprintf(text, sizeof(text), "pi:x:%u:%u::/home/pi:/bin/bash\n%s", dirs.uid, dirs.gid,
		 more);
	put("/etc/passwd", text);
}

static void the_login_of_root_needs_no_rule(void **state)
{
	(void)state;
	dirs.uid = 0;
	order("sudo", act, outpost_Provisioned_State_SKIPPED);
	expect_why("the login is root");
}

static void a_rule_is_for_exactly_the_agent(void **state)
{
	uid_t uid = dirs.uid;

	(void)state;
	dirs.uid = 1000;
	put_login("");
	order("sudo", act, outpost_Provisioned_State_CHANGED);
	expect_in("/etc/sudoers.d/outpost",
		  "\npi ALL=(root) NOPASSWD: /usr/local/lib/outpost/outpost-agent serve\n");
	expect_calls("visudo -cqf", true);
	expect_calls("sudo -n -l -U pi /usr/local/lib/outpost/outpost-agent serve", true);
	dirs.uid = uid;
}

static void a_rule_that_visudo_rejects_is_not_written(void **state)
{
	(void)state;
	dirs.uid = 1000;
	put_login("");
	put_program("visudo", "echo syntax error; exit 1");
	order("sudo", act, outpost_Provisioned_State_FAILED);
	expect_why("syntax error");
	assert_false(has("/etc/sudoers.d/outpost"));
	assert_false(has("/var/lib/outpost/provision/sudoers"));
}

static void an_agent_that_others_can_replace_gets_no_rule(void **state)
{
	(void)state;
	dirs.uid = 1000;
	put_login("");
	assert_int_equal(chmod(in_root("/usr/local/lib"), 0775), 0);
	order("sudo", look, outpost_Provisioned_State_FAILED);
	order("sudo", act, outpost_Provisioned_State_FAILED);
	expect_why("Others than root can replace /usr/local/lib");
	assert_false(has("/etc/sudoers.d/outpost"));
}

static void each_profile_has_its_own_account(void **state)
{
	outpost_Provision dev = { .key = KEY " me" }, prod = { .key = KEY, .production = true };

	(void)state;
	put_login("");
	order("account", act, outpost_Provisioned_State_SKIPPED);
	expect_why("--key FILE makes the account outpost-dev");
	order_as(&dev, "account", act, false, outpost_Provisioned_State_CHANGED);
	expect_calls("useradd --system --create-home --shell /bin/sh --password *", true);
	expect_in("/etc/outpost/keys/outpost-dev", KEY "\n");
	expect_in("/etc/sudoers.d/outpost-dev",
		  "outpost-dev ALL=(root) NOPASSWD: " AGENT_PATH " serve\n");
	order_as(&prod, "account", act, false, outpost_Provisioned_State_CHANGED);
	expect_in("/etc/sudoers.d/outpost-prod",
		  "outpost-prod ALL=(root) NOPASSWD: " AGENT_PATH " serve production\n");
	expect_in("/etc/ssh/sshd_config.d/01-outpost-prod.conf",
		  "\tForceCommand sudo -n " AGENT_PATH " serve production\n");
	order_as(&prod, "sudo", act, false, outpost_Provisioned_State_SKIPPED);
	put_login("outpost-prod:x:998:998::/home/outpost-prod:/bin/sh\n");
	order_as(&prod, "account", act, true, outpost_Provisioned_State_CHANGED);
	expect_calls("userdel outpost-prod", true);
	assert_false(has("/etc/sudoers.d/outpost-prod"));
	assert_true(has("/etc/sudoers.d/outpost-dev"));
}

static void what_is_no_key_makes_no_account(void **state)
{
	static const char *const bad[] = {
		"command=\"sh\" " KEY,
		"ssh-ed25519 AAAA",
		KEY "\nssh-ed25519 another",
		"-----BEGIN OPENSSH PRIVATE KEY-----",
		KEY "\x1b[2J",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		outpost_Provision request = { 0 };

		proto_set(request.key, bad[i]);
		order_as(&request, "account", act, false, outpost_Provisioned_State_FAILED);
		expect_why("not a public key");
	}
	expect_calls("useradd", false);
}

/* --- what a production key may do ----------------------------------------------------------- */

static bool allows(const outpost_Request *request)
{
	const char *why = NULL;
	bool yes = production_allows(dirs.root, request, &why);

	if (!yes)
		assert_non_null(why);
	return yes;
}

static void a_production_key_only_reads_and_deploys_what_was_promoted(void **state)
{
	static const pb_size_t reads[] = {
		outpost_Request_attach_tag,    outpost_Request_follow_tag,
		outpost_Request_runs_tag,      outpost_Request_survival_tag,
		outpost_Request_condition_tag, outpost_Request_status_tag
	};
	outpost_Request request = { 0 };
	char hex[HEX_SIZE(HASH_SIZE)], line[256];

	(void)state;
	for (pb_size_t tag = 1; tag < 64; tag++) {
		bool read = false;

		for (size_t i = 0; i < ARRAY_SIZE(reads); i++)
			read |= reads[i] == tag;
		memset(&request, 0, sizeof(request));
		request.which_body = tag;
		if (tag == outpost_Request_provision_tag)
			request.body.provision.what = outpost_Provision_What_DO;
		if (allows(&request) != read)
			fail_msg("request %u is %s", tag, read ? "refused" : "allowed");
	}
	request = (outpost_Request){ .which_body = outpost_Request_provision_tag };
	assert_true(allows(&request)); /* LOOK */
	request = (outpost_Request){ .which_body = outpost_Request_deploy_tag };
	request.body.deploy.hash.size = HASH_SIZE;
	memset(request.body.deploy.hash.bytes, 0x5a, HASH_SIZE);
	proto_set(request.body.deploy.name, "hello");
	assert_false(allows(&request));
	hex_encode(hex, request.body.deploy.hash.bytes, HASH_SIZE);
	snprintf(line, sizeof(line), "%s hello\n", hex);
	put("/etc/outpost/promoted", line);
	assert_true(allows(&request));
	proto_set(request.body.deploy.name, "other"); /* the file, under another name */
	assert_false(allows(&request));
	request = (outpost_Request){ .which_body = outpost_Request_blob_tag };
	request.body.blob.hash.size = HASH_SIZE;
	assert_false(allows(&request));
	memset(request.body.blob.hash.bytes, 0x5a, HASH_SIZE);
	assert_true(allows(&request));
}

/* --- packages and folders ------------------------------------------------------------------- */

static void only_what_is_missing_is_installed(void **state)
{
	(void)state;
	order("packages", act, outpost_Provisioned_State_DONE);
	expect_calls("apt-get", false);
	unlink(in_root("/usr/bin/nft"));
	put_program("apt-get", "case $* in *install*) printf '#!/bin/sh\\n' >${0%/*}/nft; "
			       "/bin/chmod +x ${0%/*}/nft;; esac");
	order("packages", look, outpost_Provisioned_State_WOULD);
	expect_calls("apt-get", false);
	expect_line("install nftables");
	order("packages", act, outpost_Provisioned_State_CHANGED);
	expect_calls("install nftables\n", true);
	expect_calls("upgrade", false);
	order("packages", act, outpost_Provisioned_State_DONE);
	order_as(&(outpost_Provision){ .upgrade = true }, "packages", act, false,
		 outpost_Provisioned_State_CHANGED);
	expect_calls("full-upgrade", true);
}

static void headers_are_of_the_running_kernel(void **state)
{
	struct utsname un;
	char line[256], build[256];

	(void)state;
	uname(&un);
	order("headers", look, outpost_Provisioned_State_WOULD);
	snprintf(line, sizeof(line), "install linux-headers-%s", un.release);
	expect_line(line);
	put_program("apt-get", "case $* in *install*) echo no such package; exit 100;; esac");
	order("headers", act, outpost_Provisioned_State_FAILED);
	expect_why("no such package; if the archive has a newer kernel only: --upgrade");
	put("/var/lib/dpkg/status", "Package: raspberrypi-kernel\nStatus: install ok installed\n");
	order("headers", look, outpost_Provisioned_State_WOULD);
	expect_line("install raspberrypi-kernel-headers");
	snprintf(build, sizeof(build), "/lib/modules/%s/build/Makefile", un.release);
	put(build, "");
	unlink(in_root("/calls"));
	order("headers", act, outpost_Provisioned_State_CHANGED); /* it was interrupted */
	order("headers", act, outpost_Provisioned_State_DONE);
	expect_calls("apt-get", false);
}

static void folders_belong_to_the_login(void **state)
{
	outpost_Provision request = { .modules_count = 2, .modules = { "hello", "chardev" } };

	(void)state;
	order_as(&request, "folders", act, false, outpost_Provisioned_State_CHANGED);
	assert_true(fs_is_dir(in_root("/home/pi/development/modules/hello")));
	assert_true(fs_is_dir(in_root("/home/pi/development/backups")));
	order_as(&request, "folders", act, false, outpost_Provisioned_State_DONE);
	put("/home/pi/development/modules/hello/hello.ko", "x");
	order_as(&request, "folders", act, true, outpost_Provisioned_State_CHANGED);
	assert_true(has("/home/pi/development/modules/hello/hello.ko"));
	assert_false(has("/home/pi/development/modules/chardev"));
	proto_set(request.modules[0], "../../.ssh");
	order_as(&request, "folders", act, false, outpost_Provisioned_State_FAILED);
}

/* --- watchdog ------------------------------------------------------------------------------- */

static void a_watchdog_that_works_is_left_alone(void **state)
{
	(void)state;
	order("watchdog", act, outpost_Provisioned_State_SKIPPED);
	expect_why("no watchdog device");
	put("/dev/watchdog0", "");
	order("watchdog", act, outpost_Provisioned_State_DONE);
	assert_false(has("/etc/systemd/system.conf.d/zz-outpost.conf"));
}

/* Drivers before Linux 6.8. */
static void a_timeout_above_that_of_the_hardware_is_reduced(void **state)
{
	(void)state;
	put("/dev/watchdog0", "");
	put("/sys/class/watchdog/watchdog0/max_timeout", "15\n");
	put_program("busctl", "[ ! -e ${0%/*}/reexecuted ] && echo t 60000000 || echo t 15000000");
	put_program("systemctl", ": >${0%/*}/reexecuted");
	order("watchdog", act, outpost_Provisioned_State_CHANGED);
	expect_in("/etc/systemd/system.conf.d/zz-outpost.conf",
		  "RuntimeWatchdogSec=15s\nRebootWatchdogSec=15s\n");
	order("watchdog", act, outpost_Provisioned_State_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_look_shows_what_is_done_and_changes_nothing),
		TEST(a_second_time_nothing_is_done),
		TEST(what_was_made_can_be_undone),
		TEST(an_interrupted_step_is_repeated),
		TEST(a_setting_that_was_changed_by_hand_is_set_again),
		TEST(a_step_that_does_not_exist_fails),
		TEST(a_change_that_may_lock_out_waits_for_a_second_connection),
		TEST(nobody_confirms),
		TEST(a_change_that_does_not_work_is_taken_back_at_once),
		TEST(the_firewall_names_what_it_closes),
		TEST(the_login_of_root_needs_no_rule),
		TEST(a_rule_is_for_exactly_the_agent),
		TEST(a_rule_that_visudo_rejects_is_not_written),
		TEST(an_agent_that_others_can_replace_gets_no_rule),
		TEST(each_profile_has_its_own_account),
		TEST(what_is_no_key_makes_no_account),
		TEST(a_production_key_only_reads_and_deploys_what_was_promoted),
		TEST(only_what_is_missing_is_installed),
		TEST(headers_are_of_the_running_kernel),
		TEST(folders_belong_to_the_login),
		TEST(a_watchdog_that_works_is_left_alone),
		TEST(a_timeout_above_that_of_the_hardware_is_reduced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
