// SPDX-License-Identifier: GPL-2.0-only
/* Building folders with a small kernel tree: the results, and what causes a rebuild. */
#include "sample_build.h"

#include "common/lock.h"

#include <elf.h>
#include <jansson.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static char *listing(void)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	const char *const argv[] = { "sh", "-c",
				     "find . -printf '%p %T@ %m\\n' | sort; cat */*.c */Kbuild",
				     NULL };

	assert_int_equal(
		process_run((char *const *)argv,
			    &(struct process_options){ .dir = sample_work, .output = &out }),
		0);
	return xstrdup(out.buf);
}

static void builds(void **state)
{
	_cleanup_free_ char *before = NULL, *after = NULL,
			    *source = path_join(sample_work, "one", NULL);
	const struct module *m;

	(void)state;
	put_module("one", "one", "", "");
	before = listing();
	assert_int_equal(do_build("one", NULL), 0);
	after = listing();
	assert_string_equal(before, after);
	assert_int_equal(built.n, 1);
	m = the_module("one");
	if (m->error)
		fail_msg("%s", m->error);
	assert_string_equal(m->source, source);
	assert_int_equal(m->machine, EM_AARCH64);
	assert_true(fs_exists(m->stripped));
	assert_true(fs_exists(m->unstripped));
	assert_string_not_equal(m->stripped, m->unstripped);
	assert_true(module_can_strip(m->unstripped));
	assert_false(module_can_strip(m->stripped));
}

/* Also if the kernel was built without it, because it names the lines of a crash. */
static void has_debug_info(void **state)
{
	static const char *const configs[] = { "CONFIG_A=y\n# CONFIG_DEBUG_INFO is not set\n",
					       "CONFIG_A=y\nCONFIG_DEBUG_INFO=y\n" };
	_cleanup_free_ char *config = get(sample_tree.build, ".config");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		_cleanup_free_ char *flags = NULL;

		put(sample_tree.build, ".config", configs[i]);
		put_module(i ? "two" : "one", i ? "two" : "one", "", "");
		assert_int_equal(do_build(i ? "two" : "one", NULL), 0);
		flags = read_of_unit(i ? "two" : "one",
				     i ? "work/tree/up/two/flags" : "work/tree/up/one/flags");
		assert_contains(flags, "-fmacro-prefix-map=");
		if (i)
			assert_lacks(flags, "-g ");
		else
			assert_contains(flags, "-g ");
	}
	put(sample_tree.build, ".config", config);
}

static void rebuilds_what_changed(void **state)
{
	(void)state;
	put_module("one", "one", "", "#include \"../include/shared.h\"\nint x = SHARED;");
	put(sample_work, "include/shared.h", "#define SHARED 1\n");
	/*
	 * Not in the clock tick in which the build starts, because that correctly causes a
	 * rebuild.
	 */
	set_time("include/shared.h", 900);
	assert_int_equal(do_build("one", NULL), 0);
	assert_null(the_module("one")->error);
	assert_int_equal(runs_of("one"), 1);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 1);
	put_module("one", "one", "", "#include \"../include/shared.h\"\nint x = SHARED + 1;");
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 2);
	/* A file outside of the folder, included through "..". */
	put(sample_work, "include/shared.h", "#define SHARED 1234\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 3);
	/* According to the clocks, it was saved after the compiler read it. */
	set_time("include/shared.h", 2000000000);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 5);
	set_time("include/shared.h", 1000);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 6);
	/* The environment of make. */
	setenv("SOME_OPTION", "1", 1);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 7);
	unsetenv("SOME_OPTION");
	/* The result is missing. */
	unlink(the_module("one")->unstripped);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 8);
	assert_true(fs_exists(the_module("one")->unstripped));
}

/* What make reads without listing it, beside the folder. */
static void rebuilds_for_files_beside_it(void **state)
{
	(void)state;
	put_module("one", "one", "", "int x;");
	put(sample_work, "one/Kbuild",
	    "include $(M)/../common/rules.mk\n-include $(M)/../later.mk\nobj-m := one.o\n");
	put(sample_work, "common/rules.mk", "# 1\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_null(the_module("one")->error);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 1);
	put(sample_work, "common/rules.mk", "# 2\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 2);
	put(sample_work, "common/new/x.h", "");
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 3);
	put(sample_work, "later.mk", "$(error it is read)\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_contains(the_module("one")->error, "it is read");
	unlink("later.mk");
	assert_int_equal(do_build("one", NULL), 0);
	assert_null(the_module("one")->error);
	unlink("common/rules.mk");
	assert_int_equal(do_build("one", NULL), 0);
	assert_contains(the_module("one")->error, "rules.mk");
}

static void names_beside_it(void **state)
{
	(void)state;
	put_module("one", "one", "",
		   "#include \"../my headers/x.h\"\n#include \"../gr\303\266\303\237e/y.h\"\n"
		   "int z = X + Y;");
	put(sample_work, "my headers/x.h", "#define X 1\n");
	put(sample_work, "gr\303\266\303\237e/y.h", "#define Y 1\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_null(the_module("one")->error);
}

/* Through links, the folders beside it have no end. */
static void endless_folders_beside_it(void **state)
{
	(void)state;
	put_module("one", "one", "", "#include \"../common/x.h\"");
	put(sample_work, "common/x.h", "");
	assert_int_equal(symlink("..", "common/up"), 0);
	assert_int_equal(symlink("nowhere", "common/dangling"), 0);
	assert_int_equal(do_build("one", NULL), 0);
	assert_null(the_module("one")->error);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 1);
	assert_int_equal(unlink("common/dangling"), 0);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 2);
}

/* make would keep an object that another compiler made. */
static void rebuilds_with_other_tools(void **state)
{
	_cleanup_free_ char *wrapper = path_join(sample_work, "wrapper", NULL);
	struct build_settings settings = { .no_ccache = true, .compiler_wrapper = wrapper };
	char *const paths[] = { (char *)"one", NULL };
	struct build_request request = {
		.tree = &sample_tree, .paths = paths, .jobs = 1, .settings = &settings
	};

	(void)state;
	put_module("one", "one", "", "const char v[] = VALUE;");
	for (int i = 0; i < 2; i++) {
		_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;

		put_mode(sample_work, "wrapper",
			 i ? "#!/bin/sh\nexec \"$@\" -DVALUE='\"second\"'\n"
			   : "#!/bin/sh\nexec \"$@\" -DVALUE='\"first\"'\n",
			 0755);
		module_list_release(&built);
		assert_int_equal(build(&request, &built), 0);
		assert_null(the_module("one")->error);
		assert_int_equal(fs_read(the_module("one")->stripped, &bytes, 0), 0);
		assert_non_null(memmem(bytes.buf, bytes.len, i ? "second" : "first", 5));
	}
}

/* A tree of the user's own, built in place: its headers, and what modpost reads. */
static void rebuilds_for_a_tree_that_changed(void **state)
{
	_cleanup_free_ char *include =
		xasprintf("#include \"%s/tree.h\"\nint x = TREE;", sample_tree.build);

	(void)state;
	put(sample_tree.build, "tree.h", "#define TREE 1\n");
	put_module("one", "one", "", include);
	assert_int_equal(do_build("one", NULL), 0);
	assert_null(the_module("one")->error);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 1);
	put(sample_tree.build, "tree.h", "#define TREE 1234\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 2);
	put(sample_tree.build, "scripts/Makefile.modfinal", "# changed\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 3);
	put(sample_tree.build, "Module.symvers", "0x1\tf\tvmlinux\tEXPORT_SYMBOL\t\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 4);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 4);
}

/* It was a failure of the module. */
static void full_disk(void **state)
{
	(void)state;
	put_module("bad", "bad", "", "_Pragma(\"GCC error \\\"No space left on device\\\"\")");
	put_module("good", "good", "", "");
	assert_int_equal(do_build("bad", "good"), -EIO);
}

static void compile_error(void **state)
{
	_cleanup_free_ char *messages_text = NULL, *log = NULL;

	(void)state;
	put_module("bad", "bad", "", "int f(void) { return undeclared; }");
	put_module("good", "good", "", "");
	assert_int_equal(do_build("bad", "good"), 0);
	assert_contains(the_module("bad")->error, "does not compile: bad/bad.c:4:22: error: ");
	assert_null(the_module("good")->error);
	messages_text = read_of_unit("bad", "messages");
	assert_contains(messages_text, "bad/bad.c:4:22: error:");
	assert_contains(messages_text, "    4 | int f(void)");
	assert_lacks(messages_text, "CC [M]");
	log = read_of_unit("bad", "build.log");
	assert_contains(log, "CC [M]");
	/* Once fixed, it builds. */
	put_module("bad", "bad", "", "int f(void) { return 1; }");
	assert_int_equal(do_build("bad", NULL), 0);
	assert_null(the_module("bad")->error);
}

/* It would take all of this machine's memory. */
static void prints_without_end(void **state)
{
	(void)state;
	put_module("endless", "endless", "", "");
	put(sample_work, "endless/Kbuild", "obj-m := endless.o\n$(shell yes >&2)\n");
	assert_int_equal(do_build("endless", NULL), 0);
	assert_contains(the_module("endless")->error, "make printed more than 64 MiB");
}

static void dependencies(void **state)
{
	(void)state;
	put_module("a", "a", "b", "/* NEEDS(sym_b) */");
	put_module("b", "b", "", "/* EXPORTS(sym_b) */");
	assert_int_equal(do_build("a", "b"), 0);
	assert_contains(the_module("a")->error, "\"sym_b\"");
	put(sample_work, "a/test.conf", "depends = b\n");
	assert_int_equal(do_build("a", "b"), 0);
	assert_null(the_module("a")->error);
	assert_string_equal(built.modules[0]->name, "b");
	assert_string_equal(built.modules[1]->name, "a");
	/* It is in a folder beside the requested one, which suffices. */
	assert_int_equal(do_build("a", NULL), 0);
	assert_null(the_module("a")->error);
	assert_int_equal(built.n, 2);
	assert_string_equal(built.modules[0]->name, "b");
	put_module("b", "b", "", "#error broken\n/* EXPORTS(sym_b) */");
	assert_int_equal(do_build("a", "b"), 0);
	assert_contains(the_module("a")->error, "depends on b, which failed");
	put_module("b", "b", "", "");
	put(sample_work, "b/test.conf", "depends = a\n");
	assert_int_equal(do_build("a", "b"), 0);
	assert_contains(the_module("a")->error, "dependency cycle");
	assert_contains(the_module("b")->error, "dependency cycle");
}

static void test_programs(void **state)
{
	_cleanup_free_ char *first = NULL;
	long long made;

	(void)state;
	put_module("one", "one", "", "");
	put(sample_work, "one/test.conf", "program = test/t.c\n");
	put(sample_work, "one/value.h", "#define VALUE 3\n");
	put(sample_work, "one/test/t.c",
	    "#include \"value.h\"\nint main(void) { return VALUE; }\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_null(the_module("one")->error);
	first = xstrdup(the_module("one")->test_program);
	made = time_of(first);
	put_module("one", "one", "", "int x;");
	assert_int_equal(do_build("one", NULL), 0);
	assert_true(time_of(first) == made); /* does not depend on it */
	put(sample_work, "one/value.h", "#define VALUE 4\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_true(time_of(first) > made);
	/* Another header, with an old time: being newer than the program is not the criterion. */
	made = time_of(first);
	put(sample_work, "value.h", "#define VALUE 5\n");
	set_time("value.h", 1000);
	assert_int_equal(rename("value.h", "one/value.h"), 0);
	assert_int_equal(do_build("one", NULL), 0);
	assert_true(time_of(first) > made);
	/* A header that is found before the other one. */
	made = time_of(first);
	put(sample_work, "one/test/value.h", "#define VALUE 6\n");
	set_time("one/test/value.h", 1000);
	assert_int_equal(do_build("one", NULL), 0);
	assert_true(time_of(first) > made);
	unlink("one/test/value.h");
	unlink("one/value.h");
	assert_int_equal(do_build("one", NULL), 0);
	assert_contains(the_module("one")->error, "value.h: No such file");
	put(sample_work, "one/test/t.c", "int main(void) { return undeclared; }\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_contains(the_module("one")->error,
			"test program test/t.c does not compile: one/test/t.c:1:25: error");
	/* The compiler waited for somebody to write to a FIFO. */
	unlink("one/test/t.c");
	assert_int_equal(mkfifo("one/test/t.c", 0600), 0);
	assert_int_equal(do_build("one", NULL), 0);
	assert_contains(the_module("one")->error, "test program test/t.c: Not a regular file");
}

static void sections_of_test_conf(void **state)
{
	(void)state;
	put_module("one", "one", "", "");
	put(sample_work, "one/test/t.c", "int main(void) { return 0; }\n");
	put(sample_work, "one/test.conf", "[test]\nprogram = test/t.c\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_contains(the_module("one")->error, "test.conf");
	put(sample_work, "one/test.conf", "[one]\nprogram = test/t.c\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_null(the_module("one")->error);
	assert_non_null(the_module("one")->test_program);
	/* A module that is not built for this kernel is still a module. */
	put(sample_work, "one/Kbuild", "obj-m := one.o\nobj-$(CONFIG_NEVER) += other.o\n");
	put(sample_work, "one/test.conf", "[other]\nskip = not here\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_null(the_module("one")->error);
}

static void test_scripts(void **state)
{
	_cleanup_free_ char *script = path_join(sample_work, "one/test/t.sh", NULL);

	(void)state;
	put_module("one", "one", "", "");
	put(sample_work, "one/test.conf", "program = test/t.sh\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_contains(the_module("one")->error, "test/t.sh: No such file");
	put_mode(sample_work, "one/test/t.sh", "#!/bin/sh\n", 0755);
	assert_int_equal(do_build("one", NULL), 0);
	assert_null(the_module("one")->error);
	assert_string_equal(the_module("one")->test_program, script);
	unlink(script);
	assert_int_equal(symlink("/bin/sh", script), 0);
	assert_int_equal(do_build("one", NULL), 0);
	assert_contains(the_module("one")->error, "outside its folder");
}

static void ko_files(void **state)
{
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;

	(void)state;
	put_module("one", "one", "", "");
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(fs_copy(the_module("one")->unstripped, "given.ko"), 0);
	assert_int_equal(do_build("given.ko", NULL), 0);
	assert_null(the_module("one")->error);
	assert_null(the_module("one")->build_dir);
	assert_false(module_can_strip(the_module("one")->stripped));
	assert_int_equal(fs_read("given.ko", &bytes, 0), 0);
	bytes.buf[18] = EM_X86_64;
	bytes.buf[19] = 0;
	assert_int_equal(fs_write_atomic("x86.ko", bytes.buf, bytes.len, 0600), 0);
	assert_int_equal(do_build("x86.ko", NULL), 0);
	assert_null(built.modules[0]->error); /* the check reports that it will not load */
	assert_int_equal(built.modules[0]->machine, EM_X86_64);
	sample_run((const char *const[]){ "xz", "-k", "given.ko", NULL });
	assert_int_equal(do_build("given.ko.xz", NULL), 0);
	assert_string_not_equal(built.modules[0]->stripped, built.modules[0]->unstripped);
	bytes.len = 0;
	assert_int_equal(fs_read(built.modules[0]->stripped, &bytes, 0), 0);
	assert_memory_equal(bytes.buf, ELFMAG,
			    SELFMAG); /* a board's finit_module cannot decompress */
	put(sample_work, "text.ko.xz", "text");
	assert_int_equal(do_build("text.ko.xz", NULL), 0);
	assert_string_equal(built.modules[0]->stripped, built.modules[0]->unstripped);
	assert_int_equal(do_build("none.ko", NULL), -ENOENT);
}

static void compile_commands(void **state)
{
	_cleanup_free_ char *file = path_join(sample_work, "one/one.c", NULL);
	char *const paths[] = { (char *)"one", NULL };
	json_auto_t *list = NULL;
	const char *command;

	(void)state;
	put_module("one", "one", "", "");
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(build_compile_commands(paths, SAMPLE_RELEASE, "out.json"), 0);
	list = json_load_file("out.json", 0, NULL);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "file")),
			    file);
	command = json_string_value(json_object_get(json_array_get(list, 0), "command"));
	assert_contains(command, file);
	assert_lacks(command, "work/one/one.o"); /* objects stay in the copy */
}

/* Each has built what the other one still needs: neither may block the other. */
static void two_at_once(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	put_module("a", "a", "", "");
	put_module("b", "b", "", "");
	jobs = 1; /* one at a time, in opposite order */
	pid = fork();
	if (pid == 0) {
		alarm(60);
		_exit(do_build("b", "a") == 0 && built.n == 2 && !built.modules[0]->error &&
				      !built.modules[1]->error
			      ? 0
			      : 1);
	}
	alarm(60);
	assert_int_equal(do_build("a", "b"), 0);
	assert_null(the_module("a")->error);
	assert_null(the_module("b")->error);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	alarm(0);
	jobs = 2;
	assert_int_equal(status, 0);
	assert_int_equal(runs_of("a"), 1);
	assert_int_equal(runs_of("b"), 1);
}

/* --- processes that cannot be watched -------------------------------------------------- */

static pid_t without_pidfd; /* the process that gets no pidfd */

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
	va_list args;
	long a, b, c, d, e, f;

	if (number == SYS_pidfd_open && getpid() == without_pidfd) {
		errno = EMFILE;
		return -1;
	}
	va_start(args, number);
	a = va_arg(args, long);
	b = va_arg(args, long);
	c = va_arg(args, long);
	d = va_arg(args, long);
	e = va_arg(args, long);
	f = va_arg(args, long);
	va_end(args);
	return __real_syscall(number, a, b, c, d, e, f);
}

/* Its child must not go on building, and hold the lock, without us. */
static void no_pidfd(void **state)
{
	_cleanup_free_ char *path = path_join(sample_work, "a", NULL),
			    *dir = unit_dir(path, SAMPLE_RELEASE),
			    *lock = path_join(dir, "lock", NULL);
	int fd;

	(void)state;
	put_module("a", "a", "", "");
	without_pidfd = getpid();
	assert_int_equal(do_build("a", NULL), -EMFILE);
	without_pidfd = 0;
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(lock_try(lock, &fd), LOCK_TAKEN);
	close(fd);
	assert_int_equal(do_build("a", NULL), 0);
	assert_null(the_module("a")->error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(builds, sample_clear),
		cmocka_unit_test_setup(has_debug_info, sample_clear),
		cmocka_unit_test_setup(rebuilds_what_changed, sample_clear),
		cmocka_unit_test_setup(rebuilds_for_files_beside_it, sample_clear),
		cmocka_unit_test_setup(names_beside_it, sample_clear),
		cmocka_unit_test_setup(endless_folders_beside_it, sample_clear),
		cmocka_unit_test_setup(rebuilds_with_other_tools, sample_clear),
		cmocka_unit_test_setup(rebuilds_for_a_tree_that_changed, sample_clear),
		cmocka_unit_test_setup(full_disk, sample_clear),
		cmocka_unit_test_setup(compile_error, sample_clear),
		cmocka_unit_test_setup(prints_without_end, sample_clear),
		cmocka_unit_test_setup(dependencies, sample_clear),
		cmocka_unit_test_setup(test_programs, sample_clear),
		cmocka_unit_test_setup(sections_of_test_conf, sample_clear),
		cmocka_unit_test_setup(test_scripts, sample_clear),
		cmocka_unit_test_setup(ko_files, sample_clear),
		cmocka_unit_test_setup(compile_commands, sample_clear),
		cmocka_unit_test_setup(two_at_once, sample_clear),
		cmocka_unit_test_setup(no_pidfd, sample_clear),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_build_end);
}
