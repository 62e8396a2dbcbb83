// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/guest.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/paths.h"
#include "host/vm/cpio.h"

#include <fcntl.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * The Makefile has this object follow the scripts. The names are global as the
 * compiler takes them to be: it goes through the GOT, and of a local one's
 * entry there the assembler and linker of arm64 make the section's start.
 */
#define EMBED(name, file)                                                                   \
	__asm__(".section .rodata\n"                                                        \
		".global " #name ", " #name "_end\n" #name ": .incbin \"" file "\"\n" #name \
		"_end: .byte 0\n"                                                           \
		".previous\n");                                                             \
	extern const char name[], name##_end[]

EMBED(guest_init, "board/vm-init");
EMBED(guest_full_init, "board/vm-full-init");
EMBED(guest_full_make, "board/vm-full-make");

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
		       "/dev/vda /root ext4 noatime 0 0\n"
		       "/dev/vdb /lib/modules ext4 ro,noatime 0 0\n" },
	{ "etc/inittab", "::respawn:/usr/sbin/sshd -D\n"
			 "::once:/init\n"
			 "::askfirst:-/bin/sh\n"
			 "::ctrlaltdel:/sbin/reboot\n"
			 "::shutdown:/bin/umount -a -r\n" },
};

static int add_keys(struct strbuf *archive, const char *dir)
{
	_cleanup_free_ char *host = path_join(dir, "host_key", NULL);
	_cleanup_free_ char *login = path_join(dir, "id_ed25519.pub", NULL);
	int r = cpio_add_file(archive, "etc/ssh/host_key", 0600, host);

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

/* -errno is not said. */
static int add_guest(struct strbuf *archive, enum guest_kind kind, const char *name,
		     const char *dir)
{
	_cleanup_free_ char *hostname = xasprintf("%s\n", name);
	int r = 0;

	add_init(archive, kind);
	cpio_add_dir(archive, "etc", 0755);
	cpio_add_dir(archive, "etc/ssh", 0755);
	cpio_add_data(archive, "etc/hostname", 0644, hostname, strlen(hostname));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		cpio_add_data(archive, files[i].name, 0644, files[i].text, strlen(files[i].text));
	if (kind != GUEST_MAKER)
		r = add_keys(archive, dir);
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
