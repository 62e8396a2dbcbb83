// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/qemu.h"

#include "common/cleanup.h"
#include "common/strv.h"
#include "host/base/hash.h"
#include "host/base/paths.h"
#include "host/vm/console_log.h"
#include "host/vm/qemu_internal.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/*
 * Speeds up a boot under TCG without affecting modules: no crypto self-tests (0.6 s), and no
 * page-table isolation or other CPU mitigations, which make each system call slower. panic=1:
 * reboots after a panic, as a board in the field does. pstore.kmsg_bytes: as much log as fits
 * into a record; Debian's default is 10 KiB.
 */
#define KERNEL_ARGUMENTS                                                   \
	"console=ttyAMA0 quiet panic=1 mitigations=off cryptomgr.notests " \
	"pstore.kmsg_bytes=65536"

/* Without --kaslr. Saves 0.2 s for the relocation, and the page-table isolation that KASLR needs. */
#define FIXED_ARGUMENTS " nokaslr"

/*
 * Memory checks that Debian's kernels have (Linux Documentation/mm/slub.rst,
 * dev-tools/kfence.rst); a kernel ignores those that it does not have. KFENCE guards one
 * allocation per sample interval. The interval is long, because otherwise the permanent
 * allocations of a boot would use up its 255 objects. Addresses are not hashed, so that those
 * in a report can be compared with what a module prints.
 */
#define DEBUG_ARGUMENTS                                              \
	" slub_debug=FZPU page_poison=1 kfence.sample_interval=200 " \
	"kfence.check_on_panic=1 no_hash_pointers"

bool qemu_has_kvm(void)
{
	struct utsname name;

	return uname(&name) == 0 && strcmp(name.machine, "aarch64") == 0 &&
	       access("/dev/kvm", R_OK | W_OK) == 0;
}

static void add(char ***argv, const char *option, const char *value)
{
	strv_add(argv, option);
	strv_add(argv, value);
}

static void addf(char ***argv, const char *option, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void addf(char ***argv, const char *option, const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf value = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&value, fmt, ap);
	va_end(ap);
	add(argv, option, value.buf);
}

static void add_machine(char ***argv, const struct qemu_config *c, const char *dumpdtb)
{
	addf(argv, "-name", "outpost-%s", c->name);
	addf(argv, "-machine", "virt,acpi=off%s%s", dumpdtb ? ",dumpdtb=" : "",
	     dumpdtb ? dumpdtb : "");
	add(argv, "-accel", c->kvm ? "kvm" : "tcg,thread=multi");
	add(argv, "-cpu", c->kvm ? "host" : "cortex-a72");
	addf(argv, "-smp", "%d", c->cpus);
	addf(argv, "-m", "%d", c->memory_mib);
	strv_add(argv, "-nodefaults");
	strv_add(argv, "-no-user-config");
	add(argv, "-display", "none");
}

/*
 * `file` is last in the option's value, with commas doubled. It is absolute because QEMU
 * reopens it at the end of a migration, when it has left `dir`.
 */
static void add_disk(char ***argv, const char *id, const char *how, const char *file)
{
	_cleanup_(strbuf_release) struct strbuf value = STRBUF_INIT;

	strbuf_addf(&value, "if=none,format=%s,id=%s,%s,file=",
		    fnmatch("*.qcow2", file, 0) == 0 ? "qcow2" : "raw", id, how);
	for (const char *p = file; *p; p++) {
		if (*p == ',')
			strbuf_addch(&value, ',');
		strbuf_addch(&value, *p);
	}
	add(argv, "-drive", value.buf);
	addf(argv, "-device", "virtio-blk-pci,drive=%s", id);
}

/* A second network card. Its address depends on the vm's name, so that vms on one bridge differ. */
static void add_tap(char ***argv, const struct qemu_config *c)
{
	char hash[HASH_NAME_SIZE];

	hash_name(hash, c->name);
	addf(argv, "-netdev", "tap,id=tap,ifname=%s,script=no,downscript=no", c->tap);
	addf(argv, "-device", "virtio-net-pci,netdev=tap,romfile=,mac=52:54:01:%.2s:%.2s:%.2s",
	     hash, hash + 2, hash + 4);
}

static void add_devices(char ***argv, const struct qemu_config *c)
{
	_cleanup_free_ char *disk = path_join(c->dir, c->disk ? c->disk : "disk.img", NULL);
	_cleanup_free_ char *identity = c->identity ? path_join(c->dir, c->identity, NULL) : NULL;

	/*
	 * What the guest has synced survives a crash of the guest, but not necessarily one of
	 * this host.
	 */
	add_disk(argv, "disk", "cache=unsafe,discard=unmap", disk);
	add_disk(argv, "modules", "readonly=on", c->modules);
	if (identity)
		add_disk(argv, "identity", "readonly=on", identity);
	/*
	 * The guest runs modules that may do anything. Without `net`, QEMU drops all that it sends
	 * but what answers ssh, which would else reach this host's loopback as 10.0.2.2.
	 */
	addf(argv, "-netdev", "user,id=" QEMU_NETDEV "%s,hostfwd=tcp:127.0.0.1:%d-:22",
	     c->net ? "" : ",restrict=on,ipv6=off", c->port);
	/* No boot ROM: it is in a separate package, and nothing boots from the network. */
	add(argv, "-device", "virtio-net-pci,netdev=" QEMU_NETDEV ",romfile=");
	if (c->tap)
		add_tap(argv, c);
	add(argv, "-device", "i6300esb");
	add(argv, "-action", "watchdog=reset");
	add(argv, "-chardev",
	    "socket,id=console,path=console.sock,server=on,wait=off,logfile=" CONSOLE_PIPE);
	add(argv, "-serial", "chardev:console");
	add(argv, "-qmp", "unix:qmp.sock,server=on,wait=off");
}

static void add_kernel_arguments(char ***argv, const struct qemu_config *c)
{
	addf(argv, "-append", "%s%s%s", KERNEL_ARGUMENTS, c->kaslr ? "" : FIXED_ARGUMENTS,
	     c->debug ? DEBUG_ARGUMENTS : "");
}

char **qemu_argv(const struct qemu_config *c, const char *dumpdtb)
{
	char **argv = NULL;

	strv_add(&argv, QEMU);
	add_machine(&argv, c, dumpdtb);
	if (dumpdtb)
		return argv;
	add(&argv, "-kernel", c->kernel);
	add(&argv, "-initrd", "initrd");
	add(&argv, "-dtb", "board.dtb");
	add_kernel_arguments(&argv, c);
	add_devices(&argv, c);
	if (c->waits)
		add(&argv, "-incoming", "defer");
	/* What breaks out of the guest must not start programs. */
	if (!c->unconfined)
		add(&argv, "-sandbox",
		    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
	add(&argv, "-pidfile", "pid");
	return argv;
}
