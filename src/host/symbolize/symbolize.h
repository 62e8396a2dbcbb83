/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Translates the frames of a kernel report to functions, files and lines, using the debug info
 * of the modules that they are in.
 *
 * A frame has the form "function+offset/size [module]". The offset is relative to the
 * function, so it does not depend on where the kernel placed the module (KASLR) or on what a
 * processor mixed into a return address (PAC). `size` is not the size of the function but the
 * distance to the next symbol, see find_kallsyms_symbol() in the kernel's
 * kernel/module/kallsyms.c; if the file here has a different distance, the board ran another
 * build, and the frame is not translated.
 */
#ifndef OUTPOST_SYMBOLIZE_H
#define OUTPOST_SYMBOLIZE_H

#include "common/cleanup.h"
#include "common/klog/klog.h"
#include "common/proto.h"

/* A place in the sources. */
struct site {
	char *function;
	char *file; /* as displayed to the user; NULL: not known */
	int line;   /* 0: not known */
};

/* Replaces the contents with copies; `file` may be NULL. Frees the old contents. */
void site_set(struct site *site, const char *function, const char *file, int line);
void site_release(struct site *site);

/*
 * The sites of a frame: the functions inlined into its function, innermost first, then the
 * function.
 */
struct frame_source {
	struct site *sites;
	size_t n;  /* 0: not known */
	char *why; /* why not, although the module is available; NULL: known, or not looked up */
};

struct report_source {
	struct frame_source frames[KLOG_MAX_FRAMES]; /* one for each frame of the trace */
	struct site at;   /* where it happened in the module's own sources; file NULL: not known */
	size_t frame;     /* index of the frame that `at` is from */
	char **lines;     /* around `at`, as they were built; NULL: not available */
	int first;        /* number of the first line */
	char **registers; /* register lines of the log; NULL: none */
	char *note;       /* a note about the lines, such as why there are none; or NULL */
};

void report_source_release(struct report_source *source);

/* Adds a place to a frame; copies the strings. */
void frame_source_add(struct frame_source *frame, const char *function, const char *file, int line);

struct symbolizer;

struct symbolizer *symbolizer_new(void) __attribute__((returns_nonnull));
void symbolizer_free(struct symbolizer *symbolizer);
DEFINE_CLEANUP(struct symbolizer *, symbolizer_free);

/* A module that frames may be in. */
struct symbolizer_module {
	const char *name; /* as in frames; "" for the kernel */
	const char *file; /* its .ko (or .ko.xz, .ko.gz, .ko.zst), or a vmlinux; with debug info */
	const char *build_id;   /* that the board ran, in hexadecimal; "" or NULL: not known */
	const char *srcversion; /* of the same; used without a build ID */
	const outpost_CodeSection *code; /* where the kernel had placed its code ... */
	size_t n_code;                   /* ... as far as known */
	const char *build_dir;           /* where it was built, and ... */
	const char *user_dir; /* ... of which user's folder it is a copy; both NULL: in place */
};

/*
 * Adds a module; copies the strings and opens the file when a frame needs it. The first of two
 * modules with the same name counts.
 */
void symbolizer_add(struct symbolizer *symbolizer, const struct symbolizer_module *module);

/*
 * Looks up all frames of a report; overwrites *source. If the faulting instruction is not in a
 * function of the kernel but where a module was before it was unloaded, the report gets that
 * function: in `function`, `module`, and as the first frame; `pc` becomes 0. What is not known
 * is left out, with a reason if there is one. Logs nothing. Safe for damaged or malicious
 * files: a child process tries the lookup first.
 */
void symbolizer_report(struct symbolizer *symbolizer, struct klog_report *report,
		       struct report_source *source);

#endif
