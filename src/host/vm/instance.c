// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/instance.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/options.h"
#include "host/base/paths.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <string.h>

/* What is not understood stays 0, as if it were not there: the next start writes the file anew. */
static int take(void *arg, const char *section, const char *key, const char *value)
{
	struct instance *vm = arg;

	(void)section;
	if (strcmp(key, "kernel") == 0) {
		free(vm->kernel);
		vm->kernel = xstrdup(value);
	} else if (strcmp(key, "memory") == 0) {
		parse_int(value, 1, INT_MAX, &vm->memory_mib);
	} else if (strcmp(key, "cpus") == 0) {
		parse_int(value, 1, INT_MAX, &vm->cpus);
	} else if (strcmp(key, "port") == 0) {
		parse_int(value, 1, 65535, &vm->port);
	} else if (strcmp(key, "debug") == 0) {
		vm->debug = strcmp(value, "yes") == 0;
	} else if (strcmp(key, "kaslr") == 0) {
		vm->kaslr = strcmp(value, "yes") == 0;
	} else if (strcmp(key, "full") == 0) {
		vm->full = strcmp(value, "yes") == 0;
	}
	return 1;
}

int instance_open(const char *name, struct instance **instance)
{
	_cleanup_free_ char *path = NULL;
	struct instance *vm;

	*instance = NULL;
	if (!path_is_plain_name(name)) {
		log_error("'%s' cannot be the name of a vm: letters, digits, dots, dashes and "
			  "underscores only, at most 64.",
			  name);
		return -EINVAL;
	}
	vm = xcalloc(1, sizeof(*vm));
	vm->name = xstrdup(name);
	vm->dir = path_state("vm", name, NULL);
	*instance = vm;
	path = path_join(vm->dir, "vm.conf", NULL);
	return ini_parse(path, take, vm) == -1 ? -ENOENT : 0;
}

void instance_free(struct instance *vm)
{
	free(vm->name);
	free(vm->dir);
	free(vm->kernel);
	free(vm);
}

int instance_boot_ms(const struct instance *vm)
{
	/*
	 * Beside twenty other busy processes 25 s were seen, and 60 s with --debug.
	 * What fails, or powers itself off, is told at once.
	 */
	return vm->full ? 10 * 60 * 1000 : vm->debug ? 240000 : 120000;
}

int instance_save(const struct instance *vm)
{
	_cleanup_free_ char *path = path_join(vm->dir, "vm.conf", NULL);
	_cleanup_free_ char *text =
		xasprintf("# The last start of this vm.\nkernel = %s\nmemory = %d\ncpus = %d\n"
			  "port = %d\ndebug = %s\nkaslr = %s\nfull = %s\n",
			  vm->kernel, vm->memory_mib, vm->cpus, vm->port, vm->debug ? "yes" : "no",
			  vm->kaslr ? "yes" : "no", vm->full ? "yes" : "no");
	int r = fs_write_atomic(path, text, strlen(text), 0600);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

int instance_lock(const struct instance *vm)
{
	_cleanup_free_ char *path = path_join(vm->dir, "lock", NULL);

	return lock_take(path, "is starting or ending this vm");
}
