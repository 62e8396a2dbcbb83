// SPDX-License-Identifier: GPL-2.0-only
/* Operations on an existing vm; up.c starts it. */
#include "host/vm/vm.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "common/unix_socket.h"
#include "host/base/paths.h"
#include "host/vm/console.h"
#include "host/vm/guest.h"
#include "host/vm/instance.h"
#include "host/vm/net.h"
#include "host/vm/qemu.h"
#include "host/vm/qmp.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* How long a login and power-off may take before QEMU is stopped. */
#define POWEROFF_MS      15000
#define FULL_POWEROFF_MS 60000 /* 10 s were seen on a busy host */

static int open_existing(const char *name, struct instance **vm)
{
	int r = instance_open(name, vm);

	if (r != -ENOENT)
		return r;
	log_error("No vm named %s", name);
	log_hint("Run outpost vm up %s to create it, with --full for a complete Debian", name);
	return r;
}

static int open_running(const char *name, struct instance **vm)
{
	int r = open_existing(name, vm);

	if (r < 0 || qemu_pid((*vm)->dir))
		return r;
	log_error("The vm %s is not running", name);
	log_hint("Run outpost vm up %s", name);
	return -ENOTCONN;
}

/*
 * Through ssh, so that the guest writes its data to the disk. -f saves the two seconds that
 * init gives processes to exit; systemd still unmounts everything.
 */
static int power_off(const struct instance *vm)
{
	_cleanup_free_ char *config = path_join(vm->dir, "ssh_config", NULL);
	_cleanup_free_ char *host = xasprintf("outpost-%s", vm->name);
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	struct process_options options = {
		.output = &said, .error = &said, .output_max = 64 * 1024, .timeout_ms = POWEROFF_MS
	};
	char *const *argv = ARGV("ssh", "-F", config, "-o", "BatchMode=yes", "-S", "none", host,
				 vm->full ? "sudo -n systemctl poweroff -f" : "sync; poweroff -f");
	int r = net_await_ssh(vm->port, NET_ANSWER_MS);

	if (r < 0)
		return r;
	r = process_run(argv, &options);
	if (r == -EINTR)
		return r;
	log_debug("poweroff in %s: %d %s", vm->name, r, said.buf);
	return qemu_await_end(vm->dir, vm->full ? FULL_POWEROFF_MS : POWEROFF_MS);
}

int vm_down(const char *name)
{
	_cleanup_(instance_freep) struct instance *vm = NULL;
	_cleanup_close_ int lock = -1;
	int r = open_existing(name, &vm);

	if (r < 0)
		return r;
	lock = instance_lock(vm);
	if (lock < 0)
		return lock;
	if (!qemu_pid(vm->dir)) {
		log_info("The vm %s is not running", name);
		return 0;
	}
	r = power_off(vm);
	if (r == -EINTR)
		return r;
	if (r < 0) {
		log_warn("The vm %s does not power off; stopping QEMU", name);
		r = qemu_stop(vm->dir);
	}
	if (r < 0)
		return log_error_errno(r, "Cannot stop QEMU of the vm %s, process %d", name,
				       qemu_pid(vm->dir));
	log_info("The vm %s is down", name);
	return 0;
}

int vm_reset(const char *name, int timeout_ms)
{
	_cleanup_(instance_freep) struct instance *vm = NULL;
	_cleanup_close_ int lock = -1;
	int r = open_running(name, &vm), limit;
	off_t from;

	if (r < 0)
		return r;
	lock = instance_lock(vm);
	if (lock < 0)
		return lock;
	limit = timeout_ms ? timeout_ms : instance_boot_ms(vm);
	from = console_length(vm->dir);
	r = qmp_command(vm->dir, "system_reset", NULL);
	if (r < 0)
		return log_error_errno(r, "Cannot reset the vm %s", name);
	r = console_await(vm->dir, from, GUEST_READY, limit);
	if (r == 0) {
		log_info("The vm %s is up again", name);
		return 0;
	}
	if (r == -EINTR)
		return r;
	log_error("The vm %s did not come back within %d s", name, limit / 1000);
	console_show_end(vm->dir, 20);
	return r;
}

int vm_plug(const char *name, bool in)
{
	_cleanup_(instance_freep) struct instance *vm = NULL;
	int r = open_running(name, &vm);

	if (r < 0)
		return r;
	r = qmp_command(vm->dir, "set_link",
			in ? "{\"name\":\"" QEMU_NETDEV "\",\"up\":true}"
			   : "{\"name\":\"" QEMU_NETDEV "\",\"up\":false}");
	if (r < 0)
		return log_error_errno(r, "Cannot %s the network cable of the vm %s",
				       in ? "plug in" : "unplug", name);
	log_info("The network cable of the vm %s is %s", name, in ? "plugged in" : "unplugged");
	return 0;
}

int vm_console(const char *name)
{
	_cleanup_(instance_freep) struct instance *vm = NULL;
	_cleanup_free_ char *lock_path = NULL;
	_cleanup_close_ int lock = -1, fd = -1;
	int r = open_running(name, &vm);

	if (r < 0)
		return r;
	/* QEMU serves one client at a time, and lets others wait silently. */
	lock_path = path_join(vm->dir, "console.lock", NULL);
	r = lock_try(lock_path, &lock);
	if (r == LOCK_HELD)
		r = log_error_errno(-EBUSY,
				    "Cannot open the console of the vm %s: another outpost has it",
				    name);
	if (r < 0)
		return r;
	fd = unix_socket_connect(vm->dir, "console.sock", false);
	if (fd < 0)
		return log_error_errno(fd, "Cannot connect to the console of the vm %s", name);
	log_info("Console of the vm %s; press Ctrl-] to leave", name);
	r = console_attach(fd);
	return r < 0 ? log_error_errno(r, "Lost the console of the vm %s", name) : 0;
}

int vm_status(const char *name, struct vm_status *status)
{
	_cleanup_(instance_freep) struct instance *vm = NULL;
	int r = open_existing(name, &vm);

	if (r < 0)
		return r;
	*status = (struct vm_status){
		.name = xstrdup(name),
		.dir = TAKE_PTR(vm->dir),
		.kernel = TAKE_PTR(vm->kernel),
		.memory_mib = vm->memory_mib,
		.cpus = vm->cpus,
		.port = vm->port,
		.debug = vm->debug,
		.kaslr = vm->kaslr,
		.net = vm->net,
		.full = vm->full,
		.tap = TAKE_PTR(vm->tap),
	};
	status->pid = qemu_pid(status->dir);
	if (status->pid)
		status->state =
			net_await_ssh(status->port, NET_ANSWER_MS) == 0 ? VM_RUNNING : VM_SILENT;
	return 0;
}

void vm_status_release(struct vm_status *status)
{
	free(status->name);
	free(status->dir);
	free(status->kernel);
	free(status->tap);
}

int vm_list(char ***names)
{
	_cleanup_free_ char *dir = path_state("vm", NULL);
	_cleanup_strv_ char **all = NULL, **found = xcalloc(1, sizeof(*found));
	int r = fs_list(dir, &all);

	if (r < 0 && r != -ENOENT)
		return log_error_errno(r, "Cannot read %s", dir);
	strv_foreach (name, all) {
		_cleanup_free_ char *conf = path_join(dir, *name, "vm.conf", NULL);

		if (path_is_plain_name(*name) && fs_exists(conf))
			strv_add(&found, *name);
	}
	*names = TAKE_PTR(found);
	return 0;
}
