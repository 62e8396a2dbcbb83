// SPDX-License-Identifier: GPL-2.0-only
#include "host/symbolize/internal.h"

#include "common/alloc.h"
#include "host/base/paths.h"

#include <dwarf.h>
#include <errno.h>
#include <string.h>

/* Functions are not inlined deeper than this, unless the debug info is circular. */
#define INLINED_MAX 64

#define ENTRY_MAX 32 /* maximum size in bytes of the ftrace area at the entry of a function */

/* Makes a path absolute: it is relative to the compilation unit's folder. */
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

/* Looks in .debug_aranges first; clang does not write that, so that each unit must be tried. */
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

/* The place of an inlined call. */
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

/* Adds sites from the innermost scope outwards, up to the function that has its own address. */
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

/* Finds the innermost scope by address, then the scopes around it. */
static int find_scopes(Dwarf_Die *unit, Dwarf_Addr addr, Dwarf_Die **scopes)
{
	_cleanup_free_ Dwarf_Die *innermost = NULL;

	*scopes = NULL;
	if (dwarf_getscopes(unit, addr, &innermost) <= 0)
		return 0;
	return dwarf_getscopes_die(&innermost[0], scopes);
}

/*
 * Debug info starts after the area for ftrace at the entry of a function
 * (-fpatchable-function-entry), but a call to a function that is gone faults before that. In
 * this case, use the line of the function's declaration.
 */
static int find_entry(Dwarf_Die *unit, Dwarf_Addr addr, Dwarf_Die **scopes, const char **path,
		      int *line)
{
	for (Dwarf_Addr at = addr + 4; at <= addr + ENTRY_MAX; at += 4) {
		Dwarf_Addr entry;
		int n = find_scopes(unit, at, scopes);

		for (int i = 0; i < n; i++) {
			if (dwarf_tag(&(*scopes)[i]) != DW_TAG_subprogram ||
			    dwarf_entrypc(&(*scopes)[i], &entry) < 0 || entry != at)
				continue;
			*path = dwarf_decl_file(&(*scopes)[i]);
			return dwarf_decl_line(&(*scopes)[i], line) < 0 ? 0 : n;
		}
		free(*scopes);
		*scopes = NULL;
	}
	return 0;
}

static void find_line(Dwarf_Die *unit, Dwarf_Addr addr, const char **path, int *line)
{
	Dwarf_Line *found = dwarf_getsrc_die(unit, addr);

	*path = found ? dwarf_linesrc(found, NULL, NULL) : NULL;
	if (!*path || dwarf_lineno(found, line) < 0)
		*line = 0;
}

int symbol_file_sites(const struct symbol_file *file, GElf_Addr addr, struct frame_source *frame,
		      char **why)
{
	_cleanup_free_ Dwarf_Die *scopes = NULL;
	const char *path = NULL;
	Dwarf_Addr bias = 0;
	int line = 0, n = 0;
	Dwarf_Die *unit;

	if (!dwfl_module_getdwarf(file->module, &bias)) {
		*why = xstrdup("its file has no debug info");
		return -ENOENT;
	}
	unit = find_unit(file->module, addr, &bias);
	/* The ranges of a unit also exclude the area at an entry, outside of .text. */
	for (GElf_Addr skip = 4; !unit && skip <= ENTRY_MAX; skip += 4)
		unit = find_unit(file->module, addr + skip, &bias);
	if (unit) {
		n = find_scopes(unit, addr - bias, &scopes);
		find_line(unit, addr - bias, &path, &line);
		if (!n && !path)
			n = find_entry(unit, addr - bias, &scopes, &path, &line);
	}
	if (!path || line <= 0) {
		*why = xstrdup("no line number in the debug info");
		return -ENOENT;
	}
	add_sites(unit, scopes, n, path, line, frame);
	if (!frame->n) { /* assembly: lines without functions */
		_cleanup_free_ char *whole = absolute(unit, path);

		frame_source_add(frame, "", whole, line);
	}
	return 0;
}
