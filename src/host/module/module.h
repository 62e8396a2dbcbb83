/* SPDX-License-Identifier: GPL-2.0-only */
/* A module: one .ko and everything that belongs to it. */
#ifndef OUTPOST_MODULE_H
#define OUTPOST_MODULE_H

#include "common/cleanup.h"
#include "host/module/testconf.h"

#include <stdbool.h>
#include <stddef.h>

struct module {
	char *name;       /* as in /proc/modules, with underscores for dashes */
	char *unstripped; /* the .ko as built or given, with debug info if any */
	char *stripped;   /* the file to send, without debug info; the same path without any */
	char *source;     /* the user's folder (or .ko) that it is from */
	char *build_dir; /* build folder, called UNIT_DEBUG_ROOT... in debug info; NULL for a .ko */
	char *build_id;  /* hexadecimal; "": none */
	char *srcversion;   /* checksum of the sources; "": none */
	char *vermagic;     /* "": none */
	char *license;      /* "": none */
	bool staging;       /* from .modinfo: loading it taints C */
	char **depends;     /* direct dependencies, from .modinfo */
	char **parameters;  /* names, from .modinfo: all except those of a bare module_param_cb() */
	int machine;        /* ELF e_machine */
	char *test_program; /* ready to run on the board, or NULL */
	struct test_config test;
	int build_ms;
	char *error; /* why there is no .ko to judge (does not compile, ...), in one line */
};

/* Modules in an order in which they can be loaded. */
struct module_list {
	struct module **modules;
	size_t n;
};

void module_free(struct module *module);
void module_list_release(struct module_list *list);
void module_list_add(struct module_list *list, struct module *module); /* takes ownership */
void module_list_take(struct module_list *list,
		      struct module_list *from); /* moves all; `from` is empty afterwards */
struct module *module_list_find(const struct module_list *list, const char *name);

/* A module with only a name; the caller fills in the rest. */
struct module *module_new(const char *name) __attribute__((returns_nonnull));

/* Turns "dir/my-module.ko.xz", "my-module" or "my_module" into "my_module"; the caller frees it. */
char *module_canonical_name(const char *name) __attribute__((returns_nonnull));

/*
 * Can debug info be stripped? Only if the module is for aarch64, has debug info, and has no
 * signature that stripping would break.
 */
bool module_can_strip(const char *path);

/* Is it compressed? Then it is unpacked before it is sent, for finit_module(2). */
bool module_is_packed(const char *path);

/*
 * Reads name, .modinfo, build-id and machine of a .ko (ELF, also .xz, .gz, .zst). 0 or -errno,
 * logged.
 */
int module_read(const char *path, struct module **module);

/*
 * As module_read(), but accepts any file: fills in what can be read and sets *why it is not a
 * module, or NULL.
 */
int module_read_any(const char *path, struct module **module, const char **why);

/*
 * Orders the list so that each module follows those it depends on (.modinfo and test.conf),
 * and is otherwise unchanged. 0, or -ELOOP (logged) if the dependencies are circular.
 */
int module_list_order(struct module_list *list);

DEFINE_CLEANUP(struct module *, module_free);

#endif
