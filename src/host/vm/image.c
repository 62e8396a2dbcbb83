// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/image.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/debian/debian.h"
#include "host/base/paths.h"
#include "host/vm/cpio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const image_files[] = { "vmlinuz", "initramfs.cpio", "modules.img", NULL };

/*
 * Modules for the vm's disks and network, and for file systems, crash log and watchdog; a
 * kernel may have some of them built in. The two lists must not share a module, because they
 * are loaded at the same time.
 */
static const char *const drivers[] = { "virtio_pci", "virtio_blk", "virtio_net", NULL };
static const char *const others[] = { "crc32c_generic", "ext4", "ramoops", "i6300esb", NULL };

/*
 * Debian moves folders to /usr from one release to the next. The caller frees the path; NULL
 * if not found.
 */
static char *find_in(const char *root, const char *name)
{
	_cleanup_free_ char *path = path_join(root, "usr", name, NULL);

	if (fs_exists(path))
		return TAKE_PTR(path);
	free(path);
	path = path_join(root, name, NULL);
	return fs_exists(path) ? TAKE_PTR(path) : NULL;
}

static int add_program(struct strbuf *cpio, const char *root, const char *from, const char *to,
		       char ***libraries)
{
	_cleanup_free_ char *path = find_in(root, from);
	int r;

	if (!path) {
		log_error("Debian's arm64 packages do not contain %s", from);
		return -ENOENT;
	}
	r = libraries ? library_closure(root, path, libraries) : 0;
	if (r < 0)
		return r;
	r = cpio_add_file(cpio, to, 0755, path);
	return r < 0 ? log_error_errno(r, "Cannot read %s", path) : 0;
}

/*
 * OpenSSH, as on real boards. Not dropbear, although a login takes 0.4 s less: in Debian 12,
 * it closes a session that opens while another one on the same connection ends
 * (https://github.com/mkj/dropbear/pull/326).
 */
static int add_programs(struct strbuf *cpio, const char *root)
{
	static const char *const helpers[] = { "lib/openssh/sshd-session",
					       "lib/openssh/sshd-auth" };
	_cleanup_strv_ char **libraries = NULL;
	int r = add_program(cpio, root, "bin/busybox", "bin/busybox", NULL);

	if (r == 0)
		r = add_program(cpio, root, "sbin/sshd", "usr/sbin/sshd", &libraries);
	/* OpenSSH 9.8 and 10.0 split sshd into several programs */
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(helpers); i++) {
		_cleanup_free_ char *path = find_in(root, helpers[i]);
		_cleanup_free_ char *to = path_join("usr", helpers[i], NULL);

		r = path ? add_program(cpio, root, helpers[i], to, &libraries) : 0;
	}
	if (r < 0)
		return r;
	strv_foreach (path, libraries) {
		_cleanup_free_ char *name = xasprintf("lib/%s", strrchr(*path, '/') + 1);

		r = cpio_add_file(cpio, name, 0755, *path);
		if (r < 0)
			return log_error_errno(r, "Cannot read %s", *path);
	}
	return 0;
}

/* Adds the parent folders of `name`. Paths in modules.dep are like kernel/a/b/c.ko. */
static void add_parents(struct strbuf *cpio, const char *name, char ***done)
{
	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *dir = xstrndup(name, (size_t)(slash - name));

		if (strv_contains(*done, dir))
			continue;
		cpio_add_dir(cpio, dir, 0755);
		strv_add(done, dir);
	}
}

static int add_module_files(struct strbuf *cpio, const char *from, const char *to, char **lines)
{
	_cleanup_strv_ char **dirs = NULL;
	_cleanup_(strbuf_release) struct strbuf dep = STRBUF_INIT;
	_cleanup_free_ char *dep_name = path_join(to, "modules.dep", NULL);

	strv_foreach (line, lines) {
		_cleanup_free_ char *name = xstrndup(*line, strcspn(*line, ":"));
		_cleanup_free_ char *path = path_join(from, name, NULL);
		_cleanup_free_ char *in_cpio = path_join(to, name, NULL);
		int r;

		add_parents(cpio, in_cpio, &dirs);
		r = cpio_add_file(cpio, in_cpio, 0644, path);
		if (r < 0)
			return log_error_errno(r, "Cannot read %s", path);
		strbuf_addf(&dep, "%s\n", *line);
	}
	add_parents(cpio, dep_name, &dirs);
	cpio_add_data(cpio, dep_name, 0644, dep.buf, dep.len);
	return 0;
}

/* The names go to etc/modules, one line per list. */
static int add_modules(struct strbuf *cpio, const char *base, const char *release)
{
	const char *const *const lists[] = { drivers, others };
	_cleanup_free_ char *to = path_join("lib/modules", release, NULL);
	_cleanup_free_ char *from = path_join(base, to, NULL);
	_cleanup_free_ char *dep_path = path_join(from, "modules.dep", NULL);
	_cleanup_(strbuf_release) struct strbuf dep = STRBUF_INIT, names = STRBUF_INIT;
	_cleanup_strv_ char **lines = NULL;
	int r = fs_read(dep_path, &dep, 0);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", dep_path);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		_cleanup_strv_ char **found = NULL;

		modules_closure(dep.buf, lists[i], &lines, &found);
		strv_foreach (name, found)
			strbuf_addf(&names, "%s ", *name);
		strbuf_adds(&names, "\n");
	}
	cpio_add_dir(cpio, "etc", 0755);
	cpio_add_data(cpio, "etc/modules", 0644, names.buf, names.len);
	return add_module_files(cpio, from, to, lines);
}

static int write_initramfs(const char *root, const char *base, const char *release,
			   const char *path)
{
	static const char dirs[] =
		". bin dev lib mnt proc root run sbin sys usr usr/bin usr/lib usr/lib/openssh "
		"usr/local usr/local/bin usr/local/lib usr/local/sbin usr/sbin var var/lib var/log";
	_cleanup_free_ char *copy = xstrdup(dirs);
	char *save = NULL;
	_cleanup_(strbuf_release) struct strbuf cpio = STRBUF_INIT;
	int r;

	for (char *dir = strtok_r(copy, " ", &save); dir; dir = strtok_r(NULL, " ", &save))
		cpio_add_dir(&cpio, dir, 0755);
	cpio_add_dir(&cpio, "tmp", 01777);
	cpio_add_link(&cpio, "bin/sh", "busybox");
	cpio_add_link(&cpio, "usr/local/lib/outpost", "/root/.outpost/lib");
	cpio_add_link(&cpio, "var/run", "/run");
	r = add_programs(&cpio, root);
	if (r == 0)
		r = add_modules(&cpio, base, release);
	if (r < 0)
		return r;
	cpio_end(&cpio);
	r = fs_write_atomic(path, cpio.buf, cpio.len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int unpack(const char *root, const char *release)
{
	_cleanup_(debian_closep) struct debian *debian = NULL;
	_cleanup_free_ char *kernel = xasprintf("linux-image-%s", release);
	char *const *programs = ARGV("busybox-static", "openssh-server");
	/* without dependencies: they build an initrd, which is what we make here */
	char *const *bare = ARGV(kernel);
	int r = debian_open(&debian, "arm64");

	if (r < 0)
		return r;
	r = debian_has(debian, kernel);
	if (r < 0)
		return r;
	if (r == 0) {
		log_error("Debian has no arm64 package %s", kernel);
		log_hint("Run outpost vm up --kernel newest to use the newest kernel in Debian");
		return -ENOENT;
	}
	r = debian_unpack(debian, root, programs, true);
	return r < 0 ? r : debian_unpack(debian, root, bare, false);
}

/* Fills `dir` from the packages below `root`. */
static int fill(const char *dir, const char *root, const char *release)
{
	_cleanup_free_ char *boot = xasprintf("%s/boot/vmlinuz-%s", root, release);
	_cleanup_free_ char *kernel = path_join(dir, "vmlinuz", NULL);
	_cleanup_free_ char *initramfs = path_join(dir, "initramfs.cpio", NULL);
	_cleanup_free_ char *disk = path_join(dir, "modules.img", NULL);
	_cleanup_free_ char *in_usr = path_join(root, "usr/lib/modules", release, NULL);
	_cleanup_free_ char *usr = path_join(root, "usr", NULL);
	const char *base = fs_exists(in_usr) ? usr : root;
	int r = fs_copy(boot, kernel);

	if (r < 0)
		return log_error_errno(r, "Cannot copy the kernel %s", boot);
	r = modules_prepare(base, release);
	if (r == 0)
		r = write_initramfs(root, base, release, initramfs);
	if (r == 0)
		r = modules_write_disk(base, disk);
	if (r < 0)
		return r;
	r = manifest_write(dir, image_files);
	return r < 0 ? log_error_errno(r, "Cannot write the manifest in %s", dir) : 0;
}

static int replace(const char *from, const char *to)
{
	int r = fs_remove_tree(to);

	if (r == 0 && rename(from, to) < 0)
		r = -errno;
	return r < 0 ? log_error_errno(r, "Cannot put %s in its place", to) : 0;
}

/*
 * Call with the lock held: the temporary folder has a fixed name, and may hold what an
 * interrupted outpost left.
 */
static int make(const char *dir, const char *parent, const char *release)
{
	_cleanup_free_ char *temporary = path_join(parent, ".new", NULL);
	_cleanup_free_ char *root = path_join(temporary, "root", NULL);
	int r = fs_remove_tree(temporary);

	if (r == 0)
		r = fs_mkdir_p(temporary, 0755);
	if (r < 0)
		return log_error_errno(r, "Cannot create %s", temporary);
	log_info("Creating the virtual Pi's image for kernel %s; this is done once", release);
	r = unpack(root, release);
	if (r == 0)
		r = fill(temporary, root, release);
	if (r == 0)
		r = fs_remove_tree(root);
	if (r == 0)
		r = replace(temporary, dir);
	fs_remove_tree(temporary);
	return r;
}

static struct image *new_image(const char *dir, const char *release)
{
	struct image *image = xcalloc(1, sizeof(*image));

	image->release = xstrdup(release);
	image->kernel = path_join(dir, "vmlinuz", NULL);
	image->initramfs = path_join(dir, "initramfs.cpio", NULL);
	image->modules = path_join(dir, "modules.img", NULL);
	return image;
}

int image_obtain(const char *release, bool thorough, struct image **image)
{
	_cleanup_free_ char *dir = path_cache("vm", release, NULL);
	_cleanup_free_ char *parent = path_cache("vm", NULL),
			    *lock_path = path_join(parent, ".lock", NULL);
	_cleanup_close_ int lock = -1;
	int r = fs_mkdir_p(parent, 0755);

	if (r < 0)
		return log_error_errno(r, "Cannot create %s", parent);
	lock = lock_take(lock_path, "is creating an image");
	if (lock < 0)
		return lock;
	r = manifest_check(dir, image_files, thorough);
	if (r < 0 && r != -ENOENT)
		log_warn("The image in %s is damaged; recreating it", dir);
	if (r < 0) {
		r = make(dir, parent, release);
		if (r < 0)
			return r;
		r = 1;
	}
	*image = new_image(dir, release);
	return r;
}

void image_free(struct image *image)
{
	free(image->release);
	free(image->kernel);
	free(image->initramfs);
	free(image->modules);
	free(image);
}
