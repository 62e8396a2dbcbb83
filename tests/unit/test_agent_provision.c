// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preparing a board, in a folder that looks like its root. Programs such as systemctl are
 * stand-ins, which write their arguments to the file `calls`; system/full has the real ones.
 */
#include "unit.h"

#include "agent/provision/provision.h"
#include "agent/provision/config_txt.h"
#include "agent/provision/step.h"
#include "agent/serve/serve.h"
#include "agent_dirs.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/hex.h"
#include "common/provision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDGiwfEt9X33M0mH3XDG6kxwUxOltCyDQ9qBYAmhpcur"

static struct dirs dirs;
static outpost_Provisioned reply;

static const char *in_root(const char *path)
{
	static char full[DIRS_MAX];

	snprintf(full, sizeof(full), "%s%s", dirs.root, path);
	return full;
}

static void put_bytes(const char *path, const void *bytes, size_t n, mode_t mode)
{
	char *full = strdup(in_root(path)), *slash;

	assert_non_null(full);
	slash = strrchr(full, '/');
	*slash = '\0';
	assert_int_equal(fs_mkdir_p(full, 0755), 0);
	*slash = '/';
	assert_int_equal(fs_write_atomic(full, bytes, n, mode), 0);
	free(full);
}

static void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text), 0644);
}

static void put_program(const char *name, const char *script)
{
	char path[128], text[2048];

	snprintf(path, sizeof(path), "/usr/bin/%s", name);
	snprintf(text, sizeof(text), "#!/bin/sh\necho \"%s $*\" >>%s/calls\n%s\n", name, dirs.root,
		 script);
	put_bytes(path, text, strlen(text), 0755);
}

static char *text_of(const char *path)
{
	struct strbuf sb = STRBUF_INIT;

	(void)fs_read(in_root(path), &sb, 0);
	return strbuf_detach(&sb);
}

static bool has(const char *path)
{
	return fs_is_there(in_root(path));
}

static void expect_in(const char *path, const char *part)
{
	_cleanup_free_ char *text = text_of(path);

	if (!strstr(text, part))
		fail_msg("%s has no '%s':\n%s", path, part, text);
}

static void expect_calls(const char *part, bool wanted)
{
	_cleanup_free_ char *text = text_of("/calls");

	if (!strstr(text, part) == wanted)
		fail_msg("'%s' was %s:\n%s", part, wanted ? "not called" : "called", text);
}

/* --- orders ----------------------------------------------------------------------------- */

static outpost_Provision_What look = outpost_Provision_What_LOOK, act = outpost_Provision_What_DO;

static void order_as(const outpost_Provision *base, const char *step, outpost_Provision_What what,
		     bool undo, outpost_Provisioned_State wanted)
{
	outpost_Provision request = *base;

	memset(&reply, 0, sizeof(reply));
	request.what = what;
	request.undo = undo;
	proto_set(request.step, step);
	provision_step(&dirs, &request, &reply);
	if (reply.state != wanted)
		fail_msg("%s: %d, not %d: %s%s", step, reply.state, wanted, reply.why,
			 reply.lines_count ? reply.lines[0] : "");
}

static void order(const char *step, outpost_Provision_What what, outpost_Provisioned_State wanted)
{
	order_as(&(outpost_Provision){ 0 }, step, what, false, wanted);
}

static void expect_line(const char *part)
{
	for (pb_size_t i = 0; i < reply.lines_count; i++)
		if (strstr(reply.lines[i], part))
			return;
	fail_msg("no line has '%s', but the first '%s'", part,
		 reply.lines_count ? reply.lines[0] : "");
}

static void expect_why(const char *part)
{
	if (!strstr(reply.why, part))
		fail_msg("'%s' has no '%s'", reply.why, part);
}

/* --- a board ------------------------------------------------------------------------------ */

static void boot(const char *id)
{
	put("/proc/sys/kernel/random/boot_id", id);
}

/* Debian with systemd, sudo and sshd; a virtual machine. */
static int set_up(void **state)
{
	(void)state;
	if (test_place_make(&dirs) < 0)
		return -1;
	snprintf(dirs.home, sizeof(dirs.home), "%s/home/pi", dirs.root);
	put("/run/systemd/system/x", "");
	put("/home/pi/x", "");
	put("/etc/machine-id", "0123\n");
	put("/var/log/journal/0123/system.journal", "");
	put("/usr/local/lib/outpost/outpost-agent", "");
	put("/proc/device-tree/compatible", "linux,dummy-virt");
	put("/proc/sys/kernel/panic", "0");
	put("/proc/sys/kernel/panic_on_oops", "0");
	put("/proc/sys/kernel/kptr_restrict", "0");
	put("/proc/net/tcp", "  sl  local_address rem_address   st\n"
			     "   0: 00000000:0016 00000000:0000 0A 0\n"
			     "   1: 00000000:0050 00000000:0000 0A 0\n"
			     "   2: 0100007F:1F90 00000000:0000 0A 0\n"
			     "   3: 0200000A:9C40 0200000A:0016 01 0\n");
	put("/var/lib/dpkg/status", "");
	boot("first");
	put_program("systemctl", "");
	put_program("journalctl", "");
	put_program("sudo", "");
	put_program("visudo", "");
	put_program("modprobe", "");
	put_program("nft", "");
	put_program("apt-get", "");
	put_program("dpkg", "");
	put_program("useradd", "");
	put_program("userdel", "");
	put_program("busctl", "echo t 60000000");
	put_program("sshd", "[ \"$1\" != -T ] || echo 'port 22\npasswordauthentication no\n"
			    "kbdinteractiveauthentication no\n"
			    "authorizedkeysfile /etc/outpost/keys/outpost-dev\n"
			    "authorizedkeysfile /etc/outpost/keys/outpost-prod\n"
			    "forcecommand sudo -n /usr/local/lib/outpost/outpost-agent serve "
			    "production'");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	dirs.home[strlen(dirs.root)] = '\0';
	return test_place_remove(&dirs);
}

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
	expect_in("/etc/systemd/system.conf.d/zz-outpost.conf", "RuntimeWatchdogSec=15s");
	order("watchdog", act, outpost_Provisioned_State_DONE);
}

/* --- config.txt ----------------------------------------------------------------------------- */

#define CONFIG "/boot/firmware/config.txt"
#define TRY    "/boot/firmware/tryboot.txt"

static const char users[] = "# For more options, see the documentation\ndtparam=audio=on\n"
			    "[cm4]\notg_mode=1\ndtparam=watchdog=off";

static void set_try(char value)
{
	const char cell[4] = { 0, 0, 0, value };

	put_bytes("/proc/device-tree/chosen/bootloader/tryboot", cell, sizeof(cell), 0644);
}

static void make_pi(const char *compatible, size_t n)
{
	put_bytes("/proc/device-tree/compatible", compatible, n, 0644);
	put(CONFIG, users);
	put("/boot/firmware/overlays/ramoops.dtbo", "");
	put("/boot/firmware/overlays/ramoops-pi4.dtbo", "");
}

static void make_pi4(void)
{
	static const char compatible[] = "raspberrypi,4-model-b\0brcm,bcm2711";

	make_pi(compatible, sizeof(compatible));
	set_try(0);
}

/* What a kernel shows that has ramoops and the watchdog. */
static void show_ramoops(void)
{
	put("/proc/device-tree/reserved-memory/ramoops@b000000/reg", "");
	put("/sys/module/pstore/parameters/backend", "ramoops\n");
	put("/dev/watchdog0", "");
}

static void a_board_that_is_no_pi_has_no_config_txt(void **state)
{
	(void)state;
	order("boot", act, outpost_Provisioned_State_SKIPPED);
	expect_why("not a Raspberry Pi");
}

static void the_firmware_tries_the_lines_once(void **state)
{
	outpost_Provision request = { 0 };

	(void)state;
	make_pi4();
	order("boot", look, outpost_Provisioned_State_WOULD);
	expect_line("dtoverlay=ramoops-pi4,");
	assert_false(has(TRY));
	order("boot", act, outpost_Provisioned_State_RESTART);
	expect_in(TRY, "otg_mode=1\ndtparam=watchdog=off\n# outpost provision: begin");
	expect_in(TRY, "\n[all]\ndtoverlay=ramoops-pi4,total-size=0x40000,record-size=0x10000,"
		       "console-size=0x10000\ndtparam=watchdog=on\n# outpost provision: end\n");
	expect_in(CONFIG, users);
	order("boot", act, outpost_Provisioned_State_RESTART); /* interrupted before the restart */
	proto_set(request.step, "boot");
	assert_int_equal(provision_restart(&dirs, &request), 0);
	expect_calls("systemctl --reboot-argument=0 tryboot reboot", true);
	/* It comes up. */
	boot("second");
	set_try(1);
	show_ramoops();
	order("boot", act, outpost_Provisioned_State_CHANGED);
	assert_false(has(TRY));
	expect_in(CONFIG, "dtparam=watchdog=off\n# outpost provision: begin");
	boot("third");
	set_try(0);
	order("boot", act, outpost_Provisioned_State_DONE);
	assert_int_equal(provision_restart(&dirs, &request), 0);
	expect_calls("systemctl reboot\n", true);
	order_as(&request, "boot", act, true, outpost_Provisioned_State_RESTART);
	expect_in(CONFIG, users);
	order_as(&request, "boot", act, true, outpost_Provisioned_State_DONE);
}

static void a_board_that_did_not_come_up_is_back_with_the_old_lines(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	make_pi4();
	order("boot", act, outpost_Provisioned_State_RESTART);
	boot("second"); /* somebody switched it off and on */
	order("boot", look, outpost_Provisioned_State_WOULD);
	order("boot", act, outpost_Provisioned_State_FAILED);
	expect_why("did not come up with the new lines");
	text = text_of(CONFIG);
	assert_string_equal(text, users);
	assert_false(has(TRY));
	order("boot", act, outpost_Provisioned_State_RESTART); /* may be tried again */
}

static void lines_without_effect_are_not_kept(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	make_pi4();
	order("boot", act, outpost_Provisioned_State_RESTART);
	boot("second");
	set_try(1);
	order("boot", act, outpost_Provisioned_State_FAILED);
	expect_why("reserved no memory for ramoops");
	text = text_of(CONFIG);
	assert_string_equal(text, users);
	assert_false(has(TRY));
}

static void without_tryboot_the_file_is_kept_and_changed(void **state)
{
	static const char pi3[] = "raspberrypi,3-model-b\0brcm,bcm2837";

	(void)state;
	make_pi(pi3, sizeof(pi3));
	order("boot", act, outpost_Provisioned_State_RESTART);
	expect_in(CONFIG, "dtoverlay=ramoops,total-size");
	expect_in("/boot/firmware/config.before-outpost.txt", users);
	order("boot", look, outpost_Provisioned_State_WOULD);
	expect_line("restart the board");
	boot("second");
	show_ramoops();
	order("boot", act, outpost_Provisioned_State_DONE);
}

static void lines_of_the_user_are_not_repeated(void **state)
{
	(void)state;
	make_pi4();
	put(CONFIG, "dtoverlay=ramoops-pi4\n[pi3]\ndtparam=watchdog=on\n[all]\ndtparam=watchdog\n");
	show_ramoops();
	order("boot", act, outpost_Provisioned_State_DONE);
	put(CONFIG, "[pi3]\ndtoverlay=ramoops\n[all]\ndtparam=watchdog\n");
	order("boot", look, outpost_Provisioned_State_WOULD);
	expect_line("add dtoverlay=ramoops-pi4");
	unlink(in_root("/boot/firmware/overlays/ramoops-pi4.dtbo"));
	order("boot", look, outpost_Provisioned_State_FAILED);
	expect_why("The firmware has no /boot/firmware/overlays/ramoops-pi4.dtbo");
}

static void a_block_without_its_end_is_no_block(void **state)
{
	_cleanup_(strbuf_release) struct strbuf with = STRBUF_INIT, cut = STRBUF_INIT;
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	config_txt_with("a=1\n", "b=2\n", &with);
	strbuf_add(&cut, with.buf,
		   (size_t)(strstr(with.buf, "# outpost provision: end") - with.buf));
	strbuf_adds(&cut, "users=own\n");
	config_txt_with(cut.buf, "", &out);
	assert_non_null(strstr(out.buf, "users=own\n"));
	strbuf_reset(&out);
	config_txt_with(with.buf, "", &out);
	assert_string_equal(out.buf, "a=1\n");
}

/* --- what users stumble over ------------------------------------------------------------------ */

static outpost_Condition condition(void)
{
	outpost_Condition c = { 0 };

	provision_condition(&dirs, &c);
	return c;
}

#define RELEASE "6.6.51+rpt-rpi-v8"

static void make_kernel(const char *release, bool headers)
{
	char path[256];

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", release);
	put(path, "");
	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", release);
	if (headers)
		put(path, "");
}

static void kernels_and_their_headers(void **state)
{
	outpost_Condition c;

	(void)state;
	put("/proc/sys/kernel/osrelease", RELEASE "\n");
	put("/proc/version",
	    "Linux version " RELEASE " (x) #1 SMP PREEMPT Debian 1:6.6.51-1+rpt3 (2024)");
	c = condition();
	assert_false(c.modules); /* removed by an upgrade */
	make_kernel(RELEASE, false);
	make_kernel("6.6.62+rpt-rpi-2712", true); /* for another Pi */
	c = condition();
	assert_true(c.modules);
	assert_false(c.headers);
	assert_string_equal(c.newer, "");
	make_kernel("6.6.100+rpt-rpi-v8", true); /* installed, not restarted */
	make_kernel("6.6.9+rpt-rpi-v8", true);
	c = condition();
	assert_string_equal(c.newer, "6.6.100+rpt-rpi-v8");
	assert_false(c.headers);
	make_kernel(RELEASE, true);
	assert_true(condition().headers);
	put("/var/lib/dpkg/status",
	    "Package: linux-image-" RELEASE "\nStatus: install ok installed\n"
	    "Version: 1:6.6.51-1+rpt3\n\nPackage: z\nVersion: 1\n");
	assert_string_equal(condition().installed, "");
	put("/var/lib/dpkg/status",
	    "Package: linux-image-" RELEASE "\nStatus: install ok installed\n"
	    "Version: 1:6.6.51-1+rpt4\n");
	assert_string_equal(condition().installed, "1:6.6.51-1+rpt4");
}

static void programs_of_32_bits(void **state)
{
	const char elf[16] = "\177ELF\1", elf64[16] = "\177ELF\2";

	(void)state;
	assert_int_equal(condition().program_bits, 0);
	put_bytes("/bin/sh", elf, sizeof(elf), 0755);
	assert_int_equal(condition().program_bits, 32);
	put_bytes("/bin/sh", elf64, sizeof(elf64), 0755);
	assert_int_equal(condition().program_bits, 64);
}

static void ramoops_without_memory_and_emptied(void **state)
{
	(void)state;
	make_pi4();
	put(CONFIG, "dtoverlay=ramoops\n");
	assert_true(condition().pi);
	assert_true(condition().ramoops_wanted);
	assert_false(condition().ramoops_memory);
	show_ramoops();
	assert_true(condition().ramoops_memory);
	assert_int_equal(condition().records_moved, 0);
	put("/var/lib/systemd/pstore/1732/dmesg.txt", "");
	assert_int_equal(condition().records_moved, 1);
}

static void power_and_watchdog(void **state)
{
	(void)state;
	assert_false(condition().power_known);
	put("/sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n");
	assert_true(condition().power_known);
	assert_int_equal(condition().power, 0x50005);
	unlink(in_root("/sys/devices/platform/soc/soc:firmware/get_throttled"));
	put("/sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled", "0\n");
	assert_true(condition().power_known);
	put("/dev/watchdog0", "");
	put("/sys/class/watchdog/watchdog0/max_timeout", "15\n");
	assert_int_equal(condition().watchdog_ask_s, 60);
	assert_int_equal(condition().watchdog_max_s, 15);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

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
		TEST(a_board_that_is_no_pi_has_no_config_txt),
		TEST(the_firmware_tries_the_lines_once),
		TEST(a_board_that_did_not_come_up_is_back_with_the_old_lines),
		TEST(lines_without_effect_are_not_kept),
		TEST(without_tryboot_the_file_is_kept_and_changed),
		TEST(lines_of_the_user_are_not_repeated),
		TEST(a_block_without_its_end_is_no_block),
		TEST(kernels_and_their_headers),
		TEST(programs_of_32_bits),
		TEST(ramoops_without_memory_and_emptied),
		TEST(power_and_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
