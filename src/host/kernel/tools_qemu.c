// SPDX-License-Identifier: GPL-2.0-only
/* Runs kbuild's programs unchanged, through qemu-user. */
#include "host/kernel/tools.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/debian/debian.h"
#include "host/kernel/internal.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>

/* Its path, which the caller frees, or NULL: there is none. */
static char *find_qemu(void)
{
	char *path = path_program("qemu-aarch64-static");

	return path ? path : path_program("qemu-aarch64");
}

/*
 * Debian's modpost only starts modpost.real-* for the objects' byte order and word size; it
 * would look for it beside the new name.
 */
static const char *started_by(const char *program)
{
	static const char real[] = ".real-lsb-64";
	_cleanup_free_ char *path = xasprintf("%s%s", program, real),
			    *kept = xasprintf("%s.arm64", path);

	return fs_exists(path) || fs_exists(kept) ? real : "";
}

/* Replaces the program with a script that runs it in qemu with the libraries of TREE/.sysroot. */
static int wrap(const char *program, const char *dir, const char *qemu)
{
	_cleanup_free_ char *kept = xasprintf("%s.arm64", program), *folder = NULL, *up = NULL,
			    *text = NULL;
	int r;

	folder = xstrndup(program + strlen(dir) + 1,
			  (size_t)(strrchr(program, '/') - program) - strlen(dir) - 1);
	up = kernel_mend_relative_link(folder, ".sysroot");
	text = xasprintf("#!/bin/sh\n"
			 "exec %s -L \"$(dirname \"$0\")/%s\" \"$0%s.arm64\" \"$@\"\n",
			 qemu, up, started_by(program));
	r = rename(program, kept) < 0 ? -errno : 0;
	if (r == 0)
		r = fs_write_atomic(program, text, strlen(text), 0755);
	return r < 0 ? log_error_errno(r, "Cannot replace %s", program) : 0;
}

int kernel_tools_through_qemu(char *const *programs, const char *dir)
{
	_cleanup_(debian_closep) struct debian *debian = NULL;
	_cleanup_free_ char *sysroot = path_join(dir, ".sysroot", NULL), *top = realpath(dir, NULL),
			    *qemu = find_qemu();
	int r;

	if (!qemu) {
		log_error("%s is an arm64 program, and nothing here can replace or run it",
			  programs[0]);
		log_hint("As root, run apt-get install qemu-user-static, then try again");
		return -ENOEXEC;
	}
	r = debian_open(&debian, "arm64");
	if (r == 0)
		r = fs_remove_tree(sysroot); /* a board may have sent one */
	if (r == 0)
		r = debian_unpack(debian, sysroot, ARGV("libc6", "libelf1", "zlib1g"), true);
	strv_foreach (program, programs)
		if (r == 0 && top)
			r = wrap(*program, top, qemu);
	if (r == 0)
		log_info("kbuild's programs are for arm64 and run in qemu-user: builds take "
			 "longer");
	return r;
}
