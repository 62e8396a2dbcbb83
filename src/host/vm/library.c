// SPDX-License-Identifier: GPL-2.0-only
/* Finds the libraries that a dynamic program needs, directly and indirectly (DT_NEEDED). */
#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/vm/image.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

static char *find_library(const char *root, const char *name)
{
	static const char *const places[] = { "lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu",
					      "lib", "usr/lib" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *path = path_join(root, places[i], name, NULL);

		if (fs_exists(path))
			return TAKE_PTR(path);
	}
	return NULL;
}

static void needed_of_section(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, char ***names)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		const char *name = entry.d_tag != DT_NEEDED
					   ? NULL
					   : elf_strptr(elf, header->sh_link, entry.d_un.d_val);

		if (name && !strchr(name, '/'))
			strv_add(names, name);
	}
}

static int read_needed(const char *path, char ***names)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF) {
		elf_end(elf);
		return log_error_errno(fd < 0 ? -errno : -ENOEXEC, "Cannot read %s", path);
	}
	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNAMIC)
			needed_of_section(elf, section, &header, names);
	elf_end(elf);
	return 0;
}

int library_closure(const char *root, const char *program, char ***paths)
{
	_cleanup_strv_ char **names = NULL;
	int r = read_needed(program, &names);

	/* Each library appends those that it needs. */
	for (size_t i = 0; r == 0 && i < strv_length(names); i++) {
		_cleanup_free_ char *path = find_library(root, names[i]);

		if (!path) {
			log_error("%s requires %s, which is not in the unpacked packages", program,
				  names[i]);
			return -ENOENT;
		}
		if (strv_contains(*paths, path))
			continue;
		strv_add(paths, path);
		r = read_needed(path, &names);
	}
	return r;
}
