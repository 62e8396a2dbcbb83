/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Broken and sound variants of a good module, each with the rule of
 * src/host/check/check.c that must find it and the function in the kernel that
 * decides. The same table is tested without a kernel (tests/unit/test_check.c)
 * and against one (tests/system/vm/check.test.sh).
 */
#ifndef VARIANTS_H
#define VARIANTS_H

#include "host/check/check.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum good {
	VICTIM,
	PLAIN,
	SIGNED, /* with a key that the kernel trusts */
	GOOD_COUNT
};

struct variant {
	const char *name;
	enum good of;
	const char *rule; /* must be among the problems; NULL: no problems */
	bool loads;
	const char *place; /* the function in the kernel that decides */
	void (*make)(struct strbuf *image, uint64_t arg);
	uint64_t arg;
	unsigned int since, before; /* the kernels for which this is true; 0: all */
	const char *second;         /* a second one, like `rule` */
};

/* The table; the last entry has no name. */
extern const struct variant variants[];

/* Does it apply to this kernel? */
bool variant_is_for(const struct variant *variant, unsigned int version);

/* Signs it with a new key; appends the certificate, DER. */
void variant_sign(struct strbuf *image, struct strbuf *certificate);

/*
 * Flips all bits of the ELF header, one by one, and truncates the file at this
 * many places. The kernel decides whether the result loads; the check must agree.
 */
#define VARIANT_BITS (8 * sizeof(Elf64_Ehdr))
#define VARIANT_CUTS 30
void variant_flip(struct strbuf *image, size_t bit);
void variant_cut(struct strbuf *image, size_t place);

#endif
