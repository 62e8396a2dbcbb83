// SPDX-License-Identifier: GPL-2.0-only
/* Opens a .ko or vmlinux and reads its symbols. */
#include "host/symbolize/internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/build_id.h"
#include "host/base/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Uses only debug info in the file itself: no network access. */
static int no_debuginfo(Dwfl_Module *mod, void **arg, const char *name, Dwarf_Addr base,
			const char *file, const char *link, GElf_Word crc, char **found)
{
	(void)mod, (void)arg, (void)name, (void)base, (void)file, (void)link, (void)crc,
		(void)found;
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_debuginfo = no_debuginfo,
	.section_address = dwfl_offline_section_address,
};

/* Mapping symbols and compiler labels: is_mapping_symbol() in the kernel. */
static bool is_ignored(const char *name)
{
	if (!*name || strncmp(name, ".L", 2) == 0)
		return true;
	return name[0] == '$' && name[1] && (!name[2] || name[2] == '.');
}

/*
 * The end of the symbol's section, as libdwfl lays it out; 0: the symbol is not in a code
 * section.
 */
static GElf_Addr end_of_section(Elf *elf, GElf_Word index, GElf_Half type, const GElf_Sym *sym,
				GElf_Addr addr)
{
	GElf_Shdr header;
	GElf_Addr offset;

	if (!gelf_getshdr(elf_getscn(elf, index), &header) || !(header.sh_flags & SHF_EXECINSTR))
		return 0;
	offset = type == ET_REL ? sym->st_value : sym->st_value - header.sh_addr;
	return offset <= header.sh_size ? addr - offset + header.sh_size : 0;
}

static int by_address(const void *va, const void *vb)
{
	const struct symbol *a = va, *b = vb;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

/* On entry, `room` holds the end of the section. */
static void measure_rooms(struct symbol_file *file)
{
	for (size_t i = file->n; i-- > 0;) {
		struct symbol *s = &file->symbols[i];
		size_t next = i + 1;
		GElf_Addr end = s->room;

		while (next < file->n && file->symbols[next].addr == s->addr)
			next++;
		s->last = next == file->n || file->symbols[next].addr >= end;
		s->room = (s->last ? end : file->symbols[next].addr) - s->addr;
	}
}

static void note_section(struct symbol_file *file, size_t index, GElf_Addr addr)
{
	for (size_t i = 0; i < file->n_code; i++)
		if (file->code[i].index == index)
			file->code[i].addr = addr;
}

static void read_symbols(struct symbol_file *file, GElf_Half type)
{
	int n = dwfl_module_getsymtab(file->module);

	for (int i = 1; i < n; i++) {
		GElf_Sym sym;
		GElf_Addr addr, end;
		GElf_Word section;
		Elf *elf;
		const char *name =
			dwfl_module_getsym_info(file->module, i, &sym, &addr, &section, &elf, NULL);

		if (!name || is_ignored(name) || section == SHN_UNDEF || section >= SHN_LORESERVE ||
		    GELF_ST_TYPE(sym.st_info) == STT_FILE)
			continue;
		end = end_of_section(elf, section, type, &sym, addr);
		if (!end)
			continue;
		note_section(file, section, type == ET_REL ? addr - sym.st_value : 0);
		GROW(file->symbols, file->n);
		file->symbols[file->n++] = (struct symbol){
			.name = name, .addr = addr, .size = sym.st_size, .room = end
		};
	}
	if (file->n)
		qsort(file->symbols, file->n, sizeof(*file->symbols), by_address);
	measure_rooms(file);
}

static void read_sections(struct symbol_file *file, Elf *elf)
{
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) < 0)
		return;
	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s));) {
		if (!gelf_getshdr(s, &header) || !(header.sh_flags & SHF_EXECINSTR))
			continue;
		file->code_size += header.sh_size;
		GROW(file->code, file->n_code);
		file->code[file->n_code++] = (struct section){
			.index = elf_ndxscn(s),
			.name = elf_strptr(elf, names, header.sh_name),
			.size = header.sh_size,
		};
	}
}

/* libdwfl needs a file: unpacks into one without a name. */
static int unpack_to_memory(int *fd)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_close_ int unpacked = -1;
	int r = unpack_file(*fd, &text);

	if (r < 0)
		return r;
	unpacked = memfd_create("module", MFD_CLOEXEC);
	r = unpacked < 0 ? -errno : fs_write_all(unpacked, text.buf, text.len);
	if (r < 0)
		return r;
	close(*fd);
	*fd = TAKE_FD(unpacked);
	return 0;
}

static int fail(char **why, int error, const char *what)
{
	*why = xasprintf("cannot read its file: %s", what ? what : log_reason(error));
	return error;
}

int symbol_file_open(const char *path, struct symbol_file **out, char **why)
{
	_cleanup_(symbol_file_closep) struct symbol_file *file = xcalloc(1, sizeof(*file));
	_cleanup_close_ int fd = fs_open_regular(path);
	GElf_Ehdr header;
	struct stat st;
	GElf_Addr bias;
	Elf *elf;
	int r;

	file->build_id = xstrdup("");
	if (fd < 0)
		return fail(why, fd, NULL);
	if (fstat(fd, &st) < 0)
		return fail(why, -errno, NULL);
	file->made = st.st_mtim;
	r = packing_of_file(fd) ? unpack_to_memory(&fd) : 0;
	if (r < 0)
		return fail(why, r, r == -EBADMSG ? "the compressed data is damaged" : NULL);
	file->dwfl = dwfl_begin(&callbacks);
	file->module = dwfl_report_offline(file->dwfl, path, path, fd);
	if (!file->module)
		return fail(why, -ENOEXEC, "not an object file");
	TAKE_FD(fd);
	dwfl_report_end(file->dwfl, NULL, NULL);
	elf = dwfl_module_getelf(file->module, &bias);
	if (!elf || !gelf_getehdr(elf, &header))
		return fail(why, -ENOEXEC, "not an object file");
	free(file->build_id);
	file->build_id = build_id_of(elf);
	read_sections(file, elf);
	read_symbols(file, header.e_type);
	*out = TAKE_PTR(file);
	return 0;
}

void symbol_file_close(struct symbol_file *file)
{
	if (!file)
		return;
	if (file->dwfl)
		dwfl_end(file->dwfl);
	free(file->symbols);
	free(file->code);
	free(file->build_id);
	free(file);
}
