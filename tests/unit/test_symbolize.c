// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames to lines: against objects that are made here, by the compiler of the
 * boards and this machine's, of sources that say themselves where what is.
 */
#include "sample_tree.h"

#include "host/run_internal.h"
#include "host/symbolize.h"

#include <time.h>
#include <utime.h>

/*
 * MARK(f) notes how far the next instruction is into f; `sizes` how far each function is from the
 * next, as the kernel prints it. Both are bytes of the section .marks, in the order written.
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

static char *tool(const char *name)
{
	return xasprintf("%s%s", sample_tree.cross_prefix, name);
}

#define COMPILE_OPTIONS                                                       \
	"-O2", "-fno-toplevel-reorder", "-fno-reorder-functions", "-fno-pic", \
		"-falign-functions=4", "-c"

/* Compiles a text to mod.ko with this compiler, and reads the marks. */
static void make_ko(const char *compiler, const char *debug, const char *more)
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

static void make_default(void)
{
	make_ko(sample_tree.compiler, "-g", NULL);
}

/* The number of the line of `source` that has this text. */
static int line_of(const char *text)
{
	const char *at = strstr(source, text);
	int line = 1;

	assert_non_null(at);
	for (const char *p = source; p < at; p++)
		line += *p == '\n';
	return line;
}

static struct klog_frame frame(const char *function, uint32_t offset, uint32_t size, bool exact)
{
	struct klog_frame f = { .module = "mod", .offset = offset, .size = size, .exact = exact };

	snprintf(f.function, sizeof(f.function), "%s", function);
	return f;
}

static struct symbolizer_module module_of(const char *file)
{
	return (struct symbolizer_module){ .name = "mod", .file = file };
}

/* What becomes of one frame; for report_source_release(). */
static struct report_source look_up(const struct symbolizer_module *module, struct klog_frame f)
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

/* "set mod.c:9, twice mod.c:13, user mod.c:20", or the reason why not, in parentheses. */
static char *describe(const struct report_source *found)
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

static void assert_frame(const char *file, struct klog_frame f, const char *expected)
{
	struct symbolizer_module module = module_of(file);
	struct report_source found = look_up(&module, f);
	_cleanup_free_ char *text = describe(&found);

	if (strcmp(text, expected) != 0)
		fail_msg("%s+0x%x/0x%x of %s is \"%s\", expected \"%s\"", f.function, f.offset,
			 f.size, file, text, expected);
	report_source_release(&found);
}

static void assert_unknown(const char *file, struct klog_frame f, const char *why)
{
	struct symbolizer_module module = module_of(file);
	struct report_source found = look_up(&module, f);

	assert_int_equal(found.frames[0].n, 0);
	assert_null(found.at.file);
	assert_contains(found.frames[0].why, why);
	report_source_release(&found);
}

static char *inlined_text(void)
{
	return xasprintf("set mod.c:%d, twice mod.c:%d, user mod.c:%d", line_of("/* in set"),
			 line_of("/* in twice"), line_of("/* in user"));
}

static char *call_text(void)
{
	return xasprintf("user mod.c:%d", line_of("/* the call"));
}

static void check_lines(const char *file)
{
	_cleanup_free_ char *inlined = inlined_text(), *call = call_text();

	assert_frame(file, frame("user", marks[MARK_SET], marks[SIZE_USER], true), inlined);
	assert_frame(file, frame("user", marks[MARK_CALL], marks[SIZE_USER], false), call);
}

/* --- tests -------------------------------------------------------------------------- */

static void names_lines(void **state)
{
	struct symbolizer_module module = module_of("mod.ko");
	struct report_source found;

	(void)state;
	make_default();
	check_lines("mod.ko");
	found = look_up(&module, frame("user", marks[MARK_SET], marks[SIZE_USER], true));
	assert_string_equal(found.at.function, "set");
	assert_string_equal(found.at.file, "mod.c");
	assert_int_equal(found.at.line, line_of("/* in set"));
	assert_int_equal(found.first, found.at.line - 2);
	assert_int_equal(strv_length(found.lines), 5);
	assert_contains(found.lines[2], "/* in set");
	assert_contains(found.lines[0], "{");
	assert_null(found.note);
	report_source_release(&found);
}

/* The line of a return address is the call's; that of a fault there is the next one. */
static void return_addresses(void **state)
{
	_cleanup_free_ char *call = call_text();
	struct symbolizer_module module = module_of("mod.ko");
	struct report_source found;

	(void)state;
	make_default();
	assert_frame("mod.ko", frame("user", marks[MARK_CALL], marks[SIZE_USER], false), call);
	found = look_up(&module, frame("user", marks[MARK_CALL], marks[SIZE_USER], true));
	assert_int_equal(found.frames[0].n, 1);
	assert_true(found.frames[0].sites[0].line > line_of("/* the call"));
	report_source_release(&found);
}

/* Room for ftrace at the entry of a function has no line of its own. */
static void entries(void **state)
{
	_cleanup_free_ char *user = xasprintf("user mod.c:%d", line_of("noinline void user"));
	_cleanup_free_ char *first = xasprintf("first mod.c:%d", line_of("int first(void)"));

	(void)state;
	make_ko(sample_tree.compiler, "-g", "-fpatchable-function-entry=2");
	assert_frame("mod.ko", frame("user", 0, marks[SIZE_USER], true), user);
	assert_frame("mod.ko", frame("first", 0, 0x1000, true), first);
	check_lines("mod.ko");
}

struct code_map {
	outpost_CodeSection sections[3];
	size_t n;
};

/* What an address is taken for, with mod.ko's code at these places. */
static char *name_address(const struct code_map *code, uint64_t pc, struct klog_report *report)
{
	struct symbolizer_module module = module_of("mod.ko");
	_cleanup_(symbolizer_freep) struct symbolizer *s = symbolizer_new();
	struct report_source found;
	char *text;

	module.code = code->sections;
	module.n_code = code->n;
	symbolizer_add(s, &module);
	*report = (struct klog_report){ .function = "caller", .pc = pc, .n = 1 };
	snprintf(report->trace[0].function, sizeof(report->trace[0].function), "caller");
	symbolizer_report(s, report, &found);
	text = describe(&found);
	report_source_release(&found);
	return text;
}

/* What was called after its module was unloaded has an address, and no name any more. */
static void unloaded(void **state)
{
	static const uint64_t text = 0xffff800000d6c000, init = 0xffff800000d80000;
	static const struct code_map code = {
		{ { "data.text", 1 }, { ".init.text", init }, { ".text", text } }, 3
	};
	static struct klog_report report;
	_cleanup_free_ char *call = call_text(), *got = NULL, *first = NULL, *nobodys = NULL;

	(void)state;
	make_default();
	/* It came back from a call, through an address that was signed. */
	got = name_address(&code, (text + marks[MARK_CALL]) ^ 0x0076ull << 48, &report);
	assert_string_equal(got, call);
	assert_string_equal(report.function, "user");
	assert_string_equal(report.module, "mod");
	assert_int_equal(report.n, 2);
	assert_int_equal(report.pc, 0);
	first = name_address(&code, init, &report);
	assert_string_equal(report.function, "first");
	assert_string_equal(report.module, "mod");
	assert_int_equal(report.n, 2);
	assert_contains(first, "first mod.c:");
	/* Elsewhere: nobody's. */
	nobodys = name_address(&code, init + 0x10000, &report);
	assert_string_equal(report.function, "caller");
	assert_int_equal(report.n, 1);
	assert_string_equal(nobodys, "");
}

/* Where a module's init section was, another module may be by now. */
static void init_sections_are_reused(void **state)
{
	static const uint64_t at = 0xffff800000d6c000;
	static const struct code_map code = { { { ".init.text", at }, { ".text", at } }, 2 };
	static struct klog_report report;
	_cleanup_free_ char *got = NULL;

	(void)state;
	make_default();
	got = name_address(&code, at, &report);
	assert_string_equal(report.function, "user");
}

/* Its last instruction is a call: the return address is the next function's first, or on x86 its
 * own end. */
static void calls_that_never_return(void **state)
{
	_cleanup_free_ char *dies = xasprintf("dies mod.c:%d", line_of("/* and does not"));

	(void)state;
	make_default();
	assert_frame("mod.ko", frame("part.isra.0", 0, 0, false), dies);
	assert_frame("mod.ko", frame("dies", marks[SIZE_DIES], marks[SIZE_DIES], false), dies);
	assert_unknown("mod.ko", frame("dies", marks[SIZE_DIES], marks[SIZE_DIES], true), "beyond");
}

/* A function that the compiler renamed, and one that is the last of .init.text: the kernel counts
 * such up to the end of a page. */
static void kinds_of_functions(void **state)
{
	_cleanup_free_ char *part = xasprintf("part mod.c:%d", line_of("/* in part"));
	_cleanup_free_ char *first = xasprintf("first mod.c:%d", line_of("/* in first"));

	(void)state;
	make_default();
	assert_frame("mod.ko", frame("part.isra.0", 0, 0, true), part);
	assert_frame("mod.ko", frame("first", 0, 0x1000, true), first);
	assert_frame("mod.ko", frame("first", 0, 0x10000, true), first);
	assert_unknown("mod.ko", frame("first", 0, 4, true), "another build");
	assert_unknown("mod.ko", frame("first", 0, 0x100000, true), "another build");
}

static void not_what_ran(void **state)
{
	struct symbolizer_module module = module_of("mod.ko");
	struct report_source found;

	(void)state;
	make_default();
	assert_unknown("mod.ko", frame("user", marks[MARK_SET], marks[SIZE_USER] + 4, true),
		       "another build");
	assert_unknown("mod.ko", frame("user", marks[SIZE_USER] + 4, marks[SIZE_USER], true),
		       "beyond");
	assert_unknown("mod.ko", frame("other", 0, 0x20, true), "no such function");
	assert_unknown("none.ko", frame("user", 0, 0, true), "No such file");
	module.build_id = "0123456789abcdef";
	found = look_up(&module, frame("user", marks[MARK_SET], marks[SIZE_USER], true));
	assert_int_equal(found.frames[0].n, 0);
	assert_contains(found.frames[0].why, "build-id");
	report_source_release(&found);
}

/* The frame of a module that nobody has, or of the kernel, is left alone. */
static void other_modules(void **state)
{
	struct symbolizer_module module = module_of("mod.ko");
	struct klog_frame f;
	struct report_source found;

	(void)state;
	make_default();
	f = frame("user", marks[MARK_SET], marks[SIZE_USER], true);
	snprintf(f.module, sizeof(f.module), "another");
	found = look_up(&module, f);
	assert_int_equal(found.frames[0].n, 0);
	assert_null(found.frames[0].why);
	f.module[0] = '\0';
	found = look_up(&module, f);
	assert_int_equal(found.frames[0].n, 0);
	assert_null(found.frames[0].why);
}

/* The kernel itself, linked: its symbols have addresses of their own. */
static void kernel_frames(void **state)
{
	struct symbolizer_module kernel = { .name = "", .file = "vmlinux" };
	_cleanup_free_ char *ld = tool("ld"), *inlined = inlined_text(), *text = NULL;
	struct report_source found;
	struct klog_frame f;

	(void)state;
	make_default();
	sample_run((const char *const[]){
		ld, "-o", "vmlinux", "-e", "user", "-Ttext", "0xffff800008010000",
		"--defsym=nowhere=0xffff800008020000", "--defsym=sink=0xffff800008020000",
		"--defsym=never=0xffff800008020000", "mod.ko", NULL });
	f = frame("user", marks[MARK_SET], marks[SIZE_USER], true);
	f.module[0] = '\0';
	found = look_up(&kernel, f);
	text = describe(&found);
	assert_string_equal(text, inlined);
	assert_null(found.at.file); /* no module's fault */
	report_source_release(&found);
}

static void build_ids(void **state)
{
	struct symbolizer_module module = module_of("id.ko");
	_cleanup_free_ char *ld = tool("ld"), *inlined = inlined_text(), *text = NULL;
	struct report_source found;

	(void)state;
	make_default();
	sample_run((const char *const[]){ ld, "-r", "--build-id=0x01abcdef", "-o", "id.ko",
					  "mod.ko", NULL });
	module.build_id = "01abcdef";
	found = look_up(&module, frame("user", marks[MARK_SET], marks[SIZE_USER], true));
	text = describe(&found);
	assert_string_equal(text, inlined);
	report_source_release(&found);
}

/* Where neither has a build-id, the sum of the sources tells them apart. */
static void srcversions(void **state)
{
	static const char modinfo[] = "license=GPL\0srcversion=0A1B2C";
	struct symbolizer_module module = module_of("sum.ko");
	_cleanup_free_ char *objcopy = tool("objcopy"), *inlined = inlined_text(), *text = NULL;
	struct report_source found;

	(void)state;
	make_default();
	assert_int_equal(fs_write_atomic("info", modinfo, sizeof(modinfo), 0644), 0);
	sample_run((const char *const[]){ objcopy, "--add-section", ".modinfo=info", "mod.ko",
					  "sum.ko", NULL });
	module.srcversion = "0A1B2C";
	found = look_up(&module, frame("user", marks[MARK_SET], marks[SIZE_USER], true));
	text = describe(&found);
	assert_string_equal(text, inlined);
	report_source_release(&found);
	module.srcversion = "0A1B2D";
	found = look_up(&module, frame("user", marks[MARK_SET], marks[SIZE_USER], true));
	assert_int_equal(found.frames[0].n, 0);
	assert_string_equal(found.frames[0].why, "other sources: srcversion 0A1B2C, not 0A1B2D");
	report_source_release(&found);
	module.file = "mod.ko"; /* has none */
	found = look_up(&module, frame("user", marks[MARK_SET], marks[SIZE_USER], true));
	assert_int_equal(found.frames[0].n, 0);
	assert_contains(found.frames[0].why, "srcversion none");
	report_source_release(&found);
}

/* Static functions of one name in two files of a module: by size, or not at all. */
static void twins(void **state)
{
	static const char one[] = "static __attribute__((noinline, used)) void twin(void)\n"
				  "{\n\tasm volatile(\".fill 3, 4, 0\");\n}\nvoid a_end(void) {}\n";
	static const char two[] = "\n\nstatic __attribute__((noinline, used)) void twin(void)\n"
				  "{\n\tasm volatile(\".fill 9, 4, 0\");\n}\nvoid b_end(void) {}\n";
	_cleanup_free_ char *ld = tool("ld");
	struct symbolizer_module module = module_of("twins.ko");
	struct report_source found;

	(void)state;
	put(sample_work, "one.c", one);
	put(sample_work, "two.c", two);
	sample_run((const char *const[]){ sample_tree.compiler, COMPILE_OPTIONS, "-g", "one.c",
					  "two.c", NULL });
	sample_run((const char *const[]){ ld, "-r", "-o", "twins.ko", "one.o", "two.o", NULL });
	/* 3 or 9 words and a ret */
	assert_frame("twins.ko", frame("twin", 4, 16, true), "twin one.c:3");
	assert_frame("twins.ko", frame("twin", 4, 40, true), "twin two.c:5");
	assert_unknown("twins.ko", frame("twin", 4, 24, true), "another build");
	found = look_up(&module, frame("twin", 4, 0, true));
	assert_int_equal(found.frames[0].n, 0);
	assert_contains(found.frames[0].why, "ambiguous: 2 functions");
	report_source_release(&found);

	put(sample_work, "two.c", one);
	sample_run((const char *const[]){ sample_tree.compiler, COMPILE_OPTIONS, "-g",
					  "-Da_end=b_end", "two.c", NULL });
	sample_run((const char *const[]){ ld, "-r", "-o", "twins.ko", "one.o", "two.o", NULL });
	assert_unknown("twins.ko", frame("twin", 4, 16, true), "ambiguous: 2 functions");
}

static void formats(void **state)
{
	static const char *const options[] = { "-gdwarf-4", "-gdwarf-5", "-gz=zlib" };
	static const char *const tools[][3] = { { "xz", "-k", ".xz" },
						{ "gzip", "-k", ".gz" },
						{ "zstd", "-kq", ".zst" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		make_ko(sample_tree.compiler, "-g", options[i]);
		check_lines("mod.ko");
	}
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		_cleanup_free_ char *name = xasprintf("mod.ko%s", tools[i][2]);

		sample_run((const char *const[]){ tools[i][0], tools[i][1], "mod.ko", NULL });
		check_lines(name);
	}
	/* this machine's, whatever it is */
	make_ko("gcc", "-g", NULL);
	check_lines("mod.ko");
}

static void without_debug_info(void **state)
{
	_cleanup_free_ char *strip = tool("strip");

	(void)state;
	make_default();
	sample_run((const char *const[]){ strip, "-g", "mod.ko", NULL });
	assert_unknown("mod.ko", frame("user", marks[MARK_SET], marks[SIZE_USER], true),
		       "no debug info");
	assert_unknown("mod.ko", frame("user", marks[MARK_SET], 4, true), "another build");
	sample_run((const char *const[]){ strip, "-s", "mod.ko", NULL });
	assert_unknown("mod.ko", frame("user", 4, 0, true), "no symbols");
}

/* --- the user's files ----------------------------------------------------------------- */

/* Built in a copy: shown as the user's, read from the copy. */
static struct report_source look_up_copy(void)
{
	_cleanup_free_ char *copy = path_join(sample_work, "build/tree/up/mod", NULL);
	_cleanup_free_ char *user = path_join(sample_work, "src/mod", NULL);
	struct symbolizer_module module = module_of("mod.ko");

	module.build_dir = copy;
	module.user_dir = user;
	return look_up(&module, frame("user", marks[MARK_SET], marks[SIZE_USER], true));
}

static void make_copy(void)
{
	_cleanup_free_ char *c = path_join(sample_work, "build/tree/up/mod/mod.c", NULL);

	make_default();
	put(sample_work, "build/tree/up/mod/mod.c", source);
	put(sample_work, "src/mod/mod.c", source);
	sample_run((const char *const[]){ sample_tree.compiler, COMPILE_OPTIONS, "-g", "-o",
					  "mod.ko", c, NULL });
}

static void set_age(const char *file, int seconds)
{
	struct utimbuf times = { time(NULL) - seconds, time(NULL) - seconds };

	assert_int_equal(utime(file, &times), 0);
}

static void users_files(void **state)
{
	struct report_source found;

	(void)state;
	make_copy();
	found = look_up_copy();
	assert_string_equal(found.at.file, "src/mod/mod.c");
	assert_string_equal(found.frames[0].sites[0].file, "src/mod/mod.c");
	assert_int_equal(strv_length(found.lines), 5);
	assert_null(found.note);
	report_source_release(&found);
}

/* As every build of ours is: debug info has a name that is the same on all hosts. */
static void mapped_files(void **state)
{
	_cleanup_free_ char *c = path_join(sample_work, "build/tree/up/mod/mod.c", NULL);
	_cleanup_free_ char *map = xasprintf(
		"-fdebug-prefix-map=%s/build/tree/up/mod/=/usr/src/outpost/any/", sample_work);
	struct report_source found;

	(void)state;
	make_copy();
	sample_run((const char *const[]){ sample_tree.compiler, COMPILE_OPTIONS, "-g", map, "-o",
					  "mod.ko", c, NULL });
	found = look_up_copy();
	assert_string_equal(found.at.file, "src/mod/mod.c");
	assert_int_equal(strv_length(found.lines), 5);
	report_source_release(&found);
}

static void changed_files(void **state)
{
	struct report_source found;

	(void)state;
	make_copy();
	set_age("mod.ko", 100);
	set_age("build/tree/up/mod/mod.c", 200);
	found = look_up_copy();
	assert_int_equal(strv_length(found.lines), 5);
	assert_contains(found.note, "has changed since");
	report_source_release(&found);

	set_age("build/tree/up/mod/mod.c", 50);
	found = look_up_copy();
	assert_int_equal(found.at.line, line_of("/* in set"));
	assert_null(found.lines);
	assert_contains(found.note, "changed since it was built");
	report_source_release(&found);

	assert_int_equal(unlink("build/tree/up/mod/mod.c"), 0);
	found = look_up_copy();
	assert_null(found.lines);
	assert_contains(found.note, "not here");
	report_source_release(&found);
}

/* --- what a run makes of it ----------------------------------------------------------- */

/* One report of a run of mod.ko, with this summary: what becomes of both. */
static void symbolize_run(struct result *result, const struct klog_report *report,
			  const char *summary, const char *log, uint64_t text)
{
	struct module module = { .name = (char *)"mod", .unstripped = (char *)"mod.ko" };
	struct module *modules[] = { &module };
	struct module_list list = { modules, 1 };
	struct run_request q = { .modules = &list };
	static outpost_PlanModule planned;
	int index = 0;
	struct evidence evidence = { .attempt = 1, .begun = true };
	struct evidence *items[] = { &evidence };
	struct run run = { .q = &q,
			   .plan = { .modules = &planned, .n = 1, .n_asked = 1, .index = &index },
			   .list = { .items = items, .n = 1 } };

	proto_set(planned.name, "mod");
	evidence.steps[outpost_Step_LOADING].end.code_count = text ? 1 : 0;
	evidence.steps[outpost_Step_LOADING].end.code[0] =
		(outpost_CodeSection){ .name = ".text", .address = text };
	result_init(result);
	result->summary = xstrdup(summary);
	result->n_reports = 1;
	result->reports = xcalloc(1, sizeof(*report));
	*result->reports = *report;
	run_symbolize(&run, 0, log, result);
}

static void names_the_place_in_the_summary(void **state)
{
	static struct klog_report report;
	char in_set[64], in_user[64], expected[200];
	struct result result;

	(void)state;
	make_default();
	snprintf(in_set, sizeof(in_set), "(mod.c:%d)", line_of("/* in set"));
	snprintf(in_user, sizeof(in_user), "(mod.c:%d)", line_of("/* the call"));

	report = (struct klog_report){ .function = "user", .module = "mod", .n = 1 };
	report.trace[0] = frame("user", marks[MARK_SET], marks[SIZE_USER], true);
	symbolize_run(&result, &report, "it died in user [mod] while loading mod; it is back", "",
		      0);
	snprintf(expected, sizeof(expected), "it died in user %s while loading mod; it is back",
		 in_set);
	assert_string_equal(result.summary, expected);
	result_release(&result);

	/* In the kernel, on behalf of the module. */
	report = (struct klog_report){ .function = "kfree_it", .n = 2 };
	snprintf(report.trace[0].function, sizeof(report.trace[0].function), "kfree_it");
	report.trace[1] = frame("user", marks[MARK_CALL], marks[SIZE_USER], false);
	symbolize_run(&result, &report, "it died in kfree_it while loading mod", "", 0);
	snprintf(expected, sizeof(expected), "it died in kfree_it, from user %s while loading mod",
		 in_user);
	assert_string_equal(result.summary, expected);
	assert_int_equal(result.sources[0].frame, 1);
	result_release(&result);

	/* Where the module was. */
	report = (struct klog_report){ .function = "run_timers",
				       .pc = 0xffff800000d6c000 + marks[MARK_CALL] };
	symbolize_run(&result, &report, "it died in run_timers while settling", "",
		      0xffff800000d6c000);
	snprintf(expected, sizeof(expected), "it died in user %s, no longer in memory, while settling",
		 in_user);
	assert_string_equal(result.summary, expected);
	assert_string_equal(result.reports[0].function, "user");
	result_release(&result);

	/* Nothing is known: nothing changes. */
	report = (struct klog_report){ .function = "f", .module = "other", .n = 1 };
	snprintf(report.trace[0].function, sizeof(report.trace[0].function), "f");
	snprintf(report.trace[0].module, sizeof(report.trace[0].module), "other");
	symbolize_run(&result, &report, "it died in f [other] while loading mod", "", 0);
	assert_string_equal(result.summary, "it died in f [other] while loading mod");
	result_release(&result);
}

static void keeps_registers(void **state)
{
	static const char log[] = "[    1.000000] x0 : before the report\n"
				  "[    1.000001] Unable to handle kernel paging request\n"
				  "[    1.000002] pc : user+0x4/0x8 [mod]\n"
				  "[    1.000003] x29: ffff80000a4139c0 x28: ffff80000a413ad0\n"
				  "[    1.000004] Call trace:\n"
				  "[    1.000005]  user+0x4/0x8 [mod]\n"
				  "[    1.000006] Code: 52800022 (b9000022)\n"
				  "[    1.000007] x1 : after the report\n";
	static const struct klog_report report = {
		.function = "user", .module = "mod", .start = 1, .end = 6
	};
	struct result result;

	(void)state;
	make_default();
	symbolize_run(&result, &report, "", log, 0);
	assert_int_equal(strv_length(result.sources[0].registers), 3);
	assert_string_equal(result.sources[0].registers[0], "pc : user+0x4/0x8 [mod]");
	assert_contains(result.sources[0].registers[1], "x29: ");
	assert_contains(result.sources[0].registers[2], "Code: ");
	result_release(&result);
}

/* --- damage ------------------------------------------------------------------------- */

static void look_at_damaged(const char *bytes, size_t n)
{
	struct symbolizer_module module = module_of("bad.ko");
	struct report_source found;

	assert_int_equal(fs_write_atomic("bad.ko", bytes, n, 0600), 0);
	found = look_up(&module, frame("user", marks[MARK_SET], marks[SIZE_USER], true));
	assert_true(found.frames[0].n || found.frames[0].why);
	report_source_release(&found);
}

static void torn(void **state)
{
	_cleanup_(strbuf_release) struct strbuf whole = STRBUF_INIT;

	(void)state;
	make_default();
	assert_int_equal(fs_read("mod.ko", &whole, 0), 0);
	for (size_t n = 0; n < whole.len; n += 1 + whole.len / 60)
		look_at_damaged(whole.buf, n);
}

/* Any bytes in the wrong place: found or not, it says so, and lives on. */
static void corrupted(void **state)
{
	_cleanup_(strbuf_release) struct strbuf whole = STRBUF_INIT;
	unsigned int seed = 1;

	(void)state;
	make_default();
	assert_int_equal(fs_read("mod.ko", &whole, 0), 0);
	for (int i = 0; i < 200; i++) {
		_cleanup_free_ char *bytes = xmalloc(whole.len);

		memcpy(bytes, whole.buf, whole.len);
		for (int k = 0; k < 1 + i % 8; k++)
			bytes[(size_t)rand_r(&seed) % whole.len] = (char)rand_r(&seed);
		look_at_damaged(bytes, whole.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names_lines, sample_clear),
		cmocka_unit_test_setup(return_addresses, sample_clear),
		cmocka_unit_test_setup(entries, sample_clear),
		cmocka_unit_test_setup(unloaded, sample_clear),
		cmocka_unit_test_setup(init_sections_are_reused, sample_clear),
		cmocka_unit_test_setup(calls_that_never_return, sample_clear),
		cmocka_unit_test_setup(kinds_of_functions, sample_clear),
		cmocka_unit_test_setup(not_what_ran, sample_clear),
		cmocka_unit_test_setup(other_modules, sample_clear),
		cmocka_unit_test_setup(kernel_frames, sample_clear),
		cmocka_unit_test_setup(build_ids, sample_clear),
		cmocka_unit_test_setup(srcversions, sample_clear),
		cmocka_unit_test_setup(twins, sample_clear),
		cmocka_unit_test_setup(formats, sample_clear),
		cmocka_unit_test_setup(without_debug_info, sample_clear),
		cmocka_unit_test_setup(users_files, sample_clear),
		cmocka_unit_test_setup(mapped_files, sample_clear),
		cmocka_unit_test_setup(changed_files, sample_clear),
		cmocka_unit_test_setup(names_the_place_in_the_summary, sample_clear),
		cmocka_unit_test_setup(keeps_registers, sample_clear),
		cmocka_unit_test_setup(torn, sample_clear),
		cmocka_unit_test_setup(corrupted, sample_clear),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_end);
}
