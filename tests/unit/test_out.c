// SPDX-License-Identifier: GPL-2.0-only
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/json_make.h"
#include "host/report/out.h"
#include "host/base/paths.h"
#include "sample_run.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void assert_contains(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("\"%s\" is not in:\n%s", what, text);
}

static void assert_text(const json_t *object, const char *key, const char *text)
{
	const char *got = json_string_value(json_object_get(object, key));

	assert_non_null(got);
	assert_string_equal(got, text);
}

static char *table_of(const struct run_result *run, bool verbose)
{
	char *text = NULL;
	size_t n;
	FILE *stream = open_memstream(&text, &n);

	assert_non_null(stream);
	out_table(stream, run, verbose);
	fclose(stream);
	return text;
}

static void test_table(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct run_result run;

	(void)state;
	sample_run(&run, "20260102-150405-1a2b3c");
	text = table_of(&run, false);
	assert_contains(text, "hello    pass           12 ms       -    8 ms  3/3 +1 skip\n");
	assert_contains(text, "_the_kernel_lets_it_be_1\n         pass  ");
	assert_contains(text, "chardev  fail           10 ms   1.3 s    3 ms  4/6\n");
	assert_contains(text, "not ok  ioctl rejects a size that is not ours\n");
	assert_contains(text, "  at      crash.h:12 in crash_set\n"
			      "            11 | {\n"
			      "          > 12 |         *to = value;\n"
			      "            13 | }\\x1b[2J\n"
			      "  stack   crash_set (inlined)  crash.h:12\n"
			      "          c_init.isra.0+0x2c [crash]  crash.c:5\n"
			      "          do_one_initcall+0x50  (its file has no debug info)\n"
			      "  log ");
	assert_contains(text, "not ok 2 - read after close\n");
	assert_contains(text, "20260102-150405-1a2b3c/chardev.log\n");
	assert_contains(text, "gpio     skip");
	assert_contains(text, "\n  the board has no gpiochip1\n");
	assert_contains(text, "\n2 passed, 1 failed, 1 crashed, 1 hung, 1 lost, 1 inconclusive, "
			      "1 skipped, 1 errored\nin 4.2 s on vm, 6.1.0-50-arm64\n");
	/* Only with -v: */
	assert_null(strstr(text, "pc : "));
	assert_null(strstr(text, "3 tests passed"));
	run_result_release(&run);
}

static void test_table_verbose(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct run_result run;

	(void)state;
	sample_run(&run, "x");
	text = table_of(&run, true);
	assert_contains(text, "  cpu     pc : c_init.isra.0+0x2c/0x40 [crash]\n");
	assert_contains(text, "  3 tests passed\n");
	assert_contains(text, "times   build 840 ms\n");
	run_result_release(&run);
}

/* Text from a board must not reach the terminal raw, and a pipe gets no colours. */
static void test_table_is_clean(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct run_result run;

	(void)state;
	sample_run(&run, "x");
	free(run.board);
	run.board = xstrdup("v\033]0;m");
	free(run.results[0].module);
	run.results[0].module = xstrdup("he\nllo\007");
	text = table_of(&run, true);
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 && *c != '\n')
			fail_msg("byte 0x%02x in:\n%s", *c, text);
	assert_contains(text, "he llo\\x07");
	assert_contains(text, "v\\x1b]0;m");
	run_result_release(&run);
}

/* Prose is wrapped at 80 columns; names, paths and output are left whole. */
static void test_table_width(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct run_result run;

	(void)state;
	sample_run(&run, "x");
	text = table_of(&run, false);
	for (char *at = text, *line; (line = strsep(&at, "\n"));)
		if (strlen(line) > 80 && !strchr(line, '/') && !strstr(line, "1 errored"))
			fail_msg("%zu columns: %s", strlen(line), line);
	run_result_release(&run);
}

static void test_table_of_nothing(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct run_result run;

	(void)state;
	sample_begin(&run, "x");
	run.cancelled = true;
	text = table_of(&run, false);
	assert_string_equal(text, "cancelled: nothing was tested in 4.2 s on vm, 6.1.0-50-arm64\n");
	run_result_release(&run);
}

static void test_many_failed_tests(void **state)
{
	_cleanup_free_ char *text = NULL, *all = NULL;
	struct run_result run;

	(void)state;
	sample_begin(&run, "x");
	sample_add_fail(&run);
	for (int i = 0; i < 30; i++)
		strv_add(&run.results[0].ktap_failed, "one more");
	text = table_of(&run, false);
	all = table_of(&run, true);
	assert_contains(text, "and 23 more\n");
	assert_null(strstr(all, "and 23 more"));
	run_result_release(&run);
}

static void test_duration(void **state)
{
	static const struct {
		long long ms;
		const char *text;
	} rows[] = {
		{ 0, "0 ms" },      { 999, "999 ms" },  { 1000, "1.0 s" },     { 59949, "59.9 s" },
		{ 59950, "1m00s" }, { 61000, "1m01s" }, { 5999000, "99m59s" }, { 6000000, "1h40m" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

		out_duration(&sb, rows[i].ms);
		assert_string_equal(sb.buf, rows[i].text);
	}
}

/* The field names that the design promises. */
static void test_json_fields(void **state)
{
	struct run_result run;
	json_t *d, *crash;
	const char *run_id, *schema, *verdict, *offset, *file;
	int load, crashes, line, failed;

	(void)state;
	sample_run(&run, "the-run");
	d = out_test_json(&run);
	assert_int_equal(json_unpack(d, "{s:s, s:s, s:{s:i}}", "schema", &schema, "run", &run_id,
				     "summary", "crash", &crashes),
			 0);
	assert_string_equal(schema, "outpost.test/1");
	assert_string_equal(run_id, "the-run");
	assert_int_equal(crashes, 1);
	crash = json_array_get(json_object_get(d, "results"), 3);
	assert_int_equal(json_unpack(crash, "{s:s, s:{s:i}, s:{s:i}, s:[{s:[{s:s, s:s, s:i}]}]}",
				     "verdict", &verdict, "timings_ms", "load", &load, "ktap",
				     "fail", &failed, "reports", "trace", "offset", &offset, "file",
				     &file, "line", &line),
			 0);
	assert_string_equal(verdict, "crash");
	assert_string_equal(offset, "0x2c");
	assert_string_equal(file, "crash.c");
	assert_int_equal(line, 5);
	assert_int_equal(load, 71);
	assert_null(json_object_get(json_object_get(crash, "timings_ms"), "test"));
	crash = json_array_get(json_object_get(crash, "reports"), 0);
	assert_int_equal(json_unpack(crash, "{s:{s:s, s:s, s:i}, s:[{s:[{s:s, s:s, s:i}]}]}", "at",
				     "function", &verdict, "file", &file, "line", &line, "trace",
				     "inlined", "function", &run_id, "file", &offset, "line",
				     &load),
			 0);
	assert_string_equal(verdict, "crash_set");
	assert_string_equal(file, "crash.h");
	assert_int_equal(line, 12);
	assert_string_equal(run_id, "crash_set");
	assert_string_equal(offset, "crash.h");
	assert_int_equal(load, 12);
	crash = json_array_get(json_object_get(crash, "trace"), 1);
	assert_string_equal(json_string_value(json_object_get(crash, "function")),
			    "do_one_initcall");
	assert_null(json_object_get(crash, "file"));
	assert_null(json_object_get(crash, "line"));
	assert_null(json_object_get(crash, "inlined"));
	json_decref(d);
	run_result_release(&run);
}

/* Writing, reading and writing again gives the same document and the same table. */
static void test_json_both_ways(void **state)
{
	_cleanup_free_ char *before = NULL, *after = NULL, *text = NULL, *again_text = NULL;
	struct run_result run, again;
	json_t *first, *parsed, *second;

	(void)state;
	sample_run(&run, "x");
	first = out_test_json(&run);
	text = json_dumps(first, 0);
	parsed = json_loads(text, 0, NULL);
	assert_non_null(parsed);
	assert_int_equal(out_test_from_json(parsed, &again), 0);
	json_decref(parsed);
	second = out_test_json(&again);
	again_text = json_dumps(second, 0);
	assert_string_equal(text, again_text);
	/* JSON cannot keep the byte that is not UTF-8; everything else survives. */
	free(run.results[2].output);
	run.results[2].output = xstrdup(again.results[2].output);
	before = table_of(&run, true);
	after = table_of(&again, true);
	assert_string_equal(before, after);
	assert_int_equal(again.started_s, run.started_s);
	json_decref(first);
	json_decref(second);
	run_result_release(&run);
	run_result_release(&again);
}

static const char crash_text[] =
	"NULL pointer dereference in c_init (crash.c:5), from crash_set (crash.h:12), no longer in "
	"memory, while loading crash; the board died and came back (the second time)";

static json_t *find_crash(json_t *document)
{
	return json_array_get(json_object_get(document, "results"), 3);
}

/* No program needs to parse the sentence to know where it was. */
static void test_json_has_the_parts_of_the_summary(void **state)
{
	struct run_result run;
	json_t *document, *parts, *where;

	(void)state;
	sample_run(&run, "x");
	document = out_test_json(&run);
	parts = json_object_get(find_crash(document), "summary_parts");
	where = json_object_get(parts, "where");
	assert_text(find_crash(document), "summary", crash_text);
	assert_text(parts, "what", "NULL pointer dereference");
	assert_text(where, "function", "c_init");
	assert_text(where, "module", "crash");
	assert_text(where, "file", "src/crash.c");
	assert_int_equal(json_integer_value(json_object_get(where, "line")), 5);
	assert_text(json_object_get(parts, "while"), "doing", "loading");
	assert_text(json_object_get(parts, "while"), "module", "crash");
	assert_text(parts, "outcome", "the board died and came back");
	assert_int_equal(json_integer_value(json_object_get(parts, "report")), 0);
	json_decref(document);
	run_result_release(&run);
}

/* As stored by an older version. */
static void test_json_without_parts(void **state)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	struct run_result run, old;
	json_t *document;

	(void)state;
	sample_run(&run, "x");
	document = out_test_json(&run);
	assert_int_equal(json_object_del(find_crash(document), "summary_parts"), 0);
	assert_int_equal(out_test_from_json(document, &old), 0);
	before = result_summary(&run.results[3]);
	after = result_summary(&old.results[3]);
	assert_string_equal(before, crash_text);
	assert_string_equal(after, crash_text);
	json_decref(document);
	run_result_release(&run);
	run_result_release(&old);
}

/* json_pack() makes nothing of it, and a module was missing in the document. */
static void test_json_of_any_text(void **state)
{
	json_auto_t *object = object_json("{s:s, s:s, s:s*, s:o*, s:b, s:i, s:I, s:o}", "path",
					  "caf\xe9/\x80\xc3.ko", "none", NULL, "omitted", NULL,
					  "proof", NULL, "sudo", true, "n", -1, "bytes",
					  (json_int_t)1 << 40, "list", json_array());

	(void)state;
	assert_text(object, "path", "caf\xef\xbf\xbd/\xef\xbf\xbd\xef\xbf\xbd.ko");
	assert_true(json_is_null(json_object_get(object, "none")));
	assert_null(json_object_get(object, "omitted"));
	assert_null(json_object_get(object, "proof"));
	assert_true(json_is_true(json_object_get(object, "sudo")));
	assert_int_equal(json_integer_value(json_object_get(object, "n")), -1);
	assert_int_equal(json_integer_value(json_object_get(object, "bytes")), 1LL << 40);
	assert_true(json_is_array(json_object_get(object, "list")));
	assert_int_equal(json_object_size(object), 6);
}

static void test_json_bad(void **state)
{
	static const char *const documents[] = {
		"{}",
		"[]",
		"{\"schema\": \"outpost.test/2\", \"results\": []}",
		"{\"schema\": \"outpost.test/1\"}",
		"{\"schema\": \"outpost.test/1\", \"results\": [3]}",
		"{\"schema\": \"outpost.test/1\", \"results\": [{\"module\": \"a\", \"verdict\": "
		"\"x\"}]}",
		"{\"schema\": \"outpost.test/1\", \"results\": [{\"verdict\": \"pass\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		json_t *document = json_loads(documents[i], 0, NULL);
		struct run_result run;

		assert_non_null(document);
		if (out_test_from_json(document, &run) != -EBADMSG)
			fail_msg("accepted: %s", documents[i]);
		run_result_release(&run);
		json_decref(document);
	}
}

static char *xmllint(const char *file, char *const *options)
{
	_cleanup_strv_ char **argv = NULL;
	struct strbuf out = STRBUF_INIT;
	const struct process_options process = { .output = &out,
						 .error = &out,
						 .timeout_ms = 20000 };
	int r;

	strv_add(&argv, "xmllint");
	strv_foreach (option, options)
		strv_add(&argv, *option);
	strv_add(&argv, file);
	r = process_run(argv, &process);
	if (r == -ENOENT) {
		strbuf_release(&out);
		return NULL;
	}
	if (r != 0)
		fail_msg("xmllint: %d: %s", r, out.buf);
	while (out.len && out.buf[out.len - 1] == '\n')
		out.buf[--out.len] = '\0';
	return strbuf_detach(&out);
}

static void assert_xpath(const char *file, const char *expression, const char *value)
{
	_cleanup_free_ char *found =
		xmllint(file, (char *[]){ (char *)"--xpath", (char *)expression, NULL });

	assert_non_null(found);
	if (strcmp(found, value) != 0)
		fail_msg("%s is \"%s\", expected \"%s\"", expression, found, value);
}

static void skip_without_xmllint(void)
{
	if (getenv("MUST_RUN"))
		fail_msg("xmllint is missing: run make deps-test");
	print_message("skipped: xmllint is missing\n");
	skip();
}

static void check_junit(const char *file)
{
	_cleanup_free_ char *tree = path_source_tree();
	_cleanup_free_ char *schema = path_join(tree ? tree : ".", "tests/unit/junit.xsd", NULL);
	_cleanup_free_ char *said =
		xmllint(file, (char *[]){ (char *)"--noout", (char *)"--schema", schema, NULL });

	if (!said)
		skip_without_xmllint();
	assert_contains(said, "validates");
	assert_xpath(file, "string(//testsuite/@tests)", "9");
	assert_xpath(file, "count(//testcase)", "9");
	assert_xpath(file, "string(//testsuite/@failures)", "4");
	assert_xpath(file, "count(//failure)", "4");
	assert_xpath(file, "string(//testsuite/@errors)", "2");
	assert_xpath(file, "count(//error)", "2");
	assert_xpath(file, "string(//testsuite/@skipped)", "1");
	assert_xpath(file, "string(//testcase[@name='gpio']/skipped/@message)",
		     "the board has no gpiochip1");
	assert_xpath(file, "string(//testsuite/@timestamp)", "2026-01-02T15:04:05");
	assert_xpath(file, "string(//testcase[@name='crash']/@classname)", "vm.6_1_0-50-arm64");
	assert_xpath(file, "count(//system-out[contains(., '5 & < 6, got \"4\" \xef\xbf\xbd')])",
		     "1");
	assert_xpath(file, "count(//failure[contains(., 'c_init.isra.0+0x2c [crash] crash.c:5')])",
		     "1");
}

static void test_junit(void **state)
{
	char dir[] = "/tmp/outpost-test-XXXXXX";
	_cleanup_free_ char *file = NULL;
	struct run_result run;

	(void)state;
	assert_non_null(mkdtemp(dir));
	file = path_join(dir, "junit.xml", NULL);
	sample_run(&run, "x");
	assert_int_equal(out_junit(file, &run), 0);
	run_result_release(&run);
	check_junit(file);
	assert_int_equal(fs_remove_tree(dir), 0);
}

/* A pipe must be written to, not replaced with a file. */
static void test_junit_to_pipe(void **state)
{
	char dir[] = "/tmp/outpost-test-XXXXXX", begin[8] = "";
	_cleanup_free_ char *fifo = NULL;
	_cleanup_close_ int fd = -1;
	struct run_result run;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fifo = path_join(dir, "fifo", NULL);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	fd = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	sample_run(&run, "x");
	assert_int_equal(out_junit(fifo, &run), 0);
	assert_int_equal(stat(fifo, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(read(fd, begin, 5), 5);
	assert_string_equal(begin, "<?xml");
	run_result_release(&run);
	assert_int_equal(fs_remove_tree(dir), 0);
}

static void test_junit_nowhere(void **state)
{
	struct run_result run;

	(void)state;
	sample_run(&run, "x");
	assert_int_equal(out_junit("/nowhere/junit.xml", &run), -ENOENT);
	run_result_release(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_verbose),
		cmocka_unit_test(test_table_is_clean),
		cmocka_unit_test(test_table_width),
		cmocka_unit_test(test_table_of_nothing),
		cmocka_unit_test(test_many_failed_tests),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_json_fields),
		cmocka_unit_test(test_json_both_ways),
		cmocka_unit_test(test_json_has_the_parts_of_the_summary),
		cmocka_unit_test(test_json_without_parts),
		cmocka_unit_test(test_json_of_any_text),
		cmocka_unit_test(test_json_bad),
		cmocka_unit_test(test_junit),
		cmocka_unit_test(test_junit_to_pipe),
		cmocka_unit_test(test_junit_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
