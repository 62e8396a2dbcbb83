/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of this folder. */
#ifndef OUTPOST_SYMBOLIZE_INTERNAL_H
#define OUTPOST_SYMBOLIZE_INTERNAL_H

#include "host/symbolize/symbolize.h"

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <time.h>

/* --- file.c: a .ko or vmlinux and its symbols --- */

struct symbol {
	const char *name; /* in the file's string table */
	GElf_Addr addr;   /* as libdwfl lays the sections out */
	GElf_Xword size;  /* from the symbol table; 0: none */
	GElf_Xword room;  /* distance to the next symbol of the section, or to its end */
	bool last;        /* of its section: the kernel's size includes what follows the section */
};

struct section {
	size_t index;
	const char *name;
	GElf_Addr addr; /* where libdwfl places it; 0: it has no symbols */
	GElf_Xword size;
};

struct symbol_file {
	Dwfl *dwfl;
	Dwfl_Module *module;
	struct symbol *symbols; /* by address */
	size_t n;
	struct section *code; /* the sections with code */
	size_t n_code;
	GElf_Xword code_size; /* of all of them */
	char *build_id;       /* hexadecimal; "": none */
	struct timespec made; /* modification time of the file */
};

/* 0, or -errno (not logged) and the reason in *why (freed by the caller). */
int symbol_file_open(const char *path, struct symbol_file **file, char **why);
void symbol_file_close(struct symbol_file *file);
DEFINE_CLEANUP(struct symbol_file *, symbol_file_close);

/* --- find.c: which symbol of a file a frame is in --- */

/*
 * The address at which to look up the frame's line: that of its instruction or, for a return
 * address, of the call before it. 0, or -ENOENT and the reason in *why.
 */
int symbol_file_find(const struct symbol_file *file, const struct klog_frame *frame,
		     GElf_Addr *addr, char **why);

/* Finds the function at `offset` bytes into this section. False: none. */
bool symbol_file_name(const struct symbol_file *file, const char *section, uint64_t offset,
		      struct klog_frame *frame);

/* --- dwarf.c: functions, files and lines from debug info --- */

/*
 * Adds the functions at an address, the innermost first, with the compiler's paths made
 * absolute. 0, or -ENOENT and the reason in *why.
 */
int symbol_file_sites(const struct symbol_file *file, GElf_Addr addr, struct frame_source *frame,
		      char **why);

/* --- looked_up.c: a module to look up frames in --- */

struct looked_up {
	char *name, *path, *build_id, *srcversion, *build_dir, *user_dir;
	outpost_CodeSection *code;
	size_t n_code;
	struct symbol_file *file; /* NULL until needed */
	char *why;                /* why the file cannot be used; NULL: usable, or not tried */
};

/* Copies `module`; opens the file when a frame needs it. */
struct looked_up looked_up_new(const struct symbolizer_module *module);
void looked_up_release(struct looked_up *m);

/* Adds the sites of a frame of this module, or the reason why there are none. */
void looked_up_add_sites(struct looked_up *m, const struct klog_frame *frame,
			 struct frame_source *out);

/*
 * Is `pc` in a section of the module's code? If so, *frame is set to its function. The
 * sections of init are freed after it has returned and others may take their place: `init`
 * selects which sections to search.
 */
bool looked_up_find_code(struct looked_up *m, uint64_t pc, bool init, struct klog_frame *frame);

/* --- origin.c: the user's files --- */

/* The folders of a module, and when it was built. */
struct origin {
	const char *build_dir, *user_dir; /* NULL: built in place, location unknown */
	const char *file;                 /* the .ko */
	struct timespec made;
};

/* Does this file belong to the module, as opposed to a header of the kernel? */
bool origin_is_own(const struct origin *origin, const char *path);

/* How to display a path from debug info; the caller frees it. */
char *origin_shown(const struct origin *origin, const char *path);

/*
 * Reads source->lines and the fields that describe them from the file as it was built. Debug info
 * can name any file of this machine; only sources below the copy, or in the project that the user's
 * folder (without one: the .ko) belongs to, are read.
 */
void origin_read_lines(const struct origin *origin, const char *path, struct report_source *source);

#endif
