// SPDX-License-Identifier: GPL-2.0-only
/* Starting a vm. */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/kernel/kernel.h"
#include "host/base/paths.h"
#include "host/vm/boot.h"
#include "host/vm/dtb.h"
#include "host/vm/full.h"
#include "host/vm/guest.h"
#include "host/vm/instance.h"
#include "host/vm/keys.h"
#include "host/vm/net.h"
#include "host/vm/qemu.h"
#include "host/vm/tool.h"
#include "host/vm/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define DEFAULT_MEMORY_MIB 1024
#define DEFAULT_CPUS       2
#define DISK_SIZE          "512M"

static int choose_kernel(struct instance *vm, const struct vm_options *o)
{
	if (o->kernel && strcmp(o->kernel, "newest") != 0) {
		if (!kernel_release_is_valid(o->kernel)) {
			log_error("'%s' is not a kernel release (example: 6.1.0-50-arm64)",
				  o->kernel);
			return -EINVAL;
		}
		free(vm->kernel);
		vm->kernel = xstrdup(o->kernel);
		return 0;
	}
	if (!o->kernel && vm->kernel && kernel_release_is_valid(vm->kernel))
		return 0;
	free(vm->kernel);
	vm->kernel = NULL;
	return kernel_debian_default(&vm->kernel);
}

/* For a vm that is up already: an error unless it answers. */
static int check_running(const struct instance *vm, const struct vm_options *o)
{
	int r = net_await_ssh(vm->port, o->timeout_ms ? o->timeout_ms : NET_ANSWER_MS);
	const char *late;

	if (r < 0) {
		if (r == -EINTR)
			return r;
		log_error("The vm %s is running but does not answer", vm->name);
		log_hint("Run outpost vm reset %s, or outpost vm console %s to see what it does",
			 vm->name, vm->name);
		return -ETIMEDOUT;
	}
	log_info("The vm %s is running: kernel %s", vm->name, vm->kernel);
	if (o->kernel && strcmp(o->kernel, "newest") != 0 && strcmp(o->kernel, vm->kernel) != 0) {
		log_warn("Kernel %s is not used until the vm is restarted", o->kernel);
		log_hint("Run outpost vm down %s first", vm->name);
	}
	late = o->debug && !vm->debug   ? "--debug"
	       : o->kaslr && !vm->kaslr ? "--kaslr"
	       : o->net && !vm->net     ? "--net"
	       : o->tap && !vm->tap     ? "--tap"
					: NULL;
	if (late) {
		log_warn("%s has no effect until the vm is restarted", late);
		log_hint("Run outpost vm down %s first", vm->name);
	}
	return 0;
}

/* The disk gets its name when it is complete. */
static int make_disk(const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, "disk.img", NULL);
	_cleanup_free_ char *new_path = path_join(dir, "disk.new", NULL);
	int r;

	if (fs_exists(path))
		return 0;
	fs_remove_tree(new_path); /* an interrupted outpost's; if this fails, mke2fs reports it */
	r = tool_run(ARGV("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-m", "0", "-E",
			  "root_owner=0:0,lazy_itable_init=0", "--", new_path, DISK_SIZE),
		     "e2fsprogs", NULL);
	if (r < 0)
		return r;
	return rename(new_path, path) < 0 ? log_error_errno(-errno, "Cannot create %s", path) : 0;
}

static int make_dtb(const struct qemu_config *config, const char *machine, struct strbuf *dtb)
{
	_cleanup_(strbuf_release) struct strbuf plain = STRBUF_INIT;
	int r = qemu_dump_dtb(config, &plain);

	if (r < 0)
		return r;
	strbuf_reset(dtb);
	r = dtb_edit(plain.buf, plain.len, machine, dtb);
	return r < 0 ? log_error_errno(r, "Cannot add ramoops to QEMU's device tree") : 0;
}

/* QEMU adds a seed to its own device tree, but not to one that it is given. */
static int put_seed(struct strbuf *dtb)
{
	uint64_t seed;
	int r = getrandom(&seed, sizeof(seed), 0) < 0 ? -errno : dtb_set_seed(dtb->buf, seed);

	return r < 0 ? log_error_errno(r, "Cannot set the KASLR seed in the device tree") : 0;
}

/* Remakes the device tree only if it is for another machine, because asking QEMU takes 0.1 s. */
static int write_dtb(const struct qemu_config *config)
{
	_cleanup_free_ char *path = path_join(config->dir, "board.dtb", NULL);
	_cleanup_free_ char *machine = qemu_describe_machine(config);
	_cleanup_(strbuf_release) struct strbuf dtb = STRBUF_INIT;
	bool fits;
	int r = 0;

	if (!machine)
		return -ENOENT;
	fits = fs_read(path, &dtb, 1024 * 1024) == 0 && dtb_is_made_for(dtb.buf, dtb.len, machine);
	if (fits && !config->kaslr)
		return 0;
	if (!fits)
		r = make_dtb(config, machine, &dtb);
	if (r == 0 && config->kaslr)
		r = put_seed(&dtb);
	if (r < 0)
		return r;
	r = fs_write_atomic(path, dtb.buf, dtb.len, 0600);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int start(struct instance *vm, const struct vm_options *o)
{
	struct qemu_config config = {
		.name = vm->name,
		.dir = vm->dir,
		.memory_mib = o->memory_mib ? o->memory_mib : DEFAULT_MEMORY_MIB,
		.cpus = o->cpus ? o->cpus : DEFAULT_CPUS,
		.kvm = qemu_has_kvm(),
		.disk = vm->full ? FULL_DISK : NULL,
		.identity = vm->full ? NULL : GUEST_IDENTITY,
		.debug = o->debug,
		.kaslr = o->kaslr,
		.net = o->net,
		.tap = o->tap,
	};
	long long begin = monotonic_ms();
	bool restored = false;
	int r;

	vm->memory_mib = config.memory_mib;
	vm->cpus = config.cpus;
	vm->debug = config.debug;
	vm->kaslr = config.kaslr;
	vm->net = config.net;
	free(vm->tap);
	vm->tap = o->tap ? xstrdup(o->tap) : NULL;
	r = write_dtb(&config); /* first: fails if QEMU is not installed */
	if (r == 0)
		r = choose_kernel(vm, o);
	if (r == 0)
		r = keys_make(vm->name, vm->dir);
	if (r == 0 && !vm->full)
		r = make_disk(vm->dir);
	if (r < 0)
		return r;
	r = boot_vm(vm, &config, o, &restored);
	if (r < 0) {
		if (qemu_pid(vm->dir) && qemu_stop(vm->dir) < 0)
			log_warn("Cannot stop QEMU of the vm %s, process %d", vm->name,
				 qemu_pid(vm->dir));
		return r;
	}
	log_info("The vm %s is up: kernel %s%s%s%s, %.1f s", vm->name, vm->kernel,
		 vm->debug ? ", debug" : "", vm->kaslr ? ", KASLR" : "",
		 restored ? ", from a saved state" : "", (double)(monotonic_ms() - begin) / 1000);
	if (vm->net)
		log_info("With --net, the vm %s can reach the services on this machine's "
			 "loopback, as 10.0.2.2, and all that this machine can reach",
			 vm->name);
	return 0;
}

/* A wrong name must not become part of QEMU's option, or a new interface. */
static int check_tap(const struct instance *vm, const char *tap)
{
	if (!vm->full) {
		log_error(
			"The vm %s is not full; only a full one can have a network card for --tap",
			vm->name);
		log_hint("Run outpost vm up --full --tap %s", tap);
		return -EINVAL;
	}
	if (path_is_plain_name(tap) && if_nametoindex(tap) > 0)
		return 0;
	log_error("There is no network interface '%s'", tap);
	log_hint("As root, run ip tuntap add NAME mode tap, and connect it to a bridge");
	return -ENODEV;
}

int vm_up(const char *name, const struct vm_options *o)
{
	_cleanup_(instance_freep) struct instance *vm = NULL;
	_cleanup_close_ int lock = -1;
	int r = instance_open(name, &vm);

	if (r < 0 && r != -ENOENT)
		return r;
	if (o->full && r == 0 && !vm->full) {
		log_error("The vm %s exists and is not full; it cannot be made full", name);
		log_hint(
			"Run outpost vm up --full to create one named 'full', or choose another name");
		return -EEXIST;
	}
	vm->full = vm->full || o->full;
	r = o->tap ? check_tap(vm, o->tap) : 0;
	if (r < 0)
		return r;
	r = path_make_private(vm->dir);
	if (r < 0)
		return r;
	lock = instance_lock(vm);
	if (lock < 0)
		return lock;
	return qemu_pid(vm->dir) ? check_running(vm, o) : start(vm, o);
}
