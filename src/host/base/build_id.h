/* SPDX-License-Identifier: GPL-2.0-only */
/* The GNU build-id of an ELF file: the note that tells one link of a program from any other. */
#ifndef OUTPOST_BUILD_ID_H
#define OUTPOST_BUILD_ID_H

#include <libelf.h>
#include <stddef.h>

/* In hexadecimal, "" where it has none; the caller frees it. */
char *build_id_of(Elf *elf);

/* Likewise, of a file in memory, which may be damaged or no ELF file. */
char *build_id_in(const void *image, size_t n);

#endif
