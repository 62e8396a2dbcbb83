// SPDX-License-Identifier: GPL-2.0-only
/* How modules are built: reproducibly, and with the user's options. */
#include "sample_tree.h"

#include "host/build/build.h"

#include <signal.h>
#include <sys/wait.h>

static struct module_list built; /* result of the last do_build() */

static struct build_settings settings;
static struct build_counts counts; /* of the last do_build() */

static struct module *do_build(const char *folder)
{
	char *const paths[] = { (char *)folder, NULL };
	struct build_request request = { .tree = &sample_tree,
					 .paths = paths,
					 .jobs = 1,
					 .settings = &settings,
					 .counts = &counts };

	counts = (struct build_counts){ 0 };

	module_list_release(&built);
	assert_int_equal(build(&request, &built), 0);
	assert_int_equal(built.n, 1);
	return built.modules[0];
}

/* --- the same everywhere ------------------------------------------------------------- */

/*
 * Everything that could reveal the place and time: its own file name, a neighbour's, and the
 * time.
 */
static const char source[] = "#include \"../common/common.h\"\n"
			     "const char *when = __DATE__ __TIME__;\n"
			     "int mod(void)\n{\n\treturn common(__FILE__);\n}\n";

static void put_sources(const char *place, const char *makefile, const char *more)
{
	_cleanup_free_ char *dir = path_join(sample_work, place, NULL);
	_cleanup_free_ char *text = xasprintf("%s%s", SAMPLE_MODULE("mod", ""), source);

	put(dir, "mod.c", text);
	put(dir, makefile, more);
	put(dir, "../common/common.h",
	    "static const char *where = __FILE__;\n"
	    "static inline int common(const char *f)\n{\n\treturn *where + *f;\n}\n");
}

static void set_cache(const char *name)
{
	_cleanup_free_ char *cache = path_join(sample_top, name, NULL);

	setenv("XDG_CACHE_HOME", cache, 1);
}

static char *bytes_of(const char *path, size_t *n)
{
	struct strbuf bytes = STRBUF_INIT;

	assert_int_equal(fs_read(path, &bytes, 0), 0);
	*n = bytes.len;
	return strbuf_detach(&bytes);
}

/* As bytes and not as a string, because there are NULs in it. */
static void assert_nowhere(const char *bytes, size_t n, const char *text)
{
	if (memmem(bytes, n, text, strlen(text)))
		fail_msg("'%s' is in the module", text);
}

static void assert_same(const char *makefile, const char *text, const char *second_file,
			const char *second_text)
{
	_cleanup_free_ char *first = path_join("here/mod", second_file, NULL);
	_cleanup_free_ char *second = path_join("far/away/other", second_file, NULL);
	_cleanup_free_ char *one = NULL, *two = NULL;
	const struct module *m;
	size_t n, m_n;

	put_sources("here/mod", makefile, text);
	put_sources("far/away/other", makefile, text);
	if (second_file) {
		put(sample_work, first, second_text);
		put(sample_work, second, second_text);
	}
	assert_int_equal(utimensat(AT_FDCWD, "far/away/other/mod.c",
				   (struct timespec[]){ { 1000000000, 0 }, { 1000000000, 0 } }, 0),
			 0);
	m = do_build("here/mod");
	if (m->error)
		fail_msg("%s", m->error);
	one = bytes_of(m->unstripped, &n);
	set_cache("another-cache");
	m = do_build("far/away/other");
	set_cache("cache");
	if (m->error)
		fail_msg("%s", m->error);
	two = bytes_of(m->unstripped, &m_n);
	assert_nowhere(one, n, sample_top);
	assert_nowhere(two, m_n, sample_top);
	assert_non_null(memmem(one, n, "/usr/src/outpost/mod", 20));
	assert_int_equal(n, m_n);
	assert_memory_equal(one, two, n);
}

static void same_kbuild(void **state)
{
	(void)state;
	assert_same("Kbuild", "obj-m := mod.o\n", NULL, NULL);
}

static void same_own_makefile(void **state)
{
	(void)state;
	assert_same("Makefile",
		    "obj-$(CONFIG_MOD) := mod.o\nKDIR ?= /lib/modules/$(shell uname -r)/build\n"
		    "ifeq ($(CONFIG_MOD),)\nall:\n"
		    "\t$(MAKE) -C $(KDIR) M=$(CURDIR) CONFIG_MOD=m modules\nendif\n",
		    NULL, NULL);
}

static void same_dkms(void **state)
{
	(void)state;
	assert_same("Makefile", "obj-m := mod.o\n", "dkms.conf",
		    "PACKAGE_NAME=pkg\nPACKAGE_VERSION=1\nBUILT_MODULE_NAME=mod\n"
		    "DEST_MODULE_LOCATION=/extra\n"
		    "MAKE='make -C $kernel_source_dir M=$dkms_tree/pkg/1/build modules'\n");
}

/* Users who want a time in it set SOURCE_DATE_EPOCH, as usual. */
static void own_date(void **state)
{
	_cleanup_free_ char *bytes = NULL;
	size_t n;

	(void)state;
	put_sources("here/mod", "Kbuild", "obj-m := mod.o\n");
	setenv("SOURCE_DATE_EPOCH", "86400", 1);
	bytes = bytes_of(do_build("here/mod")->unstripped, &n);
	unsetenv("SOURCE_DATE_EPOCH");
	assert_non_null(memmem(bytes, n, "Jan  2 1970", 11));
}

/* A build that lacked a file beside the folder finds it once it exists. */
static void neighbour_comes_later(void **state)
{
	(void)state;
	put_sources("here/mod", "Kbuild", "obj-m := mod.o\n");
	assert_int_equal(rename("here/common", "here/elsewhere"), 0);
	assert_contains(do_build("here/mod")->error, "common.h");
	assert_int_equal(rename("here/elsewhere", "here/common"), 0);
	assert_null(do_build("here/mod")->error);
}

/* --- what stands before the compiler ------------------------------------------------- */

static void forget_builds(void)
{
	_cleanup_free_ char *cache = path_cache("build", NULL);

	assert_int_equal(fs_remove_tree(cache), 0);
}

static void need(const char *program)
{
	_cleanup_free_ char *path = path_program(program);

	if (path)
		return;
	if (getenv("MUST_RUN"))
		fail_msg("%s is missing: run make deps-test", program);
	print_message("skipped: %s is missing\n", program);
	skip();
}

static void assert_counts(size_t compiled, size_t cached)
{
	if (counts.compiled != compiled || counts.cached != cached)
		fail_msg("%zu were compiled and %zu cached, not %zu and %zu", counts.compiled,
			 counts.cached, compiled, cached);
}

/* Built again, in another folder, and without ccache: the same bytes each time. */
static void ccache(void **state)
{
	_cleanup_free_ char *first = NULL, *second = NULL, *third = NULL;
	size_t n, m;

	(void)state;
	need("ccache");
	put(sample_work, "here/mod/mod.c", SAMPLE_MODULE("mod", ""));
	put(sample_work, "here/mod/Kbuild", "obj-m := mod.o\n");
	put(sample_work, "there/mod/mod.c", SAMPLE_MODULE("mod", ""));
	put(sample_work, "there/mod/Kbuild", "obj-m := mod.o\n");
	first = bytes_of(do_build("here/mod")->unstripped, &n);
	assert_counts(1, 0);
	assert_null(do_build("here/mod")->error);
	assert_counts(0, 0); /* nothing to compile */
	forget_builds();
	assert_null(do_build("here/mod")->error);
	assert_counts(0, 1);
	second = bytes_of(do_build("there/mod")->unstripped, &m);
	assert_counts(0, 1);
	assert_int_equal(n, m);
	assert_memory_equal(first, second, n);
	forget_builds();
	settings.no_ccache = true;
	third = bytes_of(do_build("there/mod")->unstripped, &m);
	settings.no_ccache = false;
	assert_counts(0, 0);
	assert_int_equal(n, m);
	assert_memory_equal(first, third, n);
}

/* A file that the compiler reads but does not list among its headers counts too. */
static void ccache_of_included_bytes(void **state)
{
	_cleanup_free_ char *module = xasprintf(
		"%sasm(\".pushsection .data\\n.incbin \\\"%s/bytes\\\"\\n.popsection\");\n",
		SAMPLE_MODULE("mod", ""), sample_work);
	static const char *const contents[] = { "first-bytes", "other-bytes" };

	(void)state;
	need("ccache");
	put(sample_work, "mod/mod.c", module);
	put(sample_work, "mod/Kbuild", "obj-m := mod.o\n");
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *bytes = NULL;
		size_t n;

		put(sample_work, "bytes", contents[i]);
		forget_builds();
		bytes = bytes_of(do_build("mod")->unstripped, &n);
		assert_non_null(memmem(bytes, n, contents[i], strlen(contents[i])));
	}
}

/* Two folders have a module of the same name: each keeps its own, whichever is built first. */
static void one_name(void **state)
{
	char *const paths[] = { (char *)"a", (char *)"b", NULL };
	struct build_request request = { .tree = &sample_tree, .paths = paths, .jobs = 2 };

	(void)state;
	put(sample_work, "a/mod/mod.c", SAMPLE_MODULE("mod", "") "int in_a;\n");
	put(sample_work, "a/mod/Kbuild", "obj-m := mod.o\n");
	put(sample_work, "b/mod/mod.c", SAMPLE_MODULE("mod", "") "int in_b;\n");
	put(sample_work, "b/mod/Kbuild", "obj-m := mod.o\n");
	for (int round = 0; round < 2; round++) {
		module_list_release(&built);
		assert_int_equal(build(&request, &built), 0);
		assert_int_equal(built.n, 2);
		for (size_t i = 0; i < built.n; i++) {
			_cleanup_free_ char *bytes = NULL;
			size_t n;

			assert_null(built.modules[i]->error);
			bytes = bytes_of(built.modules[i]->unstripped, &n);
			assert_non_null(memmem(bytes, n, i ? "in_b" : "in_a", 5));
			assert_nowhere(bytes, n, i ? "in_a" : "in_b");
		}
		put(sample_work, "a/mod/mod.c", SAMPLE_MODULE("mod", "") "int in_a, more;\n");
		put(sample_work, "b/mod/mod.c", SAMPLE_MODULE("mod", "") "int in_b, more;\n");
	}
}

/* The project's own wrapper of the compiler, with arguments; with ccache, and without. */
static void wrapper(void **state)
{
	_cleanup_free_ char *program = path_join(sample_work, "wrap", NULL);
	_cleanup_free_ char *log = path_join(sample_work, "log", NULL);
	_cleanup_free_ char *script = xasprintf("#!/bin/sh\necho \"$*\" >>%s\nexec \"$@\"\n", log);

	(void)state;
	put(sample_work, "mod/mod.c", SAMPLE_MODULE("mod", "") "int wrapped;\n");
	put(sample_work, "mod/Kbuild", "obj-m := mod.o\n");
	put_mode(sample_work, "wrap", script, 0755);
	assert_null(do_build("mod")->error); /* now ccache has it, as made without */
	forget_builds();
	settings.compiler_wrapper = program;
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *text = NULL;

		settings.no_ccache = i;
		assert_null(do_build("mod")->error);
		text = get(sample_work, "log");
		assert_contains(text, sample_tree.compiler);
		assert_contains(text, "mod.c");
		unlink(log);
		forget_builds();
	}
	settings = (struct build_settings){ 0 };
}

/*
 * A cluster of one, reached over ssh: the log of its server shows that it compiled, and the
 * bytes are the same as compiled locally.
 */
static void distcc(void **state)
{
	_cleanup_free_ char *log = path_join(sample_work, "distccd.log", NULL);
	_cleanup_free_ char *ssh = path_join(sample_work, "ssh", NULL), *script = NULL;
	_cleanup_free_ char *here = NULL, *there = NULL, *said = NULL;
	size_t n, m;

	(void)state;
	need("distccd");
	put(sample_work, "mod/mod.c", SAMPLE_MODULE("mod", "") "int distributed;\n");
	put(sample_work, "mod/Kbuild", "obj-m := mod.o\n");
	settings.no_ccache = true;
	here = bytes_of(do_build("mod")->stripped, &n);
	forget_builds();
	/* The arguments are HOST distccd --inetd ... */
	script = xasprintf("#!/bin/sh\nshift\nexec \"$@\" --log-stderr --log-level info 2>>%s\n",
			   log);
	put(sample_work, "ssh", script);
	assert_int_equal(chmod(ssh, 0755), 0);
	setenv("DISTCC_HOSTS", "@there", 1);
	setenv("DISTCC_SSH", ssh, 1);
	setenv("DISTCC_FALLBACK", "0", 1); /* without distcc, the compilation fails */
	setenv("DISTCC_DIR", sample_top, 1);
	settings.compiler_wrapper = (char *)"distcc";
	there = bytes_of(do_build("mod")->stripped, &m);
	settings = (struct build_settings){ 0 };
	unsetenv("DISTCC_HOSTS");
	unsetenv("DISTCC_SSH");
	unsetenv("DISTCC_FALLBACK");
	unsetenv("DISTCC_DIR");
	said = get(sample_work, "distccd.log");
	assert_contains(said, "COMPILE_OK");
	assert_contains(said, "mod.c");
	assert_int_equal(n, m);
	assert_memory_equal(here, there, n);
}

/* More than 64 KiB of messages. */
static void many_warnings(void **state)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	const int n = 1000;

	(void)state;
	for (int i = 0; i < n; i++)
		strbuf_addf(&text, "#warning %0100d\n", i);
	strbuf_adds(&text, SAMPLE_MODULE("mod", ""));
	put(sample_work, "mod/mod.c", text.buf);
	put(sample_work, "mod/Kbuild", "obj-m := mod.o\n");
	assert_null(do_build("mod")->error);
	assert_int_equal(counts.warnings, n);
}

/* If there is nothing to compile, warnings are still shown and counted. */
static void warnings_stay(void **state)
{
	(void)state;
	put(sample_work, "mod/mod.c",
	    SAMPLE_MODULE("mod", "") "static int unused;\nint f(void)\n{\n}\n");
	put(sample_work, "mod/Kbuild", "obj-m := mod.o\n");
	for (int i = 0; i < 2; i++) {
		assert_null(do_build("mod")->error);
		assert_int_equal(counts.warnings, 2);
	}
	put(sample_work, "mod/mod.c", SAMPLE_MODULE("mod", ""));
	assert_null(do_build("mod")->error);
	assert_int_equal(counts.warnings, 0);
}

/* --- clang --------------------------------------------------------------------------- */

/* A clang of this version that records its arguments, and compiles like the real one. */
static void put_clang(const char *version)
{
	_cleanup_free_ char *script =
		xasprintf("#!/bin/sh\n[ \"$1\" = -dumpversion ] && echo %s && exit\n"
			  "echo \"$*\" >>%s/called\nexec %s \"$@\"\n",
			  version, sample_work, sample_tree.compiler);

	put_mode(sample_work, "bin/clang", script, 0755);
}

static int try_clang(const char *path)
{
	char *const paths[] = { (char *)"mod", NULL };
	struct build_settings with_clang = { .clang = true, .no_ccache = true };
	struct build_request request = {
		.tree = &sample_tree, .paths = paths, .jobs = 1, .settings = &with_clang
	};
	_cleanup_free_ char *before = xstrdup(getenv("PATH"));
	int r;

	setenv("PATH", path, 1);
	module_list_release(&built);
	r = build(&request, &built);
	setenv("PATH", before, 1);
	return r;
}

/* The tree's makefiles see that it is clang, which version, and that it is no longer gcc. */
static void clang(void **state)
{
	_cleanup_free_ char *path = xasprintf("%s/bin:%s", sample_work, getenv("PATH"));
	_cleanup_free_ char *nowhere = path_join(sample_work, "nowhere", NULL);
	_cleanup_free_ char *makefile = get(sample_tree.build, "Makefile");
	_cleanup_free_ char *config = get(sample_tree.build, ".config");
	_cleanup_free_ char *telling =
		xasprintf("CONFIG_CC_IS_GCC := y\n$(shell echo gcc=$(CONFIG_CC_IS_GCC) "
			  "clang=$(CONFIG_CC_IS_CLANG) "
			  "version=$(CONFIG_CLANG_VERSION) >$(M)/told)\n%s",
			  makefile);
	_cleanup_free_ char *called = NULL, *told = NULL, *told_path = NULL;

	(void)state;
	put(sample_work, "mod/mod.c", SAMPLE_MODULE("mod", ""));
	put(sample_work, "mod/Kbuild", "obj-m := mod.o\n");
	assert_int_equal(try_clang(nowhere), -ENOENT);
	put_clang("13.0.1");
	assert_int_equal(try_clang(path), -ENOTSUP);
	put_clang("14.0.6");
	put(sample_tree.build, ".config", "CONFIG_A=y\nCONFIG_GCC_PLUGIN_RANDSTRUCT=y\n");
	assert_int_equal(try_clang(path), -ENOTSUP);
	put(sample_tree.build, ".config",
	    "CONFIG_A=y\n# CONFIG_GCC_PLUGIN_RANDSTRUCT is not set\n");
	put(sample_tree.build, "Makefile", telling);
	assert_null(get(sample_work, "called"));
	assert_int_equal(try_clang(path), 0);
	put(sample_tree.build, "Makefile", makefile);
	put(sample_tree.build, ".config", config);
	assert_null(built.modules[0]->error);
	called = get(sample_work, "called");
	assert_contains(called, "mod.c");
	told_path = path_join(built.modules[0]->build_dir, "told", NULL);
	told = get("/", told_path);
	assert_contains(told, "gcc= clang=y version=140006");
}

/* --- several kernels ----------------------------------------------------------------- */

#define OTHER_RELEASE "6.12.0-1-arm64"

/* A second tree, with something that the first one does not have: CONFIG_ONLY_HERE. */
static void make_other_tree(struct kernel_tree *tree)
{
	*tree = sample_tree;
	tree->name = tree->release = (char *)OTHER_RELEASE;
	tree->root = tree->build = path_join(sample_top, "other-tree", NULL);
	put(tree->build, "Makefile", "override KCPPFLAGS += -DOTHER_TREE\n");
	sample_run((const char *const[]){ "sh", "-c", "cat \"$1\"/Makefile >>\"$2\"/Makefile", "sh",
					  sample_tree.build, tree->build, NULL });
	put(tree->build, ".config", "CONFIG_A=y\n");
}

static void assert_state(const struct module_list *list, const char *name, const char *release,
			 const char *error)
{
	const struct module *m = module_list_find(list, name);

	if (!m)
		fail_msg("no module %s for %s", name, release);
	if (!error) {
		assert_null(m->error);
		assert_contains(m->stripped, release);
		assert_true(fs_exists(m->stripped));
	} else {
		assert_contains(m->error, error);
	}
}

/*
 * Two kernels: one accepts a module that the other does not, and another module needs it. That
 * one is built for the first kernel, with the symbols, and refused for the second.
 */
static void two_kernels(void **state)
{
	char *const paths[] = { (char *)"mods", NULL };
	struct kernel_tree other, *trees[] = { &sample_tree, &other };
	struct module_list lists[2] = { 0 };
	struct build_request request = { .paths = paths, .jobs = 2, .counts = &counts };

	(void)state;
	make_other_tree(&other);
	counts = (struct build_counts){ 0 };
	put(sample_work, "mods/base/Kbuild", "obj-m := base.o\n");
	put(sample_work, "mods/base/base.c",
	    SAMPLE_MODULE("base", "") "/* EXPORTS(base_f) */\n#ifndef OTHER_TREE\n#error wrong "
				      "tree\n#endif\n");
	put(sample_work, "mods/top/Kbuild", "obj-m := top.o\n");
	put(sample_work, "mods/top/test.conf", "depends = base\n");
	put(sample_work, "mods/top/top.c", SAMPLE_MODULE("top", "base") "/* NEEDS(base_f) */\n");
	put(sample_work, "mods/plain/Kbuild", "obj-m := plain.o\n");
	put(sample_work, "mods/plain/plain.c", SAMPLE_MODULE("plain", "") "static int unused;\n");
	assert_int_equal(build_for(&request, trees, 2, lists), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lists[i].n, 3);
		assert_state(&lists[i], "plain", trees[i]->release, NULL);
	}
	assert_state(&lists[0], "base", SAMPLE_RELEASE, "wrong tree");
	assert_state(&lists[0], "top", SAMPLE_RELEASE, "depends on");
	assert_state(&lists[1], "base", OTHER_RELEASE, NULL);
	assert_state(&lists[1], "top", OTHER_RELEASE, NULL);
	assert_int_equal(counts.warnings, 2); /* of plain, once for each kernel */
	module_list_release(&lists[0]);
	module_list_release(&lists[1]);
	free(other.build);
}

static int end(void **state)
{
	module_list_release(&built);
	return sample_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(same_kbuild, sample_clear),
		cmocka_unit_test_setup(same_own_makefile, sample_clear),
		cmocka_unit_test_setup(same_dkms, sample_clear),
		cmocka_unit_test_setup(own_date, sample_clear),
		cmocka_unit_test_setup(neighbour_comes_later, sample_clear),
		cmocka_unit_test_setup(ccache, sample_clear),
		cmocka_unit_test_setup(ccache_of_included_bytes, sample_clear),
		cmocka_unit_test_setup(one_name, sample_clear),
		cmocka_unit_test_setup(wrapper, sample_clear),
		cmocka_unit_test_setup(distcc, sample_clear),
		cmocka_unit_test_setup(many_warnings, sample_clear),
		cmocka_unit_test_setup(warnings_stay, sample_clear),
		cmocka_unit_test_setup(clang, sample_clear),
		cmocka_unit_test_setup(two_kernels, sample_clear),
	};

	return cmocka_run_group_tests(tests, sample_start, end);
}
