// SPDX-License-Identifier: GPL-2.0-only
/* The user's own files: their names, and their lines. */
#include "common/strv.h"
#include "sample_ko.h"

#include <time.h>
#include <utime.h>

/* Built in a copy: shown as the user's file, read from the copy. */
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

/* As in all our builds: debug info has a name that is the same on all hosts. */
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
	assert_contains(found.note, "changed since the build");
	report_source_release(&found);

	assert_int_equal(unlink("build/tree/up/mod/mod.c"), 0);
	found = look_up_copy();
	assert_null(found.lines);
	assert_contains(found.note, "source file not found");
	report_source_release(&found);
}

/* What was built in the container may have left links in the copy, to files of the user's. */
static void links_out_of_the_copy(void **state)
{
	char other[] = "/tmp/outpost-test-XXXXXX.c";
	struct report_source found;
	int fd = mkstemps(other, 2);

	(void)state;
	assert_return_code(fd, errno);
	close(fd);
	make_copy();
	assert_int_equal(fs_write_atomic(other, source, strlen(source), 0600), 0);
	set_age(other, 100);
	assert_int_equal(unlink("build/tree/up/mod/mod.c"), 0);
	assert_int_equal(symlink(other, "build/tree/up/mod/mod.c"), 0);
	found = look_up_copy();
	assert_null(found.lines);
	assert_contains(found.note, "none of the module's sources");
	report_source_release(&found);

	/* A neighbour is a link into the user's project. */
	put(sample_work, "src/mod/other.c", source);
	set_age("src/mod/other.c", 100);
	assert_int_equal(unlink("build/tree/up/mod/mod.c"), 0);
	assert_int_equal(symlink("../../../../src/mod/other.c", "build/tree/up/mod/mod.c"), 0);
	found = look_up_copy();
	assert_int_equal(strv_length(found.lines), 5);
	report_source_release(&found);
	assert_int_equal(unlink(other), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(users_files, sample_clear),
		cmocka_unit_test_setup(mapped_files, sample_clear),
		cmocka_unit_test_setup(changed_files, sample_clear),
		cmocka_unit_test_setup(links_out_of_the_copy, sample_clear),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_end);
}
