/* SPDX-License-Identifier: GPL-2.0-only */
/* The GNU build-id of an ELF file, a note that identifies one link of a program. */
#ifndef OUTPOST_BUILD_ID_H
#define OUTPOST_BUILD_ID_H

#include <libelf.h>
#include <stddef.h>

/* The build-id in hexadecimal, "" if there is none. The caller frees it. */
char *build_id_of(Elf *elf);

/* The build-id of a file in memory, which may be damaged or not ELF at all. As above. */
char *build_id_in(const void *image, size_t n);

#endif
