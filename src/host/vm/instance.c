// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/instance.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/options.h"
#include "host/base/ini.h"
#include "host/base/paths.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static int take(const struct ini_entry *e, void *arg)
{
	struct instance *vm = arg;
	const struct {
		const char *key;
		int *field, most;
	} numbers[] = {
		{ "memory", &vm->memory_mib, INT_MAX },
		{ "cpus", &vm->cpus, INT_MAX },
		{ "port", &vm->port, 65535 },
	};
	const struct {
		const char *key;
		bool *field;
	} flags[] = { { "debug", &vm->debug },
		      { "kaslr", &vm->kaslr },
		      { "net", &vm->net },
		      { "full", &vm->full } };

	if (!e->key)
		return 0;
	if (strcmp(e->key, "kernel") == 0)
		vm->kernel = xstrdup(e->value);
	if (strcmp(e->key, "tap") == 0)
		vm->tap = xstrdup(e->value);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (strcmp(e->key, numbers[i].key) == 0 &&
		    parse_int(e->value, 1, numbers[i].most, numbers[i].field) < 0)
			return ini_error(e, LOG_LEVEL_WARN, "invalid value: %s = %s", e->key,
					 e->value);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (strcmp(e->key, flags[i].key) == 0 && parse_bool(e->value, flags[i].field) < 0)
			return ini_error(e, LOG_LEVEL_WARN, "invalid value: %s = %s", e->key,
					 e->value);
	return 0;
}

/* Returns -ENOENT for a malformed file, too (logged): the next start rewrites it. */
static int read_conf(struct instance *vm)
{
	static const struct ini_key keys[] = {
		{ "kernel" }, { "memory" }, { "cpus" }, { "port" }, { "debug" },
		{ "kaslr" },  { "net" },    { "full" }, { "tap" },  { NULL },
	};
	static const struct ini_syntax syntax = {
		.keys = keys,
		.passes_unknown = true,
		.level = LOG_LEVEL_WARN,
	};
	_cleanup_free_ char *path = path_join(vm->dir, "vm.conf", NULL);
	int r = ini_read(path, &syntax, take, vm);

	if (r == 0 || r == -ENOENT)
		return r;
	free(vm->kernel);
	free(vm->tap);
	*vm = (struct instance){ .name = vm->name, .dir = vm->dir };
	return -ENOENT;
}

int instance_open(const char *name, struct instance **instance)
{
	struct instance *vm;

	*instance = NULL;
	if (!path_is_plain_name(name)) {
		log_error("Invalid vm name '%s': use at most 64 letters, digits, dots, dashes and "
			  "underscores",
			  name);
		return -EINVAL;
	}
	vm = xcalloc(1, sizeof(*vm));
	vm->name = xstrdup(name);
	vm->dir = path_state("vm", name, NULL);
	*instance = vm;
	return read_conf(vm);
}

void instance_free(struct instance *vm)
{
	free(vm->name);
	free(vm->dir);
	free(vm->kernel);
	free(vm->tap);
	free(vm);
}

int instance_boot_ms(const struct instance *vm)
{
	/*
	 * Beside twenty other busy processes a boot took 25 s, and with --debug 60 s. A boot
	 * that fails, or a vm that powers itself off, is reported at once.
	 */
	return vm->full ? 10 * 60 * 1000 : vm->debug ? 240000 : 120000;
}

int instance_save(const struct instance *vm)
{
	_cleanup_free_ char *path = path_join(vm->dir, "vm.conf", NULL);
	_cleanup_free_ char *text =
		xasprintf("# Settings of the last start\nkernel = %s\nmemory = %d\ncpus = %d\n"
			  "port = %d\ndebug = %s\nkaslr = %s\nnet = %s\nfull = %s\n%s%s%s",
			  vm->kernel, vm->memory_mib, vm->cpus, vm->port, vm->debug ? "yes" : "no",
			  vm->kaslr ? "yes" : "no", vm->net ? "yes" : "no", vm->full ? "yes" : "no",
			  vm->tap ? "tap = " : "", vm->tap ? vm->tap : "", vm->tap ? "\n" : "");
	int r = fs_write_atomic(path, text, strlen(text), 0600);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

int instance_lock(const struct instance *vm)
{
	_cleanup_free_ char *path = path_join(vm->dir, "lock", NULL);

	return lock_take(path, "is starting or stopping this vm");
}
