// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/guest.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/embed.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/hash.h"
#include "host/base/paths.h"
#include "host/vm/cpio.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* The Makefile makes this object depend on the scripts. */
EMBED(guest_init, "board/vm-init");
EMBED(guest_full_init, "board/vm-full-init");
EMBED(guest_full_make, "board/vm-full-make");
EMBED(guest_reseed, "build/aarch64/vm-reseed");

/* The same for every vm, because a saved state includes the size of the disk. */
#define IDENTITY_SIZE (64 * 1024)

static const struct {
	const char *name, *text;
} files[] = {
	{ "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
			"sshd:x:100:65534:sshd:/run/sshd:/bin/false\n"
			"nobody:x:65534:65534:nobody:/:/bin/false\n" },
	{ "etc/group", "root:x:0:\nnogroup:x:65534:\n" },
	{ "etc/hosts", "127.0.0.1 localhost\n::1 localhost\n" },
	{ "etc/resolv.conf", "nameserver 10.0.2.3\n" },
	{ "etc/profile", "export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
			 "/sbin:/bin\ncd\n" },
	{ "etc/ssh/sshd_config",
	  "HostKey /etc/ssh/host_key\nAuthorizedKeysFile /etc/ssh/authorized_keys\n"
	  "PidFile /run/sshd.pid\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
	  "UsePAM no\nUseDNS no\nPrintMotd no\nPrintLastLog no\nMaxSessions 100\n"
	  "Subsystem sftp internal-sftp\n" },
	{ "etc/fstab", "sysfs /sys sysfs defaults 0 0\n"
		       "devpts /dev/pts devpts mode=0620,gid=5,ptmxmode=0666 0 0\n"
		       "tmpfs /dev/shm tmpfs mode=1777 0 0\n"
		       "debugfs /sys/kernel/debug debugfs defaults 0 0\n"
		       "pstore /sys/fs/pstore pstore defaults 0 0\n"
		       "/dev/vda /root ext4 noauto,noatime 0 0\n"
		       "/dev/vdb /lib/modules ext4 ro,noatime 0 0\n" },
	{ "etc/inittab", "::respawn:/init sshd\n"
			 "::once:/init\n"
			 "::askfirst:-/bin/sh\n"
			 "::ctrlaltdel:/sbin/reboot\n"
			 "::shutdown:/bin/umount -a -r\n" },
};

/* -errno is not logged. */
static int add_name_and_keys(struct strbuf *archive, const char *name, const char *dir)
{
	_cleanup_free_ char *hostname = xasprintf("%s\n", name);
	_cleanup_free_ char *host = path_join(dir, "host_key", NULL);
	_cleanup_free_ char *login = path_join(dir, "id_ed25519.pub", NULL);
	int r;

	cpio_add_dir(archive, "etc", 0755);
	cpio_add_dir(archive, "etc/ssh", 0755);
	cpio_add_data(archive, "etc/hostname", 0644, hostname, strlen(hostname));
	r = cpio_add_file(archive, "etc/ssh/host_key", 0600, host);
	return r < 0 ? r : cpio_add_file(archive, "etc/ssh/authorized_keys", 0600, login);
}

static void add_init(struct strbuf *archive, enum guest_kind kind)
{
	static const struct {
		const char *start, *end;
	} inits[] = {
		[GUEST_SMALL] = { guest_init, guest_init_end },
		[GUEST_FULL] = { guest_full_init, guest_full_init_end },
		[GUEST_MAKER] = { guest_full_make, guest_full_make_end },
	};

	cpio_add_data(archive, "init", 0755, inits[kind].start,
		      (size_t)(inits[kind].end - inits[kind].start));
}

static void add_system(struct strbuf *archive, enum guest_kind kind)
{
	add_init(archive, kind);
	cpio_add_dir(archive, "etc", 0755);
	cpio_add_dir(archive, "etc/ssh", 0755);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		cpio_add_data(archive, files[i].name, 0644, files[i].text, strlen(files[i].text));
}

void guest_add_common(struct strbuf *archive)
{
	add_system(archive, GUEST_SMALL);
	cpio_add_dir(archive, "sbin", 0755);
	cpio_add_data(archive, "sbin/reseed", 0755, guest_reseed,
		      (size_t)(guest_reseed_end - guest_reseed));
	cpio_end(archive);
}

/* -errno is not logged. */
static int add_guest(struct strbuf *archive, enum guest_kind kind, const char *name,
		     const char *dir)
{
	int r = 0;

	if (kind == GUEST_SMALL) {
		guest_add_common(archive);
		return 0;
	}
	add_system(archive, kind);
	if (kind == GUEST_FULL)
		r = add_name_and_keys(archive, name, dir);
	cpio_end(archive);
	return r;
}

int guest_write_initrd(enum guest_kind kind, const char *name, const char *dir,
		       const char *initramfs)
{
	_cleanup_(strbuf_release) struct strbuf archive = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(dir, "initrd", NULL);
	_cleanup_close_ int fd = -1;
	int r = add_guest(&archive, kind, name, dir);

	if (r == 0)
		r = fs_copy(initramfs, path);
	if (r == 0) {
		fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
		r = fd < 0 ? -errno : fs_write_all(fd, archive.buf, archive.len);
	}
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

/* --- identity --- */

int guest_make_identity(const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, GUEST_IDENTITY, NULL);
	_cleanup_free_ char *zeroes = xcalloc(1, IDENTITY_SIZE);
	int r = fs_write_atomic(path, zeroes, IDENTITY_SIZE, 0600);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

/* A locally administered address that the vm keeps, from its host key, which is unique. */
static int add_mac(struct strbuf *archive, const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, "host_key.pub", NULL), *mac = NULL;
	_cleanup_(strbuf_release) struct strbuf key = STRBUF_INIT, hash = STRBUF_INIT;
	int r = fs_read(path, &key, 0);

	if (r < 0)
		return r;
	hash_add(&hash, &key);
	mac = xasprintf("52:54:%.2s:%.2s:%.2s:%.2s\n", hash.buf, hash.buf + 2, hash.buf + 4,
			hash.buf + 6);
	cpio_add_data(archive, "run/identity/mac", 0644, mac, strlen(mac));
	return 0;
}

/* Rounded to the nearest second, like the clock of a board after boot. */
static void add_time(struct strbuf *archive)
{
	struct timespec now;
	_cleanup_free_ char *text = NULL;

	clock_gettime(CLOCK_REALTIME, &now);
	text = xasprintf("%lld\n", (long long)now.tv_sec + (now.tv_nsec >= 500000000));
	cpio_add_data(archive, "run/identity/time", 0644, text, strlen(text));
}

static int add_identity(struct strbuf *archive, const char *name, const char *dir)
{
	char seed[64];
	int r = add_name_and_keys(archive, name, dir);

	cpio_add_dir(archive, "run", 0755);
	cpio_add_dir(archive, "run/identity", 0700);
	if (r == 0)
		r = add_mac(archive, dir);
	if (r == 0 && getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		r = -errno;
	cpio_add_data(archive, "run/identity/seed", 0600, seed, sizeof(seed));
	add_time(archive);
	cpio_end(archive);
	return r == 0 && archive->len > IDENTITY_SIZE ? -EFBIG : r;
}

/* Writes the first bytes last: the guest waits for them. */
int guest_write_identity(const char *name, const char *dir)
{
	_cleanup_(strbuf_release) struct strbuf archive = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(dir, GUEST_IDENTITY, NULL);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	const size_t first = 512;
	int r = fd < 0 ? -errno : add_identity(&archive, name, dir);

	if (r == 0 && (pwrite(fd, archive.buf + first, archive.len - first, (off_t)first) !=
			       (ssize_t)(archive.len - first) ||
		       pwrite(fd, archive.buf, first, 0) != (ssize_t)first))
		r = errno ? -errno : -EIO;
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}
