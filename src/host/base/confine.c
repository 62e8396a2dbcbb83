// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/confine.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/process.h"
#include "common/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CONFINE_MEMORY  (256UL << 20)
#define CONFINE_SECONDS 10 /* processor time; the caller has its own wall-clock limit */

static int write_map(const char *path, unsigned int id)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%u %u 1", id, id);
	return fs_write_existing(path, text.buf);
}

/* The same user and group inside as outside: nothing inside can be root. */
static int enter_user_namespace(int others)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int r;

	if (unshare(CLONE_NEWUSER | others) < 0)
		return -errno;
	r = write_map("/proc/self/uid_map", uid);
	if (r == 0)
		r = fs_write_existing("/proc/self/setgroups", "deny");
	return r < 0 ? r : write_map("/proc/self/gid_map", gid);
}

static int enter_namespaces(void)
{
	int others = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWPID;
	int r = enter_user_namespace(others);

	if (r < 0 && geteuid() == 0) /* root in a container may be denied user namespaces only */
		r = unshare(others) < 0 ? -errno : 0;
	return r;
}

/* Changes all mounts at once: mount_setattr(2), Linux 5.12. */
static int set_attributes(const char *path, unsigned int flags, __u64 set, __u64 clear)
{
	struct mount_attr attributes = { .attr_set = set, .attr_clr = clear };

	return syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attributes, sizeof(attributes)) <
			       0
		       ? -errno
		       : 0;
}

static int seal_all_mounts(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	return set_attributes("/", AT_RECURSIVE,
			      MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID, 0);
}

/*
 * In a chroot, "/" is not a mount, and only mounts can be sealed. Re-entering the current
 * mount namespace leads to its real root (setns(2)).
 */
static int seal_outside_of_chroot(void)
{
	_cleanup_close_ int root = open("/", O_PATH | O_CLOEXEC);
	_cleanup_close_ int here = open(".", O_PATH | O_CLOEXEC);
	_cleanup_close_ int namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int r;

	if (root < 0 || here < 0 || namespace < 0 || setns(namespace, CLONE_NEWNS) < 0)
		return -errno;
	r = seal_all_mounts();
	if (fchdir(root) < 0 || chroot(".") < 0 || fchdir(here) < 0)
		return -errno;
	return r;
}

static int seal_mounts(void)
{
	int r = seal_all_mounts();

	if (r == -EINVAL)
		r = seal_outside_of_chroot();
	if (r == 0 && mount("/dev/null", "/dev/null", NULL, MS_BIND, NULL) < 0)
		r = -errno;
	return r < 0 ? r : set_attributes("/dev/null", 0, 0, MOUNT_ATTR_NODEV);
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	for (unsigned int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return -errno;
	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

static void limit(__rlimit_resource_t what, rlim_t most)
{
	setrlimit(what, &(struct rlimit){ most, most });
}

int confine_limits(void *unused)
{
	(void)unused;
	limit(RLIMIT_AS, CONFINE_MEMORY);
	limit(RLIMIT_CPU, CONFINE_SECONDS);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	return 0;
}

/*
 * The first process of the new PID namespace is a child; this process waits for it and exits
 * with its status.
 */
static int become_first(void)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ? -errno : 0;
	close_range(3, ~0U, 0);
	_exit(process_wait(pid));
}

int confine(void *unused)
{
	int r = enter_namespaces();

	(void)unused;
	if (r == 0)
		r = seal_mounts();
	if (r == 0)
		r = become_first();
	if (r == 0)
		r = drop_capabilities();
	return r < 0 ? r : confine_limits(NULL);
}
