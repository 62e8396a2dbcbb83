// SPDX-License-Identifier: GPL-2.0-only
#include "host/symbolize_internal.h"

#include "common/alloc.h"
#include "host/paths.h"

#include <dwarf.h>
#include <errno.h>
#include <string.h>

/* More are not inlined into each other: where there are, they go in circles. */
#define INLINED_MAX 64

/* A path is that of the compilation unit's folder, where it is not absolute. */
static char *absolute(Dwarf_Die *unit, const char *path)
{
	Dwarf_Attribute attribute;
	const char *dir;

	if (!path)
		return NULL;
	dir = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
	return *path == '/' || !dir ? xstrdup(path) : path_join(dir, path, NULL);
}

static bool has_address(Dwarf_Die *unit, GElf_Addr addr)
{
	return dwarf_haspc(unit, addr) > 0;
}

/* By .debug_aranges; clang writes none, so that each unit has to be asked. */
static Dwarf_Die *find_unit(Dwfl_Module *module, GElf_Addr addr, Dwarf_Addr *bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(module, addr, bias);

	if (unit && has_address(unit, addr - *bias))
		return unit;
	for (unit = NULL; (unit = dwfl_module_nextcu(module, unit, bias));)
		if (has_address(unit, addr - *bias))
			return unit;
	return NULL;
}

/* Where this call, which is not there any more, stood. */
static void find_call(Dwarf_Die *unit, Dwarf_Die *inlined, const char **file, int *line)
{
	Dwarf_Attribute attribute;
	Dwarf_Files *files;
	Dwarf_Word number;
	size_t n;

	*file = NULL;
	*line = 0;
	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &number) == 0 &&
	    dwarf_getsrcfiles(unit, &files, &n) == 0 && number < n)
		*file = dwarf_filesrc(files, number, NULL, NULL);
	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &number) == 0 &&
	    number < INT32_MAX)
		*line = (int)number;
}

static void add_site(Dwarf_Die *unit, Dwarf_Die *function, const char *file, int line,
		     struct frame_source *frame)
{
	_cleanup_free_ char *path = absolute(unit, file);
	const char *name = dwarf_diename(function);

	frame_source_add(frame, name ? name : "", path, line);
}

/* From the innermost scope outwards, up to the function that has an address of its own. */
static void add_sites(Dwarf_Die *unit, Dwarf_Die *scopes, int n, const char *file, int line,
		      struct frame_source *frame)
{
	for (int i = 0; i < n && frame->n < INLINED_MAX; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag == DW_TAG_subprogram) {
			add_site(unit, &scopes[i], file, line, frame);
			return;
		}
		if (tag != DW_TAG_inlined_subroutine)
			continue;
		add_site(unit, &scopes[i], file, line, frame);
		find_call(unit, &scopes[i], &file, &line);
	}
}

/* The innermost scope by address, and from there the ones that it stands in. */
static int find_scopes(Dwarf_Die *unit, Dwarf_Addr addr, Dwarf_Die **scopes)
{
	_cleanup_free_ Dwarf_Die *innermost = NULL;

	*scopes = NULL;
	if (dwarf_getscopes(unit, addr, &innermost) <= 0)
		return 0;
	return dwarf_getscopes_die(&innermost[0], scopes);
}

int symbol_file_sites(const struct symbol_file *file, GElf_Addr addr, struct frame_source *frame,
		      char **why)
{
	_cleanup_free_ Dwarf_Die *scopes = NULL;
	Dwarf_Addr bias = 0;
	Dwarf_Line *found;
	Dwarf_Die *unit;
	const char *path;
	int line = 0, n;

	if (!dwfl_module_getdwarf(file->module, &bias)) {
		*why = xstrdup("its file has no debug info");
		return -ENOENT;
	}
	unit = find_unit(file->module, addr, &bias);
	found = unit ? dwarf_getsrc_die(unit, addr - bias) : NULL;
	path = found ? dwarf_linesrc(found, NULL, NULL) : NULL;
	if (!path || dwarf_lineno(found, &line) < 0 || line <= 0) {
		*why = xstrdup("the debug info has no line for it");
		return -ENOENT;
	}
	n = find_scopes(unit, addr - bias, &scopes);
	add_sites(unit, scopes, n, path, line, frame);
	if (!frame->n) { /* assembly: lines, and no functions */
		_cleanup_free_ char *whole = absolute(unit, path);

		frame_source_add(frame, "", whole, line);
	}
	return 0;
}
