// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/confine_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strbuf.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CONFINE_MEMORY    (96UL << 20) /* bytes, each process */
#define CONFINE_PROCESSES 32
#define CONFINE_FILES     256 /* open ones, each process */
#define CONFINE_SECONDS   10  /* processor time; the caller has its own wall-clock limit */

/* "Unused" in the table of https://systemd.io/UIDS-GIDS. */
#define NOBODYS_ID 0x70000000

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

/* What the child shares with us. */
struct entry {
	const struct confinement *confinement;
	int parent; /* pidfd of this process */
	bool is_root;
	uid_t uid;
	gid_t gid;
	const char **step; /* in memory that both see: what is being done; constants */
};

static int write_map(const char *path, unsigned int id)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%u %u 1", id, id);
	return fs_write_existing(path, text.buf);
}

/* The same user and group inside as outside: nothing inside can be root. */
static int map_ids(const struct entry *e)
{
	int r = write_map("/proc/self/uid_map", e->uid);

	if (r == 0)
		r = fs_write_existing("/proc/self/setgroups", "deny");
	return r < 0 ? r : write_map("/proc/self/gid_map", e->gid);
}

static int give_ids(const struct entry *e)
{
	return e->is_root ? 0 : map_ids(e);
}

/* Does no harm if it fails. */
static int go_first(const struct entry *e)
{
	(void)e;
	umask(022); /* for the folders of the new root */
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	(void)fs_write_existing("/proc/self/oom_score_adj", "1000");
	(void)!sethostname("outpost", strlen("outpost"));
	return 0;
}

static int make_root(const struct entry *e)
{
	return confine_root(e->confinement);
}

static int enter_folder(const struct entry *e)
{
	return chdir(e->confinement->folders[0]) < 0 ? -errno : 0;
}

/*
 * Root becomes nobody. In a user namespace without that id (-EINVAL), our root is somebody else
 * in the kernel; if not, limit_processes() notices. The new user namespace needs no map: this
 * process then is nobody inside, too.
 */
static int drop_root(const struct entry *e)
{
	if (!e->is_root)
		return 0;
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return -errno;
	if (setresgid(NOBODYS_ID, NOBODYS_ID, NOBODYS_ID) < 0 && errno != EINVAL)
		return -errno;
	if (setresuid(NOBODYS_ID, NOBODYS_ID, NOBODYS_ID) < 0 && errno != EINVAL)
		return -errno;
	return unshare(CLONE_NEWUSER) < 0 ? -errno : 0;
}

static int may_read(const struct entry *e)
{
	const char *file = e->confinement->file;

	return file && access(file, R_OK) < 0 ? -errno : 0;
}

static int drop_capabilities(const struct entry *e)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	(void)e;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	for (unsigned int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return -errno;
	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

/* If we are killed, it is, too. A change of ids would reset this. */
static int end_with_parent(const struct entry *e)
{
	struct pollfd ended = { .fd = e->parent, .events = POLLIN };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	return poll(&ended, 1, 0) == 0 ? 0 : -ESRCH;
}

static int limit(__rlimit_resource_t what, rlim_t soft, rlim_t hard)
{
	return setrlimit(what, &(struct rlimit){ soft, hard }) < 0 ? -errno : 0;
}

/*
 * The kernel does not apply this limit to its own root, and until Linux 5.14 it counts all
 * processes of the user. So see whether it holds.
 */
static int limit_processes(const struct entry *e)
{
	int r = limit(RLIMIT_NPROC, 1, CONFINE_PROCESSES);
	pid_t pid;

	(void)e;
	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		return -EPERM;
	return limit(RLIMIT_NPROC, CONFINE_PROCESSES, CONFINE_PROCESSES);
}

static int limit_the_rest(const struct entry *e)
{
	int r = limit(RLIMIT_CPU, CONFINE_SECONDS, CONFINE_SECONDS);

	(void)e;
	/* With 1, a dump is not passed to the program in core_pattern either; with 0, it is. */
	if (r == 0)
		r = limit(RLIMIT_CORE, 1, 1);
	if (r == 0)
		r = limit(RLIMIT_FSIZE, 0, 0);
	if (r == 0)
		r = limit(RLIMIT_NOFILE, CONFINE_FILES, CONFINE_FILES);
	if (r == 0)
		r = limit(RLIMIT_MEMLOCK, 0, 0);
	/* This process may use more, so from here on it can only execute another program. */
	return r < 0 ? r : limit(RLIMIT_AS, CONFINE_MEMORY, CONFINE_MEMORY);
}

static int filter(const struct entry *e)
{
	(void)e;
	return confine_filter();
}

static const struct {
	const char *what;
	int (*take)(const struct entry *e);
} steps[] = {
	{ "map its user id", give_ids },
	{ "prepare it", go_first },
	{ "make a root for it", make_root },
	{ "enter its folder", enter_folder },
	{ "create a user namespace", drop_root },
	{ "read it as another user than root", may_read },
	{ "drop its capabilities", drop_capabilities },
	{ "end it with this process", end_with_parent },
	{ "filter its system calls", filter },
	{ "limit the number of its processes", limit_processes },
	{ "limit its memory and time", limit_the_rest },
};

static int enter(void *arg)
{
	const struct entry *e = arg;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int r;

		*e->step = steps[i].what;
		r = steps[i].take(e);
		if (r < 0)
			return r;
	}
	*e->step = NULL;
	return 0;
}

int confine_run(char *const *argv, const struct process_options *options, struct confinement *c)
{
	_cleanup_close_ int parent = (int)syscall(SYS_pidfd_open, getpid(), 0);
	struct entry e = {
		.confinement = c,
		.parent = parent,
		.is_root = geteuid() == 0,
		.uid = geteuid(),
		.gid = getegid(),
	};
	struct process_options o = *options;
	int r;

	o.dir = NULL;
	o.namespaces = NAMESPACES | (e.is_root ? 0 : CLONE_NEWUSER);
	o.in_child = enter;
	o.in_child_arg = &e;
	e.step = mmap(NULL, sizeof(*e.step), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	c->failed = "prepare it";
	if (parent < 0 || e.step == MAP_FAILED)
		return -errno;
	*e.step = "create namespaces";
	r = process_run(argv, &o);
	c->failed = *e.step;
	munmap(e.step, sizeof(*e.step));
	return r;
}

/* What stands in the way of namespaces, most probable first. */
static const struct {
	const char *file, *value, *hint;
} switches[] = {
	{ "/proc/sys/kernel/unprivileged_userns_clone", "0",
	  "As root, run sysctl kernel.unprivileged_userns_clone=1" },
	{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
	  "As root, run sysctl kernel.apparmor_restrict_unprivileged_userns=0" },
	{ "/proc/sys/user/max_user_namespaces", "0",
	  "As root, run sysctl user.max_user_namespaces=10000" },
};

const char *confine_hint(int error)
{
	if (error == -EACCES && geteuid() == 0)
		return "Root evaluates it as a user who owns nothing. "
		       "Run chmod -R o+rX on its folder.";
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		_cleanup_(strbuf_release) struct strbuf value = STRBUF_INIT;

		if (fs_read_trimmed(switches[i].file, &value, 64) == 0 &&
		    strcmp(value.buf, switches[i].value) == 0)
			return switches[i].hint;
	}
	return "In a chroot there are no user namespaces: enter it with pivot_root instead, as "
	       "systemd-nspawn does. In a container, allow user namespaces and mounts.";
}
