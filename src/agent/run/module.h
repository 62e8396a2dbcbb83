/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading and unloading, with the system calls themselves; each runs in a step's child. */
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
	uint32_t limit_ms; /* a refusal (EAGAIN, EBUSY) is tried again until then: udev may hold it
			      for a moment */
};

/* delete_module(2); report has its errno, the tries, and who holds the module. */
int module_unload(const void *module_unload, struct step_report *report);

struct module_probe {
	const char *name;
	bool remove;
};

/* modprobe [-r] of a module of the board's own tree. */
int module_probe(const void *module_probe, struct step_report *report);

struct module_program {
	const char *path;
	const char *module;             /* OUTPOST_MODULE in its environment */
	const outpost_PlanModule *plan; /* its arguments */
};

/* The test program; its exit status is the child's. */
int module_program(const void *module_program, struct step_report *report);

/*
 * Where its code is, while it is loaded: how many of its sections are in `list`; 0: not known.
 * After it is gone, and its init section is before that, they name what was called there.
 */
size_t module_code(const char *name, outpost_CodeSection *list, size_t max);

/* Is it in /proc/modules (in whatever state)? */
bool module_is_loaded(const char *name);

/*
 * Does sysfs, below `root` (""; tests have one of their own), name the module as the driver of this
 * character device?
 */
bool module_drives(const char *root, const char *module, dev_t device);

#endif
