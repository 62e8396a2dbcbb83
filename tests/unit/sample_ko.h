/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mod.ko: objects that the cross compiler and this machine's compiler make from a source that
 * records its own addresses; and the lookup of a frame in them.
 */
#ifndef TESTS_SAMPLE_KO_H
#define TESTS_SAMPLE_KO_H

#include "sample_tree.h"

#include "host/symbolize/symbolize.h"

/*
 * MARK(f) records the offset of the next instruction in f; `sizes` the distance from each
 * function to the next, as the kernel prints it. Both are bytes of the section .marks, in the
 * order written.
 */
static const char source[] =
	"#define LINE(f) asm volatile(\"1: .pushsection .marks,\\\"a\\\"; .long 1b - \" #f "
	"\"; .popsection\")\n"
	"#define noinline __attribute__((noinline))\n"
	"extern int *volatile nowhere;\n"
	"extern void sink(int *);\n"
	"extern void never(void) __attribute__((noreturn));\n"
	"static inline __attribute__((always_inline)) void set(int *to)\n"
	"{\n"
	"\tLINE(user);\n"
	"\t*(volatile int *)to = 1; /* in set */\n"
	"}\n"
	"static inline __attribute__((always_inline)) void twice(int *to)\n"
	"{\n"
	"\tset(to); /* in twice */\n"
	"}\n"
	"noinline void user(int *to)\n"
	"{\n"
	"\tsink(to); /* the call */\n"
	"\tLINE(user);\n"
	"\t*nowhere = 2; /* after the call */\n"
	"\ttwice(to); /* in user */\n"
	"\tsink(0);\n"
	"}\n"
	"noinline void dies(void)\n"
	"{\n"
	"\tnever(); /* and does not come back */\n"
	"}\n"
	"noinline int part(int x) asm(\"part.isra.0\");\n"
	"noinline int part(int x)\n"
	"{\n"
	"\tasm volatile(\"nop\"); /* in part */\n"
	"\treturn x;\n"
	"}\n"
	"__attribute__((section(\".init.text\"))) int first(void)\n"
	"{\n"
	"\tasm volatile(\"nop\"); /* in first */\n"
	"\treturn 0;\n"
	"}\n"
	"asm(\".pushsection .marks,\\\"a\\\"; .long dies - user, part.isra.0 - dies; "
	".popsection\");\n";

enum { MARK_CALL, MARK_SET, SIZE_USER, SIZE_DIES, MARKS };

static uint32_t marks[MARKS];

static inline char *tool(const char *name)
{
	return xasprintf("%s%s", sample_tree.cross_prefix, name);
}

#define COMPILE_OPTIONS                                                       \
	"-O2", "-fno-toplevel-reorder", "-fno-reorder-functions", "-fno-pic", \
		"-falign-functions=4", "-c"

/* Compiles the source to mod.ko with this compiler, and reads the marks. */
static inline void make_ko(const char *compiler, const char *debug, const char *more)
{
	_cleanup_free_ char *objcopy = tool("objcopy");
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;

	put(sample_work, "mod.c", source);
	sample_run((const char *const[]){ compiler, COMPILE_OPTIONS, debug, "-o", "mod.ko", "mod.c",
					  more, NULL });
	sample_run((const char *const[]){ strcmp(compiler, "gcc") == 0 ? "objcopy" : objcopy, "-O",
					  "binary", "-j", ".marks", "mod.ko", "marks", NULL });
	assert_int_equal(fs_read("marks", &bytes, 0), 0);
	assert_int_equal(bytes.len, sizeof(marks));
	memcpy(marks, bytes.buf, sizeof(marks));
}

static inline void make_default(void)
{
	make_ko(sample_tree.compiler, "-g", NULL);
}

/* The number of the line in `source` that contains this text. */
static inline int line_of(const char *text)
{
	const char *at = strstr(source, text);
	int line = 1;

	assert_non_null(at);
	for (const char *p = source; p < at; p++)
		line += *p == '\n';
	return line;
}

static inline struct klog_frame frame(const char *function, uint32_t offset, uint32_t size,
				      bool exact)
{
	struct klog_frame f = { .module = "mod", .offset = offset, .size = size, .exact = exact };

	snprintf(f.function, sizeof(f.function), "%s", function);
	return f;
}

static inline struct symbolizer_module module_of(const char *file)
{
	return (struct symbolizer_module){ .name = "mod", .file = file };
}

/* Looks up one frame; release the result with report_source_release(). */
static inline struct report_source look_up(const struct symbolizer_module *module,
					   struct klog_frame f)
{
	_cleanup_(symbolizer_freep) struct symbolizer *s = symbolizer_new();
	static struct klog_report report;
	struct report_source found;

	report = (struct klog_report){ .kind = KLOG_OOPS, .n = 1 };
	report.trace[0] = f;
	memcpy(report.module, f.module, sizeof(report.module));
	snprintf(report.function, sizeof(report.function), "%.*s", (int)strcspn(f.function, "."),
		 f.function);
	symbolizer_add(s, module);
	symbolizer_report(s, &report, &found);
	return found;
}

/*
 * "set mod.c:9, twice mod.c:13, user mod.c:20", or the reason for the lack of a result, in
 * parentheses.
 */
static inline char *describe(const struct report_source *found)
{
	struct strbuf text = STRBUF_INIT;
	const struct frame_source *f = &found->frames[0];

	for (size_t i = 0; i < f->n; i++)
		strbuf_addf(&text, "%s%s %s:%d", i ? ", " : "", f->sites[i].function,
			    f->sites[i].file, f->sites[i].line);
	if (f->why)
		strbuf_addf(&text, "(%s)", f->why);
	return strbuf_detach(&text);
}

static inline void assert_frame(const char *file, struct klog_frame f, const char *expected)
{
	struct symbolizer_module module = module_of(file);
	struct report_source found = look_up(&module, f);
	_cleanup_free_ char *text = describe(&found);

	if (strcmp(text, expected) != 0)
		fail_msg("%s+0x%x/0x%x of %s is \"%s\", expected \"%s\"", f.function, f.offset,
			 f.size, file, text, expected);
	report_source_release(&found);
}

static inline void assert_unknown(const char *file, struct klog_frame f, const char *why)
{
	struct symbolizer_module module = module_of(file);
	struct report_source found = look_up(&module, f);

	assert_int_equal(found.frames[0].n, 0);
	assert_null(found.at.file);
	assert_contains(found.frames[0].why, why);
	report_source_release(&found);
}

static inline char *inlined_text(void)
{
	return xasprintf("set mod.c:%d, twice mod.c:%d, user mod.c:%d", line_of("/* in set"),
			 line_of("/* in twice"), line_of("/* in user"));
}

static inline char *call_text(void)
{
	return xasprintf("user mod.c:%d", line_of("/* the call"));
}

static inline void check_lines(const char *file)
{
	_cleanup_free_ char *inlined = inlined_text(), *call = call_text();

	assert_frame(file, frame("user", marks[MARK_SET], marks[SIZE_USER], true), inlined);
	assert_frame(file, frame("user", marks[MARK_CALL], marks[SIZE_USER], false), call);
}

#endif
