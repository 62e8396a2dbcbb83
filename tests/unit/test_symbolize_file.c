// SPDX-License-Identifier: GPL-2.0-only
/* Which .ko is trusted, and what can be read from it, also if it is damaged. */
#include "sample_ko.h"

/*
 * elfutils leaks the scopes that it has found if it finds damage; only a full stack identifies
 * this leak.
 */
const char *__lsan_default_suppressions(void), *__asan_default_options(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:dwarf_getscopes\n";
}

const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
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

/* Without build-ids, the srcversion tells them apart. */
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
	assert_string_equal(found.frames[0].why,
			    "other sources: srcversion 0A1B2C, expected 0A1B2D");
	report_source_release(&found);
	module.file = "mod.ko"; /* has none */
	found = look_up(&module, frame("user", marks[MARK_SET], marks[SIZE_USER], true));
	assert_int_equal(found.frames[0].n, 0);
	assert_contains(found.frames[0].why, "srcversion none");
	report_source_release(&found);
}

/*
 * Static functions with the same name in two files of a module are told apart by size, or not
 * at all.
 */
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
	/* this machine's compiler, whatever it is */
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

/* Random damage: it finds something or reports an error, and survives. */
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
		cmocka_unit_test_setup(not_what_ran, sample_clear),
		cmocka_unit_test_setup(build_ids, sample_clear),
		cmocka_unit_test_setup(srcversions, sample_clear),
		cmocka_unit_test_setup(twins, sample_clear),
		cmocka_unit_test_setup(formats, sample_clear),
		cmocka_unit_test_setup(without_debug_info, sample_clear),
		cmocka_unit_test_setup(torn, sample_clear),
		cmocka_unit_test_setup(corrupted, sample_clear),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_end);
}
