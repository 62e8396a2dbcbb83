/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A board to prepare, in a folder that looks like its root. Programs such as systemctl are
 * stand-ins, which write their arguments to the file `calls`; system/full has the real ones.
 */
#ifndef TESTS_AGENT_BOARD_H
#define TESTS_AGENT_BOARD_H

#include "agent/provision/provision.h"
#include "agent_dirs.h"
#include "common/cleanup.h"
#include "common/fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct dirs dirs;
static outpost_Provisioned reply;

static inline const char *in_root(const char *path)
{
	static char full[DIRS_MAX];

	snprintf(full, sizeof(full), "%s%s", dirs.root, path);
	return full;
}

static inline void put_bytes(const char *path, const void *bytes, size_t n, mode_t mode)
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

static inline void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text), 0644);
}

static inline void put_program(const char *name, const char *script)
{
	char path[128], text[2048];

	snprintf(path, sizeof(path), "/usr/bin/%s", name);
	snprintf(text, sizeof(text), "#!/bin/sh\necho \"%s $*\" >>%s/calls\n%s\n", name, dirs.root,
		 script);
	put_bytes(path, text, strlen(text), 0755);
}

static inline char *text_of(const char *path)
{
	struct strbuf sb = STRBUF_INIT;

	(void)fs_read(in_root(path), &sb, 0);
	return strbuf_detach(&sb);
}

static inline bool has(const char *path)
{
	return fs_is_there(in_root(path));
}

static inline void expect_in(const char *path, const char *part)
{
	_cleanup_free_ char *text = text_of(path);

	if (!strstr(text, part))
		fail_msg("%s has no '%s':\n%s", path, part, text);
}

static inline void expect_calls(const char *part, bool wanted)
{
	_cleanup_free_ char *text = text_of("/calls");

	if (!strstr(text, part) == wanted)
		fail_msg("'%s' was %s:\n%s", part, wanted ? "not called" : "called", text);
}

/* --- orders ----------------------------------------------------------------------------- */

static const outpost_Provision_What look = outpost_Provision_What_LOOK,
				    act = outpost_Provision_What_DO;

static inline void order_as(const outpost_Provision *base, const char *step,
			    outpost_Provision_What what, bool undo,
			    outpost_Provisioned_State wanted)
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

static inline void order(const char *step, outpost_Provision_What what,
			 outpost_Provisioned_State wanted)
{
	order_as(&(outpost_Provision){ 0 }, step, what, false, wanted);
}

static inline void expect_line(const char *part)
{
	for (pb_size_t i = 0; i < reply.lines_count; i++)
		if (strstr(reply.lines[i], part))
			return;
	fail_msg("no line has '%s', but the first '%s'", part,
		 reply.lines_count ? reply.lines[0] : "");
}

static inline void expect_why(const char *part)
{
	if (!strstr(reply.why, part))
		fail_msg("'%s' has no '%s'", reply.why, part);
}

/* --- a board ------------------------------------------------------------------------------ */

static inline void boot(const char *id)
{
	put("/proc/sys/kernel/random/boot_id", id);
}

/* Debian with systemd, sudo and sshd; a virtual machine. */
static inline int set_up(void **state)
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

static inline int tear_down(void **state)
{
	(void)state;
	dirs.home[strlen(dirs.root)] = '\0';
	return test_place_remove(&dirs);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
