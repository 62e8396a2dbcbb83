/* SPDX-License-Identifier: GPL-2.0-only */
/* A module: one .ko and what belongs to it. */
#ifndef OUTPOST_MODULE_H
#define OUTPOST_MODULE_H

#include "common/cleanup.h"
#include "host/module/testconf.h"

#include <stdbool.h>
#include <stddef.h>

struct module {
	char *name;       /* as in /proc/modules: dashes are underscores */
	char *unstripped; /* the .ko as built or given, with debug info if it has any */
	char *stripped;   /* what is sent: without debug info; the same path when there is none to
			     strip */
	char *source;     /* the user's folder (or .ko) it comes from */
	char *build_dir;  /* where it was built, which its debug info calls UNIT_DEBUG_ROOT...; NULL
			     for a .ko */
	char *build_id;   /* hexadecimal, "" when the .ko has none */
	char *srcversion; /* a sum of its sources, "" when there is none */
	char *vermagic;   /* "" when there is none */
	char *license;    /* "" when there is none */
	bool staging;     /* .modinfo reports it: loading it taints C */
	char **depends;   /* direct ones, from .modinfo */
	char **parameters;  /* names, from there, too: all but those of a bare module_param_cb() */
	int machine;        /* ELF e_machine */
	char *test_program; /* ready to run on the board, or NULL */
	struct test_config test;
	int build_ms;
	char *error; /* why there is no .ko to judge (it does not compile, ...): one line. NULL: all
			is well */
};

/* In the order in which they can be loaded. */
struct module_list {
	struct module **modules;
	size_t n;
};

void module_free(struct module *module);
void module_list_release(struct module_list *list);
void module_list_add(struct module_list *list, struct module *module); /* takes it over */
void module_list_take(struct module_list *list,
		      struct module_list *from); /* all of them; `from` is empty then */
struct module *module_list_find(const struct module_list *list, const char *name);

/* A module of which only the name is known; what else there is to say is for the caller to fill in.
 */
struct module *module_new(const char *name) __attribute__((returns_nonnull));

/* "dir/my-module.ko.xz", "my-module" or "my_module" to "my_module"; the caller frees it. */
char *module_canonical_name(const char *name) __attribute__((returns_nonnull));

/* Is it for aarch64, with debug info that can be taken out, and no signature, which that would
 * break? */
bool module_can_strip(const char *path);

/* Is it compressed? It is then sent uncompressed, as finit_module requires. */
bool module_is_packed(const char *path);

/* Reads name, .modinfo, build-id and machine of a .ko (ELF, also .xz, .gz, .zst). 0 or -errno,
 * logged. */
int module_read(const char *path, struct module **module);

/* Likewise, of any file: with as much as there is, and *why it is not a module, or NULL. */
int module_read_any(const char *path, struct module **module, const char **why);

/*
 * Orders the list so that a module stands after those it depends on (.modinfo
 * and test.conf); otherwise the order stays. -ELOOP, logged, where that cannot be.
 */
int module_list_order(struct module_list *list);

DEFINE_CLEANUP(struct module *, module_free);

#endif
