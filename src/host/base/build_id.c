// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/build_id.h"

#include "common/alloc.h"
#include "common/hex.h"

#include <elfutils/libdwelf.h>
#include <string.h>

char *build_id_of(Elf *elf)
{
	const void *bytes;
	ssize_t n = dwelf_elf_gnu_build_id(elf, &bytes);
	char *text;

	if (n <= 0)
		return xstrdup("");
	text = xmalloc(HEX_SIZE((size_t)n));
	hex_encode(text, bytes, (size_t)n);
	return text;
}

char *build_id_in(const void *image, size_t n)
{
	Elf *elf;
	char *id;

	elf_version(EV_CURRENT);
	elf = elf_memory((char *)image, n); /* elf_memory() only reads it */
	id = elf ? build_id_of(elf) : xstrdup("");
	elf_end(elf);
	return id;
}
