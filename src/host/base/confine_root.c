// SPDX-License-Identifier: GPL-2.0-only
/* The file system that a confined program sees. */
#include "host/base/confine_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The old root, while the new one is made. */
#define OLD "/old"

/*
 * Starts with an empty root. A root must be mounted somewhere before it can become the root;
 * after that, nothing is hidden below it. In a chroot, "/" is not a mount: -EINVAL.
 */
static int enter_empty_root(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("outpost", "/usr", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=256k") < 0 ||
	    chdir("/usr") < 0 || mkdir(&OLD[1], 0700) < 0 ||
	    syscall(SYS_pivot_root, ".", &OLD[1]) < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

/*
 * The folder `name`, made if it is missing. -EXDEV or -ELOOP if it is outside of the new root's
 * own file system: nothing may be made in the folders that are shown.
 */
static int enter_or_make(int dir, const char *name)
{
	const struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				      .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS };
	int fd;

	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

/* Opens the folder of an absolute path in the new root, and makes it if it is missing. */
static int open_parent(const char *path, const char **name)
{
	_cleanup_free_ char *words = xstrdup(path + 1);
	int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *rest = words, *word = strsep(&rest, "/");

	while (dir >= 0 && rest) {
		int next = enter_or_make(dir, word);

		close(dir);
		dir = next;
		word = strsep(&rest, "/");
	}
	*name = path + strlen(path) - strlen(word);
	return dir;
}

static int put_link(const char *path, const char *target)
{
	const char *name;
	_cleanup_close_ int parent = open_parent(path, &name);

	if (parent == -EXDEV || parent == -ELOOP)
		return 0; /* in a folder that is shown as it is */
	if (parent < 0)
		return parent;
	return symlinkat(target, parent, name) < 0 && errno != EEXIST ? -errno : 0;
}

/* Shows a file or folder of the old root, if it exists there. */
static int show(const char *path)
{
	_cleanup_free_ char *from = xasprintf(OLD "%s", path);
	struct stat st;
	const char *name;
	_cleanup_close_ int parent = -1;

	if (stat(from, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	parent = open_parent(path, &name);
	if (parent == -EXDEV)
		return 0; /* in a folder that is shown */
	if (parent < 0)
		return parent;
	if ((S_ISDIR(st.st_mode) ? mkdirat(parent, name, 0755)
				 : mknodat(parent, name, S_IFREG | 0444, 0)) < 0 &&
	    errno != EEXIST)
		return -errno;
	return mount(from, path, NULL, MS_BIND | MS_REC, NULL) < 0 ? -errno : 0;
}

/*
 * /lib is a folder, because /lib/modules must have what the caller asks for. Of the rest,
 * programs need the libraries (x86_64-linux-gnu) and perhaps their loader (ld-linux-aarch64.so.1).
 */
static int make_lib(void)
{
	_cleanup_strv_ char **names = NULL;
	_cleanup_close_ int lib = enter_or_make(AT_FDCWD, "lib");
	int r = lib < 0 ? lib : fs_list("/usr/lib", &names);

	strv_foreach (name, names) {
		_cleanup_free_ char *target = xasprintf("/usr/lib/%s", *name);

		if (r == 0 && strstr(*name, "-linux-") && symlinkat(target, lib, *name) < 0)
			r = -errno;
	}
	return r;
}

/* /bin and its kin are links into /usr, or folders on machines that keep them apart. */
static int show_programs(void)
{
	static const char *const paths[] = {
		"/bin", "/sbin", "/lib32", "/lib64", "/libx32", "/lib"
	};
	int r = show("/usr");

	for (size_t i = 0; i < ARRAY_SIZE(paths) && r == 0; i++) {
		_cleanup_free_ char *old = xasprintf(OLD "%s", paths[i]);
		char target[PATH_MAX];
		ssize_t n = readlink(old, target, sizeof(target) - 1);

		if (n < 0) {
			r = show(paths[i]);
			continue;
		}
		target[n] = '\0';
		r = strcmp(paths[i], "/lib") == 0 ? make_lib() : put_link(paths[i], target);
	}
	return r;
}

/*
 * awk is a link into /etc/alternatives, and libraries may be in folders that only ld.so.cache
 * names. bash uses /dev/fd.
 */
static int show_system(void)
{
	int r = show_programs();

	if (r == 0)
		r = show("/etc/alternatives");
	if (r == 0)
		r = show("/etc/ld.so.cache");
	if (r == 0)
		r = put_link("/etc/os-release", "/usr/lib/os-release");
	if (r == 0)
		r = show("/dev/null");
	if (r == 0)
		r = put_link("/dev/fd", "/proc/self/fd");
	return r;
}

/*
 * Only processes, nothing about the machine. Where the machine's own /proc is partly hidden, as
 * in a container, a new one may not be mounted: there is none then.
 */
static int mount_proc(void)
{
	if (mkdir("/proc", 0755) < 0)
		return -errno;
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "subset=pid") < 0 &&
	    errno != EPERM)
		return -errno;
	return 0;
}

/* Changes all mounts at and below the path at once: mount_setattr(2), Linux 5.12. */
static int set_attributes(const char *path, unsigned int flags, __u64 set, __u64 clear)
{
	struct mount_attr attributes = { .attr_set = set, .attr_clr = clear };

	return syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attributes, sizeof(attributes)) <
			       0
		       ? -errno
		       : 0;
}

static int leave_old_root(void)
{
	int r;

	if (umount2(OLD, MNT_DETACH) < 0 || rmdir(OLD) < 0)
		return -errno;
	r = set_attributes("/", AT_RECURSIVE,
			   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID, 0);
	return r < 0 ? r : set_attributes("/dev/null", 0, 0, MOUNT_ATTR_NODEV);
}

int confine_root(const struct confinement *c)
{
	int r = enter_empty_root();

	if (r == 0)
		r = show_system();
	for (const char *const *folder = c->folders; *folder && r == 0; folder++)
		r = show(*folder);
	for (const char *const *link = c->links; *link && r == 0; link += 2)
		r = put_link(link[0], link[1]);
	if (r == 0)
		r = mount_proc();
	return r < 0 ? r : leave_old_root();
}
