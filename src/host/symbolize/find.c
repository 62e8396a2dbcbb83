// SPDX-License-Identifier: GPL-2.0-only
/* Finds the symbol of a file that a frame of a trace is in. */
#include "host/symbolize/internal.h"

#include "common/alloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * How far the kernel's idea of a module's code may extend beyond its last section: up to two
 * pages of 64 KiB.
 */
#define SLACK (128 * 1024)

/* A frame's name may be truncated; suffixes that clang appends are not printed. */
static bool names_match(const char *symbol, const char *function)
{
	size_t n = strlen(function);

	if (strncmp(symbol, function, n) != 0)
		return false;
	return !symbol[n] || n == KLOG_FUNCTION_SIZE - 1 || strncmp(symbol + n, ".llvm.", 6) == 0;
}

static bool sizes_match(const struct symbol_file *file, const struct symbol *s, uint32_t size)
{
	if (!size) /* not printed */
		return true;
	if (!s->last)
		return s->room == size;
	return size >= s->room && size - s->room <= file->code_size + SLACK;
}

/* The only symbol that matches. */
static const struct symbol *find_symbol(const struct symbol_file *file,
					const struct klog_frame *frame, char **why)
{
	const struct symbol *found = NULL, *other = NULL;
	size_t matches = 0;

	for (size_t i = 0; i < file->n; i++) {
		const struct symbol *s = &file->symbols[i];

		if (!names_match(s->name, frame->function))
			continue;
		other = s;
		if (!sizes_match(file, s, frame->size) || (found && found->addr == s->addr))
			continue;
		found = s;
		matches++;
	}
	if (matches == 1)
		return found;
	if (matches)
		*why = xasprintf("ambiguous: %zu functions with that name and size", matches);
	else if (other)
		*why = xasprintf("another build: the function has 0x%" PRIx64 " bytes here",
				 (uint64_t)other->room);
	else
		*why = xstrdup("another build: no such function");
	return NULL;
}

/*
 * A call that never returns may be the last instruction of its function: its return address is
 * then printed as the start of the next function.
 */
static bool ends_before(const struct symbol_file *file, GElf_Addr addr)
{
	for (size_t i = 0; i < file->n && file->symbols[i].addr < addr; i++)
		if (!file->symbols[i].last && file->symbols[i].addr + file->symbols[i].size == addr)
			return true;
	return false;
}

int symbol_file_find(const struct symbol_file *file, const struct klog_frame *frame,
		     GElf_Addr *addr, char **why)
{
	const struct symbol *s;
	GElf_Xword size, offset = frame->offset;
	bool call = !frame->exact && offset > 0;

	if (!file->n) {
		*why = xstrdup("its file has no symbols");
		return -ENOENT;
	}
	if (frame->decoded) {
		*why = xstrdup("already decoded: the log has no offset");
		return -ENOENT;
	}
	s = find_symbol(file, frame, why);
	if (!s)
		return -ENOENT;
	size = s->size ? s->size : s->room;
	if (offset - call >= size) {
		*why = xasprintf("the offset is beyond the end of the function (0x%" PRIx64
				 " bytes)",
				 (uint64_t)size);
		return -ENOENT;
	}
	*addr = s->addr + offset - call;
	if (!frame->exact && !offset && ends_before(file, s->addr))
		*addr = s->addr - 1;
	return 0;
}

static const struct section *find_section(const struct symbol_file *file, const char *name)
{
	for (size_t i = 0; i < file->n_code; i++)
		if (file->code[i].name && strcmp(file->code[i].name, name) == 0)
			return &file->code[i];
	return NULL;
}

bool symbol_file_name(const struct symbol_file *file, const char *section, uint64_t offset,
		      struct klog_frame *frame)
{
	const struct section *code = find_section(file, section);
	GElf_Addr addr = code ? code->addr + offset : 0;

	if (!code || !code->addr || offset >= code->size)
		return false;
	for (size_t i = 0; i < file->n; i++) {
		const struct symbol *s = &file->symbols[i];

		if (addr < s->addr || addr - s->addr >= s->size)
			continue;
		*frame = (struct klog_frame){
			.offset = (uint32_t)(addr - s->addr),
			.size = s->last ? 0 : (uint32_t)s->room,
			/* A call or a return target. */
			.exact = addr == s->addr,
		};
		snprintf(frame->function, sizeof(frame->function), "%s", s->name);
		return true;
	}
	return false;
}
