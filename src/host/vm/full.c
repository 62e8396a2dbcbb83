// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/full.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/progress.h"
#include "host/debian/debian.h"
#include "host/base/paths.h"
#include "host/vm/console.h"
#include "host/vm/console_log.h"
#include "host/vm/guest.h"
#include "host/vm/tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The file system's size; the file on the host takes only as much as was written. */
#define DISK_SIZE "16G"

/* 8 minutes were always enough under TCG on a busy host. */
#define MAKE_MS (30 * 60 * 1000)

static const char *const root_files[] = { "root.qcow2", NULL };

/* Debian's minimum, and what one expects to find after logging in to a Pi. */
static const char *const packages[] = {
	"?essential",     "apt",     "init",     "udev",      "dbus", "libpam-systemd",
	"openssh-server", "sudo",    "kmod",     "procps",    "less", "iproute2",
	"iputils-ping",   "netbase", "nftables", "e2fsprogs",
};

/* Installing the certificates takes two minutes on an emulated machine. */
static bool needs_certificates(const char *root)
{
	_cleanup_free_ char *path = path_join(root, "etc/apt/sources.list", NULL);
	_cleanup_(strbuf_release) struct strbuf sources = STRBUF_INIT;

	return fs_read(path, &sources, 0) == 0 && strstr(sources.buf, " https:");
}

static int unpack(struct debian *debian, const char *root)
{
	/* instead of usrmerge, which needs all of Perl */
	static const char merged[] = "usr-is-merged";
	_cleanup_free_ char *owners = path_join(root, "owners", NULL);
	_cleanup_strv_ char **names = NULL;
	/* This host's address in QEMU's network. */
	int r = debian_configure_apt(debian, root, "10.0.2.2");

	if (r == 0)
		r = debian_has(debian, merged);
	if (r < 0)
		return r;
	if (r > 0)
		strv_add(&names, merged);
	if (needs_certificates(root))
		strv_add(&names, "ca-certificates");
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++)
		strv_add(&names, packages[i]);
	return debian_unpack_root(debian, root, names, owners);
}

/*
 * No metadata checksums: they are slow on an emulated processor. The inode tables are holes in
 * a new file, so the kernel need not write them later.
 */
static int write_disk(const char *root, const char *disk)
{
	return tool_run(ARGV("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-m", "0", "-O",
			     "^metadata_csum", "-N", "600000", "-E",
			     "root_owner=0:0,lazy_itable_init=0", "-d", root, "--", disk,
			     DISK_SIZE),
			"e2fsprogs", NULL);
}

/* How often `word` occurs in a file; 0 if the file does not exist. */
static size_t count_in(const char *dir, const char *file, const char *word)
{
	_cleanup_free_ char *path = path_join(dir, file, NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t n = 0;

	if (fs_read(path, &text, 0) < 0)
		return 0;
	for (const char *p = text.buf; (p = strstr(p, word)); p++)
		n++;
	return n;
}

/* How many packages have been configured, from dpkg's output on the console. */
static size_t count_configured(const char *dir)
{
	return count_in(dir, CONSOLE_LOG, "Setting up ");
}

static size_t count_packages(const char *root)
{
	return count_in(root, "var/lib/dpkg/status", "\nPackage: ");
}

static int await_made(const char *dir, size_t total)
{
	long long deadline = monotonic_ms() + MAKE_MS;
	int r;

	do {
		progress_fraction(count_configured(dir), total);
		r = console_await(dir, 0, GUEST_READY, 1000);
	} while (r == -ETIME && monotonic_ms() < deadline);
	if (r == 0)
		r = qemu_await_end(dir, 60000);
	if (r == 0 || r == -EINTR)
		return r;
	log_error("Debian's packages could not be configured%s",
		  r == -ETIME ? " in half an hour" : "");
	console_show_end(dir, 20);
	return r;
}

static int no_port(int port, void *arg)
{
	(void)port;
	(void)arg;
	return 0;
}

/* Boots a machine that runs the packages' scripts on `dir`/disk.img. */
static int configure(const struct qemu_config *machine, const struct image *image, const char *dir,
		     size_t total)
{
	_cleanup_free_ char *from = path_join(machine->dir, "board.dtb", NULL);
	_cleanup_free_ char *to = path_join(dir, "board.dtb", NULL);
	struct qemu_config maker = *machine;
	int r = fs_copy(from, to);

	if (r < 0)
		return log_error_errno(r, "Cannot copy %s", from);
	maker.dir = dir;
	maker.disk = NULL;
	maker.debug = maker.kaslr = maker.net = false;
	maker.tap = NULL;
	r = guest_write_initrd(GUEST_MAKER, machine->name, dir, image->initramfs);
	if (r == 0)
		r = qemu_start(&maker, no_port, NULL);
	if (r < 0)
		return r;
	r = await_made(dir, total);
	if (r < 0 && qemu_pid(dir))
		qemu_stop(dir);
	return r;
}

/* qcow2 omits blocks that the file system no longer uses. */
static int convert(const char *disk, const char *root)
{
	return tool_run(ARGV("qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2", disk, root),
			"qemu-utils", NULL);
}

static int make(struct debian *debian, const struct qemu_config *machine, const struct image *image,
		const char *dir)
{
	_cleanup_free_ char *root = path_join(dir, "root", NULL);
	_cleanup_free_ char *disk = path_join(dir, "disk.img", NULL);
	_cleanup_free_ char *made = path_join(dir, root_files[0], NULL);
	size_t total;
	int r;

	progress_step("unpacking Debian's packages");
	r = unpack(debian, root);
	if (r == 0)
		r = write_disk(root, disk);
	if (r < 0)
		return r;
	total = count_packages(root);
	fs_remove_tree(root);
	progress_step("configuring %zu packages in an emulated machine", total);
	r = configure(machine, image, dir, total);
	if (r < 0)
		return r;
	progress_step("writing the image");
	r = convert(disk, made);
	if (r == 0)
		r = manifest_write(dir, root_files);
	return r < 0 && r != -EINTR ? log_error_errno(r, "Cannot write %s", made) : r;
}

static int make_in_place(struct debian *debian, const struct qemu_config *machine,
			 const struct image *image, const char *dir)
{
	static const char *const rest[] = { "disk.img",  "initrd",        "board.dtb",
					    "pid",       "console.sock",  "qmp.sock",
					    CONSOLE_LOG, CONSOLE_LOG_OLD, CONSOLE_PIPE };
	_cleanup_free_ char *temporary = path_cache("vm", ".full.new", NULL);
	long long begin = monotonic_ms();
	int r;

	if (qemu_pid(temporary)) /* left by an outpost that was killed */
		qemu_stop(temporary);
	r = fs_remove_tree(temporary);
	if (r == 0)
		r = fs_mkdir_p(temporary, 0755);
	if (r < 0)
		return log_error_errno(r, "Cannot create %s", temporary);
	log_info("Creating the Debian of the full virtual Pi; this is done once and takes minutes");
	r = make(debian, machine, image, temporary);
	for (size_t i = 0; i < ARRAY_SIZE(rest); i++) {
		_cleanup_free_ char *path = path_join(temporary, rest[i], NULL);

		fs_remove_tree(path);
	}
	if (r == 0)
		r = fs_remove_tree(dir);
	if (r == 0 && rename(temporary, dir) < 0)
		r = log_error_errno(-errno, "Cannot put %s in its place", dir);
	fs_remove_tree(temporary);
	if (r == 0)
		log_info("Created in %lld s", (monotonic_ms() - begin) / 1000);
	return r;
}

/* *root: the path of the image; the caller frees it. */
static int obtain(const struct qemu_config *machine, const struct image *image, char **root)
{
	_cleanup_(debian_closep) struct debian *debian = NULL;
	_cleanup_free_ char *lock_path = path_cache("vm", ".full.lock", NULL), *suite = NULL,
			    *name = NULL, *dir = NULL;
	_cleanup_close_ int lock =
		lock_take(lock_path, "is creating the Debian of the full virtual Pi");
	int r = lock < 0 ? lock : debian_open(&debian, "arm64");

	if (r < 0)
		return r;
	suite = debian_suite(debian);
	if (!suite || !path_is_plain_name(suite)) {
		log_error("The first source of this machine's apt is not a Debian suite");
		return -ENOENT;
	}
	name = xasprintf("full-%s", suite);
	dir = path_cache("vm", name, NULL);
	r = manifest_check(dir, root_files, false);
	if (r < 0 && r != -ENOENT)
		log_warn("The image in %s is damaged; recreating it", dir);
	if (r < 0)
		r = make_in_place(debian, machine, image, dir);
	if (r == 0)
		*root = path_join(dir, root_files[0], NULL);
	return r;
}

/* Keeps the disk's backing file in the vm's folder, so that it outlives the cache. */
static int link_base(const char *root, const char *base)
{
	int r = fs_remove_tree(base);

	if (r == 0 && link(root, base) < 0)
		r = errno == EXDEV || errno == EPERM ? fs_copy(root, base) : -errno;
	return r < 0 ? log_error_errno(r, "Cannot create %s", base) : 0;
}

int full_make_disk(const struct qemu_config *machine, const struct image *image)
{
	_cleanup_free_ char *disk = path_join(machine->dir, FULL_DISK, NULL);
	_cleanup_free_ char *new_disk = path_join(machine->dir, "disk.new", NULL);
	_cleanup_free_ char *base = path_join(machine->dir, "base.qcow2", NULL);
	_cleanup_free_ char *root = NULL;
	int r;

	if (fs_exists(disk))
		return 0;
	r = obtain(machine, image, &root);
	if (r == 0)
		r = link_base(root, base);
	if (r == 0)
		r = tool_run(ARGV("qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.qcow2",
				  "-F", "qcow2", new_disk),
			     "qemu-utils", NULL);
	if (r < 0)
		return r;
	return rename(new_disk, disk) < 0 ? log_error_errno(-errno, "Cannot create %s", disk) : 0;
}
