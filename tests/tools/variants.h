/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Broken and sound variants of a good module, each with the rule of
 * src/host/check/check.c that has to find it and the place of the kernel that decides
 * about it. The same table is judged without a kernel (tests/unit/test_check.c)
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
	SIGNED, /* by a key that the kernel has */
	GOOD_COUNT
};

struct variant {
	const char *name;
	enum good of;
	const char *rule; /* among the problems there must be one of it; NULL: there is none */
	bool loads;
	const char *place; /* the function of the kernel that decides */
	void (*make)(struct strbuf *image, uint64_t arg);
	uint64_t arg;
	unsigned int since, before; /* of which kernels this is true; 0: of all */
	const char *second;         /* as `rule`, where two are wrong */
};

/* The table, ended by one without a name. */
extern const struct variant variants[];

/* Is it for this kernel? */
bool variant_is_for(const struct variant *variant, unsigned int version);

/* Signs it with a key that nobody else has; adds its certificate, DER. */
void variant_sign(struct strbuf *image, struct strbuf *certificate);

/*
 * All bits of the ELF header, one by one, and the file cut off at so many
 * places: what comes of them the kernel says, and the check has to agree.
 */
#define VARIANT_BITS (8 * sizeof(Elf64_Ehdr))
#define VARIANT_CUTS 30
void variant_flip(struct strbuf *image, size_t bit);
void variant_cut(struct strbuf *image, size_t place);

#endif
