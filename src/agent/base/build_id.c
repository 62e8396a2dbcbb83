// SPDX-License-Identifier: GPL-2.0-only
#include "agent/base/build_id.h"

#include "common/hex.h"

#include <elf.h>
#include <link.h>
#include <string.h>

static char text[HEX_SIZE(20)];

static int find_note(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		const char *at = (const char *)(info->dlpi_addr + p->p_vaddr),
			   *end = at + p->p_filesz;

		while (p->p_type == PT_NOTE && at + sizeof(ElfW(Nhdr)) <= end) {
			const ElfW(Nhdr) *note = (const void *)at;
			const char *name = at + sizeof(*note);
			const unsigned char *id =
				(const unsigned char *)name + ((note->n_namesz + 3) & ~3u);

			if (note->n_type == NT_GNU_BUILD_ID && note->n_descsz <= 20 &&
			    memcmp(name, "GNU", 4) == 0) {
				hex_encode(text, id, note->n_descsz);
				return 1;
			}
			at = (const char *)id + ((note->n_descsz + 3) & ~3u);
		}
	}
	return 1; /* the first object is the program itself */
}

const char *build_id(void)
{
	if (!*text)
		dl_iterate_phdr(find_note, NULL);
	return text;
}
