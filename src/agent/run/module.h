/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads and unloads modules with the system calls themselves; each function runs in a step's
 * child.
 */
#ifndef OUTPOST_AGENT_MODULE_H
#define OUTPOST_AGENT_MODULE_H

#include "agent/run/step.h"

#include <stdbool.h>
#include <sys/types.h>

struct module_load {
	const char *path;
	const char *params;
};

/* finit_module(2); report->error is its errno. */
int module_load(const void *module_load, struct step_report *report);

struct module_unload {
	const char *name;
	uint32_t limit_ms; /* EAGAIN and EBUSY are retried until then: udev may hold it briefly */
};

/* delete_module(2); report has its errno, the number of tries, and the module's users. */
int module_unload(const void *module_unload, struct step_report *report);

struct module_probe {
	const char *name;
	bool remove;
};

/* modprobe [-r] of a module of the board's own tree. */
int module_probe(const void *module_probe, struct step_report *report);

struct module_program {
	const char *path;
	const char *dir;                /* its working folder, HOME and TMPDIR */
	const char *module;             /* OUTPOST_MODULE in its environment */
	const outpost_PlanModule *plan; /* for its arguments */
};

/* Executes the test program; its exit status becomes the child's. */
int module_program(const void *module_program, struct step_report *report);

/*
 * The code sections of a loaded module. Returns how many are in `list`; 0: unknown. They
 * identify functions in a call trace after the module, or its init section, is gone.
 */
size_t module_code(const char *name, outpost_CodeSection *list, size_t max);

/* Is the module in /proc/modules, in whatever state? Also true if that cannot be read. */
bool module_is_loaded(const char *name);

/*
 * Does sysfs below `root` ("" except in tests) name the module as the driver of this character
 * device?
 */
bool module_drives(const char *root, const char *module, dev_t device);

#endif
