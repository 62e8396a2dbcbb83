// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/boot.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "host/board/last_seen.h"
#include "host/vm/console.h"
#include "host/vm/full.h"
#include "host/vm/guest.h"
#include "host/vm/image.h"
#include "host/vm/keys.h"
#include "host/vm/saved.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Called for each port that QEMU tries. */
static int write_port(int port, void *arg)
{
	struct instance *vm = arg;
	int r;

	vm->port = port;
	r = keys_write_config(vm->name, vm->full ? FULL_USER : "root", vm->dir, port);
	return r < 0 ? r : instance_save(vm);
}

/* Logs why the vm did not come up. */
static int complain(const struct instance *vm, int r, int timeout_ms)
{
	if (r == -ETIME)
		log_error("The vm %s did not come up within %d s (kernel %s)", vm->name,
			  timeout_ms / 1000, vm->kernel);
	else
		log_error("The vm %s did not come up (kernel %s)%s", vm->name, vm->kernel,
			  r == -ECONNRESET ? ": it powered itself off" : "");
	console_show_end(vm->dir, 20);
	return r;
}

/* `empty`: for a vm that gets its identity later. */
static int write_identity(const struct instance *vm, bool empty)
{
	int r = guest_make_identity(vm->dir);

	return r < 0 || empty ? r : guest_write_identity(vm->name, vm->dir);
}

static int boot(struct instance *vm, struct qemu_config *config, int timeout_ms)
{
	int r = vm->full ? 0 : write_identity(vm, false);
	long long begin;

	if (r == 0)
		r = qemu_start(config, write_port, vm);
	if (r < 0)
		return r;
	begin = monotonic_ms();
	r = console_await(vm->dir, 0, GUEST_READY, timeout_ms);
	/* A run derives its time limit for reboots from this: some options make a boot slow. */
	if (r == 0)
		last_seen_set_return_ms(vm->name, monotonic_ms() - begin);
	return r == 0 || r == -EINTR ? r : complain(vm, r, timeout_ms);
}

/* Continues from the saved state. 0 or -errno, not logged. */
static int go_on_from(const char *state, struct instance *vm, struct qemu_config *config,
		      int timeout_ms)
{
	int r = write_identity(vm, true);

	config->waits = true;
	if (r == 0)
		r = qemu_start(config, write_port, vm);
	config->waits = false;
	if (r == 0)
		r = saved_restore(state, vm->dir);
	if (r == 0)
		r = guest_write_identity(vm->name, vm->dir);
	return r == 0 ? console_await(vm->dir, 0, GUEST_READY, timeout_ms) : r;
}

/* A saved state that cannot be restored is deleted, unless there was little time. */
static int go_on_from_saved(struct instance *vm, struct qemu_config *config,
			    const struct image *image, int timeout_ms)
{
	_cleanup_free_ char *state = NULL;
	int r = saved_obtain(config, image, timeout_ms, &state);

	if (r < 0)
		return r;
	r = go_on_from(state, vm, config, timeout_ms / 2);
	if (r == 0 || r == -EINTR)
		return r;
	log_warn("The vm %s cannot restore the saved state %s (%s); booting", vm->name, state,
		 strerror(-r));
	if (qemu_pid(vm->dir))
		qemu_stop(vm->dir);
	if (r != -ETIME || timeout_ms > 10000)
		unlink(state);
	return r;
}

/* *restored: the vm continued from a saved state. */
static int boot_or_restore(struct instance *vm, struct qemu_config *config,
			   const struct image *image, const struct vm_options *o, int timeout_ms,
			   bool *restored)
{
	int r = guest_write_initrd(vm->full ? GUEST_FULL : GUEST_SMALL, vm->name, vm->dir,
				   image->initramfs);

	config->kernel = image->kernel;
	config->modules = image->modules;
	if (r == 0 && vm->full)
		r = full_make_disk(config, image);
	if (r < 0)
		return r;
	if (!o->boot && saved_is_possible(config)) {
		r = go_on_from_saved(vm, config, image, timeout_ms);
		*restored = r == 0;
		if (r == 0 || r == -EINTR)
			return r;
	}
	return boot(vm, config, timeout_ms);
}

/*
 * An image may be damaged although its files have the right size and time: if it does not
 * boot, checks it thoroughly, and rebuilds and retries it if needed.
 */
int boot_vm(struct instance *vm, struct qemu_config *config, const struct vm_options *o,
	    bool *restored)
{
	_cleanup_(image_freep) struct image *image = NULL, *again = NULL;
	int timeout_ms = o->timeout_ms ? o->timeout_ms : instance_boot_ms(vm);
	int made = image_obtain(vm->kernel, false, &image);
	int r = made < 0 ? made : boot_or_restore(vm, config, image, o, timeout_ms, restored);

	if (r == 0 || r == -EINTR || made != 0)
		return r;
	if (qemu_pid(vm->dir))
		qemu_stop(vm->dir);
	made = image_obtain(vm->kernel, true, &again);
	if (made < 0)
		return made;
	return made ? boot_or_restore(vm, config, again, o, timeout_ms, restored) : r;
}
