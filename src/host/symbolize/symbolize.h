/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the frames of a kernel report to functions, files and lines, by the
 * debug info of the modules that the frames are in.
 *
 * A frame says "function+offset/size [module]". That is relative to the
 * function, so it does not matter where the kernel put the module (KASLR), nor
 * what a processor mixed into a return address (PAC). `size` is not the
 * function's own size but the distance to the next symbol, as
 * find_kallsyms_symbol() in the kernel's kernel/module/kallsyms.c has it; where
 * it is another one here, this is not what the board ran, and the frame is
 * left alone.
 */
#ifndef OUTPOST_SYMBOLIZE_H
#define OUTPOST_SYMBOLIZE_H

#include "common/cleanup.h"
#include "common/klog/klog.h"
#include "common/proto.h"

/* A place in the sources. */
struct site {
	char *function;
	char *file; /* in the form to show to the user; NULL: not known */
	int line;   /* 0: not known */
};

/* Makes it a copy of these; `file` may be NULL. What it was before is freed. */
void site_set(struct site *site, const char *function, const char *file, int line);
void site_release(struct site *site);

/* What a frame is there: its function, and before it what was inlined into that, the innermost
 * first. */
struct frame_source {
	struct site *sites;
	size_t n;  /* 0: not known */
	char *why; /* not, although the module is at hand; NULL: it is known, or nobody looked */
};

struct report_source {
	struct frame_source frames[KLOG_MAX_FRAMES]; /* of the report's trace, one each */
	struct site at;   /* where in the module's own sources it happened; file NULL: not known */
	size_t frame;     /* of the trace, that it is from */
	char **lines;     /* around `at`, as they were built; NULL: not at hand */
	int first;        /* number of the first of them */
	char **registers; /* lines of the log; NULL: none */
	char *note;       /* a remark about them, such as why there are none; or NULL */
};

void report_source_release(struct report_source *source);

/* Adds a place to a frame's; strings are copied. */
void frame_source_add(struct frame_source *frame, const char *function, const char *file, int line);

struct symbolizer;

struct symbolizer *symbolizer_new(void) __attribute__((returns_nonnull));
void symbolizer_free(struct symbolizer *symbolizer);
DEFINE_CLEANUP(struct symbolizer *, symbolizer_free);

/* A module that frames may be in. */
struct symbolizer_module {
	const char *name;     /* as in frames; "" for the kernel itself */
	const char *file;     /* its .ko (or .xz, .gz, .zst of it), or a vmlinux; with debug info */
	const char *build_id; /* of what the board ran, in hexadecimal; "" or NULL: not known */
	const char *srcversion;          /* likewise; it is looked at where there is no build-id */
	const outpost_CodeSection *code; /* where the kernel had put its code ... */
	size_t n_code;                   /* ... as far as that is known */
	const char *build_dir;           /* where it was built, and ... */
	const char *user_dir; /* ... the folder of the user's that is a copy of; NULL both: built in
				 place */
};

/* Strings are copied; nothing is opened before a frame needs it. Of two of one name the first
 * counts. */
void symbolizer_add(struct symbolizer *symbolizer, const struct symbolizer_module *module);

/*
 * Looks up all frames of a report; *source is overwritten. One whose
 * instruction is in no function of the kernel's, but where a module was before
 * it was unloaded, is given its function: in `function`, `module`, and as the
 * first frame; `pc` is 0 then. What cannot be
 * known is left out, and the reason given where there is one. Logs nothing.
 * A file that is damaged, or made to do harm, does none: it is tried in a
 * child process first.
 */
void symbolizer_report(struct symbolizer *symbolizer, struct klog_report *report,
		       struct report_source *source);

#endif
