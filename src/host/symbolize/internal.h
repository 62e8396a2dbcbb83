/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of symbolizing share. */
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
	GElf_Xword size;  /* the symbol's own; 0: it has none */
	GElf_Xword room;  /* up to the next symbol of the section, or to its end */
	bool last;        /* of its section: the kernel counts on into what it put behind that */
};

struct section {
	size_t index;
	const char *name;
	GElf_Addr addr; /* where libdwfl puts it; 0: it has no symbols */
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
	char *build_id;       /* hexadecimal; "": it has none */
	struct timespec made; /* its modification time */
};

/* 0, or -errno and the reason in *why (freed by the caller). Logs nothing. */
int symbol_file_open(const char *path, struct symbol_file **file, char **why);
void symbol_file_close(struct symbol_file *file);
DEFINE_CLEANUP(struct symbol_file *, symbol_file_close);

/* --- find.c: which symbol of a file a frame is in --- */

/*
 * The address to look the frame's line up at: of its instruction, or for a
 * return address of the call before it. 0, or -ENOENT and the reason in *why.
 */
int symbol_file_find(const struct symbol_file *file, const struct klog_frame *frame,
		     GElf_Addr *addr, char **why);

/* The function that is `offset` bytes into this section. */
bool symbol_file_name(const struct symbol_file *file, const char *section, uint64_t offset,
		      struct klog_frame *frame);

/* --- dwarf.c: what debug info says of an address --- */

/*
 * Adds what is there, the innermost first, with paths as the compiler wrote
 * them, made absolute. 0, or -ENOENT and the reason in *why.
 */
int symbol_file_sites(const struct symbol_file *file, GElf_Addr addr, struct frame_source *frame,
		      char **why);

/* --- looked_up.c: a module that frames are looked up in --- */

struct looked_up {
	char *name, *path, *build_id, *srcversion, *build_dir, *user_dir;
	outpost_CodeSection *code;
	size_t n_code;
	struct symbol_file *file; /* NULL until it is needed */
	char *why;                /* it cannot be used; NULL: it can, or nobody tried */
};

/* Copies all that it is told; the file is opened when a frame asks for it. */
struct looked_up looked_up_new(const struct symbolizer_module *module);
void looked_up_release(struct looked_up *m);

/* Adds the sites of a frame of this module, or why there are none. */
void looked_up_add_sites(struct looked_up *m, const struct klog_frame *frame,
			 struct frame_source *out);

/*
 * Is `pc` in a section of the module's code? Then its function goes to *frame.
 * Init's sections are freed when it has returned, and then others may be there:
 * they are asked about apart.
 */
bool looked_up_find_code(struct looked_up *m, uint64_t pc, bool init, struct klog_frame *frame);

/* --- origin.c: the user's files --- */

/* The folders of a module, and when it was made. */
struct origin {
	const char *build_dir, *user_dir; /* NULL: it was built in place, wherever that is */
	struct timespec made;
};

/* Is this file the module's, and not a header of the kernel's? */
bool origin_is_own(const struct origin *origin, const char *path);

/* How to show a path of the debug info; the caller frees it. */
char *origin_shown(const struct origin *origin, const char *path);

/* Fills in source->lines and what belongs to it, from the file as it was built. */
void origin_read_lines(const struct origin *origin, const char *path, struct report_source *source);

#endif
