/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Will a kernel take these .ko files, and if not, why? The answer is that of
 * finit_module, up to the module's own init: each rule stands for one place of
 * kernel/module/ or arch/arm64/kernel/module*.c, in the order in which the
 * kernel gets there. Where Linux 6.1 and 6.12 differ the rule reports it.
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

/* What a board is asked for only where a module makes it matter. */
enum check_wanted {
	CHECK_NAMES, /* a text: all symbols of its kernel, a line each */
	CHECK_KEYS,  /* the certificates that are built into it, DER, one after another */
};

/* The path of a file with it, freed by the caller; NULL: it cannot be had. */
struct check_asker {
	char *(*ask)(void *arg, enum check_wanted what);
	void *arg;
};

/* What is known of the kernel that is to take them. */
struct check_kernel {
	char *release;
	unsigned int version; /* CHECK_VERSION(6, 1) */
	char *vermagic;       /* what modules must have */
	char *build;          /* its tree */
	char *config;         /* text of its .config */
	struct symvers *symvers;
	uint32_t page_size;
	/* What only a board can tell; false: not known, or not so. */
	bool signatures_enforced;      /* module.sig_enforce, beyond CONFIG_MODULE_SIG_FORCE */
	bool locked_down;              /* lockdown=integrity or more */
	uint32_t board_page_size;      /* 0: not known */
	struct check_headers *headers; /* see known.c */
	struct check_keys *keys;       /* that are built into it; NULL: not known */
	struct check_asker asker;      /* .ask NULL: there is nobody to ask */
};

#define CHECK_VERSION(major, minor) ((unsigned int)(major) << 16 | (unsigned int)(minor))

/* From a kernel tree. 0 or -errno, logged. */
int check_kernel_read(const struct kernel_tree *tree, struct check_kernel **kernel);

/* What a board that runs it says; page_size 0: not known. */
void check_kernel_add_board(struct check_kernel *kernel, uint32_t page_size,
			    bool signatures_enforced, bool locked_down);

/* Whom to ask for the rest. */
void check_kernel_add_asker(struct check_kernel *kernel, struct check_asker asker);
void check_kernel_free(struct check_kernel *kernel);
DEFINE_CLEANUP(struct check_kernel *, check_kernel_free);

/* "CONFIG_MODVERSIONS" is y? */
bool check_config(const struct check_kernel *kernel, const char *key);

struct check_problem {
	const char *kind; /* the name of the rule */
	char *symbol;     /* "" when it is about no symbol */
	char *expected, *found, *hint;
	bool fatal; /* the kernel refuses it; otherwise it loads, and may taint */
};

struct check_result {
	bool loads;
	struct check_problem *problems;
	size_t n;
};

void check_result_release(struct check_result *result);

/*
 * Judges one file. `others` are the modules that are loaded with it, whose
 * exports it may use; may be NULL. `needs` are the names of modules that
 * somebody sees to being loaded before it, beyond its own `depends`; may be
 * NULL. 0, or -errno when the file cannot be read (not logged).
 */
struct check_plan {
	const struct module_list *others;
	const char *const *needs;
	const char *without; /* for tests: judge as if there were no such rule; NULL: all are */
};
int check_file(const struct check_kernel *kernel, const char *path, const struct check_plan *plan,
	       struct check_result *result);

/* Likewise, of a file that is open. */
void check_ko(const struct check_kernel *kernel, const struct ko *ko, const struct check_plan *plan,
	      struct check_result *result);

/* The worst problem in one line, "would load" where none is fatal; the caller frees it. */
char *check_summary(const struct check_result *result);

/* The name of the rule `i`, in the kernel's order; NULL behind the last one. */
const char *check_rule_name(size_t i);

/* "x86-64" of EM_X86_64; "machine 22" of one that has no name here. The caller frees it. */
char *check_machine_name(int machine);

#endif
