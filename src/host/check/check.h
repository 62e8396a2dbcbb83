/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Will a kernel accept a .ko file, and if not, why? The answer is that of finit_module(2), up
 * to the module's own init function: each rule corresponds to one place in kernel/module/ or
 * arch/arm64/kernel/module*.c, in the order in which the kernel gets there. Rules note the
 * differences between Linux 6.1 and 6.12.
 */
#ifndef OUTPOST_CHECK_H
#define OUTPOST_CHECK_H

#include "common/cleanup.h"
#include "host/kernel/kernel.h"
#include "host/module/ko.h"
#include "host/module/module.h"
#include "host/module/symvers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a board is asked for only if a module requires it. */
enum check_wanted {
	CHECK_NAMES, /* text: all symbols of its kernel, one per line */
	CHECK_KEYS,  /* the certificates built into its kernel: concatenated DER */
};

/* Returns the path of a file with the data, freed by the caller; NULL: not available. */
struct check_asker {
	char *(*ask)(void *arg, enum check_wanted what);
	void *arg;
};

/* What is known about the kernel that is to load the modules. */
struct check_kernel {
	char *release;
	unsigned int version; /* CHECK_VERSION(6, 1) */
	char *vermagic;       /* expected of modules */
	char *build;          /* folder of its tree */
	char *config;         /* text of its .config */
	struct symvers *symvers;
	uint32_t page_size;
	/* Only a board knows these; false: not known, or no. */
	bool signatures_enforced;      /* module.sig_enforce, beyond CONFIG_MODULE_SIG_FORCE */
	bool locked_down;              /* lockdown=integrity or more */
	uint32_t board_page_size;      /* 0: not known */
	struct check_headers *headers; /* see known.c */
	struct check_keys *keys;       /* built into it; NULL: not known */
	struct check_asker asker;      /* .ask NULL: no board to ask */
};

#define CHECK_VERSION(major, minor) ((unsigned int)(major) << 16 | (unsigned int)(minor))

/* Reads a kernel tree. 0 or -errno, logged. */
int check_kernel_read(const struct kernel_tree *tree, struct check_kernel **kernel);

/* Adds what a board reports that runs the kernel; page_size 0: not known. */
void check_kernel_add_board(struct check_kernel *kernel, uint32_t page_size,
			    bool signatures_enforced, bool locked_down);

/* Sets how to get the rest. */
void check_kernel_add_asker(struct check_kernel *kernel, struct check_asker asker);
void check_kernel_free(struct check_kernel *kernel);
DEFINE_CLEANUP(struct check_kernel *, check_kernel_free);

/* Is an option, such as "CONFIG_MODVERSIONS", set to y? */
bool check_config(const struct check_kernel *kernel, const char *key);

struct check_problem {
	const char *kind; /* name of the rule */
	char *symbol;     /* "": not about a symbol */
	char *expected, *found, *hint;
	bool fatal; /* the kernel rejects the module; otherwise it loads, and may be tainted */
};

struct check_result {
	bool loads;
	struct check_problem *problems;
	size_t n;
};

void check_result_release(struct check_result *result);

/*
 * Checks one file. `others` (may be NULL) are the modules loaded with it, whose exports it may
 * use. `needs` (may be NULL) are the names of modules that are certain to be loaded before it,
 * in addition to its own `depends`. 0, or -errno (not logged) if the file cannot be read.
 */
struct check_plan {
	const struct module_list *others;
	const char *const *needs;
	const char *without; /* for tests: the rule to ignore; NULL: none */
};
int check_file(const struct check_kernel *kernel, const char *path, const struct check_plan *plan,
	       struct check_result *result);

/* As check_file(), for an open file. */
void check_ko(const struct check_kernel *kernel, const struct ko *ko, const struct check_plan *plan,
	      struct check_result *result);

/* The first fatal problem in one line, or "would load" if there is none; the caller frees it. */
char *check_summary(const struct check_result *result);

/* The name of rule `i`, in the kernel's order; NULL after the last one. */
const char *check_rule_name(size_t i);

/* "x86-64" for EM_X86_64; "machine 22" for a machine without a name here. The caller frees it. */
char *check_machine_name(int machine);

#endif
