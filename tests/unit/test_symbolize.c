// SPDX-License-Identifier: GPL-2.0-only
/* Frames and addresses to functions and lines. */
#include "common/strv.h"
#include "sample_ko.h"

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

/*
 * The line of a return address is the line of the call; for a fault at that address, it is the
 * next one.
 */
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

/* The entry of a function has the line of its name, or from gcc 14 on that of its opening brace. */
static void assert_entry(const char *function, uint32_t size, const char *declaration)
{
	struct symbolizer_module module = module_of("mod.ko");
	struct report_source found = look_up(&module, frame(function, 0, size, true));
	int line = line_of(declaration);

	assert_string_equal(found.at.function, function);
	if (found.at.line != line && found.at.line != line + 1)
		fail_msg("%s+0 is line %d, expected %d or %d", function, found.at.line, line,
			 line + 1);
	report_source_release(&found);
}

/* The space for ftrace at the entry of a function has no line of its own. */
static void entries(void **state)
{
	(void)state;
	make_ko(sample_tree.compiler, "-g", "-fpatchable-function-entry=2");
	assert_entry("user", marks[SIZE_USER], "noinline void user");
	assert_entry("first", 0x1000, "int first(void)");
	check_lines("mod.ko");
}

struct code_map {
	outpost_CodeSection sections[3];
	size_t n;
};

/* Looks up an address, with mod.ko's code at these places. */
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

/* Code that was called after its module was unloaded has an address, but no name. */
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
	/* A return to it, through a signed address. */
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
	/* An address outside of it belongs to nobody. */
	nobodys = name_address(&code, init + 0x10000, &report);
	assert_string_equal(report.function, "caller");
	assert_int_equal(report.n, 1);
	assert_string_equal(nobodys, "");
}

/* The memory of a module's init section may hold another module by now. */
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

/*
 * The last instruction is a call: the return address is the start of the next function or, on
 * x86, the function's own end.
 */
static void calls_that_never_return(void **state)
{
	_cleanup_free_ char *dies = xasprintf("dies mod.c:%d", line_of("/* and does not"));

	(void)state;
	make_default();
	assert_frame("mod.ko", frame("part.isra.0", 0, 0, false), dies);
	assert_frame("mod.ko", frame("dies", marks[SIZE_DIES], marks[SIZE_DIES], false), dies);
	assert_unknown("mod.ko", frame("dies", marks[SIZE_DIES], marks[SIZE_DIES], true), "beyond");
}

/*
 * A function that the compiler renamed, and the last one of .init.text, which the kernel
 * counts to the end of a page.
 */
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

/* Frames of an unknown module, or of the kernel, are left alone. */
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

/* The kernel itself, linked: its symbols have absolute addresses. */
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
	assert_null(found.at.file); /* not in a module */
	report_source_release(&found);
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
		cmocka_unit_test_setup(other_modules, sample_clear),
		cmocka_unit_test_setup(kernel_frames, sample_clear),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_end);
}
