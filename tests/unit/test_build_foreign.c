// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folders that are not built in kbuild's own way: with a dkms.conf, or a Makefile that calls
 * kbuild.
 */
#include "sample_build.h"

#include "common/beneath.h"
#include "common/strv.h"
#include "host/build/mirror.h"

static void dkms_packages(void **state)
{
	_cleanup_free_ char *user = path_join(sample_work, "pkg", NULL),
			    *dir = unit_dir(user, SAMPLE_RELEASE);
	_cleanup_free_ char *work = path_join(dir, "work", NULL),
			    *manifest = path_join(dir, "manifest", NULL),
			    *stamp = path_join(dir, "stamp", NULL);
	_cleanup_strv_ char **left_out = NULL;
	struct mirror_size size = { 0 };
	struct mirror mirror = {
		.size = &size,
		.from = user,
		.project = user,
		.to = "dkms/pkg/1/build",
		.manifest = manifest,
		.stamp = stamp,
		.left_out = &left_out,
	};
	bool changed;

	(void)state;
	put_module("pkg/src", "d-mod", "", "#include \"made.h\"\nint x = MADE + PATCHED;");
	put(sample_work, "pkg/src/patched.h", "");
	put(sample_work, "pkg/src/d-mod.c",
	    SAMPLE_MODULE("d_mod", "") "#include \"made.h\"\n#include \"patched.h\"\n"
				       "int x = MADE + PATCHED;\n");
	put(sample_work, "pkg/patches/p.patch",
	    "--- a/src/patched.h\n+++ b/src/patched.h\n@@ -0,0 +1 @@\n+#define PATCHED 1\n");
	put_mode(sample_work, "pkg/pre.sh", "#!/bin/sh\necho \"#define MADE $1\" > src/made.h\n",
		 0755);
	put(sample_work, "pkg/Makefile",
	    "WHERE ?= /lib/modules/$(shell uname -r)/build\nall:\n\t$(MAKE) -C $(WHERE) "
	    "M=$(PWD)/src modules\n"
	    "\ttest $$(uname -r) = " SAMPLE_RELEASE "\n\ttest $(KERNELRELEASE) = " SAMPLE_RELEASE
	    "\n");
	put(sample_work, "pkg/dkms.conf",
	    "PACKAGE_NAME=pkg\nPACKAGE_VERSION=1\nBUILT_MODULE_NAME=d-mod\nBUILT_MODULE_LOCATION="
	    "src\n"
	    "DEST_MODULE_LOCATION=/extra\nMAKE='make all'\nPRE_BUILD='pre.sh 2'\nPATCH=p.patch\n");
	assert_int_equal(do_build("pkg", NULL), 0);
	if (the_module("d_mod")->error)
		fail_msg("%s", the_module("d_mod")->error);
	assert_null(the_module("d_mod")->test.skip);
	/* A change: patched again, from the current files. */
	put(sample_work, "pkg/src/other.h", "");
	assert_int_equal(do_build("pkg", NULL), 0);
	assert_null(the_module("d_mod")->error);
	/* Killed after these were copied again, before anything was patched. */
	set_time("pkg/src/patched.h", 1000);
	set_time("pkg/src/d-mod.c", 1000);
	mirror.root = beneath_root(work);
	assert_int_equal(mirror_update(&mirror, &changed), 0);
	close(mirror.root);
	assert_true(changed);
	assert_int_equal(do_build("pkg", NULL), 0);
	if (the_module("d_mod")->error)
		fail_msg("%s", the_module("d_mod")->error);
	put(sample_work, "pkg/dkms.conf",
	    "PACKAGE_NAME=pkg\nPACKAGE_VERSION=1\nBUILT_MODULE_NAME=d-mod\n"
	    "DEST_MODULE_LOCATION=/extra\nBUILD_EXCLUSIVE_KERNEL=^2\\.4\n");
	assert_int_equal(do_build("pkg", NULL), 0);
	assert_null(the_module("d_mod")->error);
	assert_contains(the_module("d_mod")->test.skip, "BUILD_EXCLUSIVE_KERNEL");
	put(sample_work, "pkg/dkms.conf", "while :\n");
	assert_int_equal(do_build("pkg", NULL), 0);
	assert_contains(built.modules[0]->error, "dkms.conf");
}

/* $dkms_tree leads a dkms.conf to the copy, wherever a link led before. */
static void dkms_link_that_led_elsewhere(void **state)
{
	_cleanup_free_ char *path = path_join(sample_work, "pkg", NULL),
			    *dir = unit_dir(path, SAMPLE_RELEASE);
	_cleanup_free_ char *link = path_join(dir, "work/dkms/pkg/1/source", NULL);

	(void)state;
	put_module("pkg", "one", "", "");
	put(sample_work, "pkg/dkms.conf",
	    "PACKAGE_NAME=pkg\nPACKAGE_VERSION=1\nBUILT_MODULE_NAME=one\n"
	    "DEST_MODULE_LOCATION=/extra\n"
	    "MAKE='test -e $dkms_tree/pkg/1/source/Kbuild && make -C $kernel_source_dir "
	    "M=$dkms_tree/pkg/1/build modules'\n");
	assert_int_equal(do_build("pkg", NULL), 0);
	assert_null(the_module("one")->error);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("/nonexistent", link), 0);
	put_module("pkg", "one", "", "int changed;");
	assert_int_equal(do_build("pkg", NULL), 0);
	if (the_module("one")->error)
		fail_msg("%s", the_module("one")->error);
}

/* Two folders in turn, and the second needs the first; then all modules are moved to the top. */
static void dkms_package_of_two_folders(void **state)
{
	(void)state;
	put_module("pkg/one", "one", "", "/* EXPORTS(sym_one) */");
	put_module("pkg/two", "two", "one", "/* NEEDS(sym_one) */");
	put(sample_work, "pkg/two/Kbuild",
	    "obj-m := two.o\nKBUILD_EXTRA_SYMBOLS = $(M)/../one/Module.symvers\n");
	put(sample_work, "pkg/dkms.conf",
	    "PACKAGE_NAME=pkg\nPACKAGE_VERSION=1\nB=$dkms_tree/pkg/1/build\n"
	    "MAKE=\"make -C $kernel_source_dir M=$B/one modules && "
	    "make -C $kernel_source_dir M=$B/two modules && "
	    "find $B -name '*.ko' -exec mv {} $B \\;\"\n"
	    "BUILT_MODULE_NAME[0]=one\nDEST_MODULE_LOCATION[0]=/extra\n"
	    "BUILT_MODULE_NAME[1]=two\nDEST_MODULE_LOCATION[1]=/extra\n");
	assert_int_equal(do_build("pkg", NULL), 0);
	if (the_module("one")->error || the_module("two")->error)
		fail_msg("%s", the_module("one")->error);
}

static void own_makefile(void **state)
{
	(void)state;
	put_module("one", "one", "", "");
	unlink("one/Kbuild");
	put(sample_work, "one/Makefile",
	    "obj-$(CONFIG_ONE) := one.o\nKDIR ?= /lib/modules/$(shell uname -r)/build\n"
	    "ifeq ($(CONFIG_ONE),)\nall:\n\t$(MAKE) -C $(KDIR) M=$(PWD) CONFIG_ONE=m modules\n"
	    "endif\n");
	assert_int_equal(do_build("one", NULL), 0);
	if (the_module("one")->error)
		fail_msg("%s", the_module("one")->error);
}

/* It makes the module, then fails: the module does not count, even if it runs again. */
static void own_makefile_that_fails_late(void **state)
{
	static const char makefile[] =
		"obj-$(CONFIG_ONE) := one.o\nKDIR ?= /lib/modules/$(shell uname -r)/build\n"
		"ifeq ($(CONFIG_ONE),)\nall:\n\t$(MAKE) -C $(KDIR) M=$(PWD) CONFIG_ONE=m modules\n"
		"\ttest -e good\nendif\n";

	(void)state;
	put_module("one", "one", "", "");
	unlink("one/Kbuild");
	put(sample_work, "one/Makefile", makefile);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(do_build("one", NULL), 0);
		assert_non_null(built.modules[0]->error);
		put(sample_work, "one/one.c", "#error no\n");
	}
	put_module("one", "one", "", "int changed;");
	unlink("one/Kbuild");
	put(sample_work, "one/good", "");
	assert_int_equal(do_build("one", NULL), 0);
	if (the_module("one")->error)
		fail_msg("%s", the_module("one")->error);
	/* Neither kbuild nor the folder's Makefile makes a module any more. */
	put(sample_work, "one/Makefile", "obj-$(CONFIG_TWO) := one.o\nall:\n\tfalse\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_non_null(built.modules[0]->error);
	/* Once fixed, kbuild itself can build it. */
	put(sample_work, "one/Makefile", "obj-m := one.o\n");
	assert_int_equal(do_build("one", NULL), 0);
	if (the_module("one")->error)
		fail_msg("%s", the_module("one")->error);
}

/* A module that kbuild made before, but no longer does. */
static void no_module_any_more(void **state)
{
	(void)state;
	put_module("one", "one", "", "");
	assert_int_equal(do_build("one", NULL), 0);
	assert_null(the_module("one")->error);
	put(sample_work, "one/Kbuild", "obj-$(CONFIG_ONE) := one.o\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_contains(built.modules[0]->error, "make built no module");
}

static void read_stripped(const char *name, struct strbuf *bytes)
{
	struct module *m = the_module(name);

	if (m->error)
		fail_msg("%s", m->error);
	assert_int_equal(fs_read(m->stripped, bytes, 0), 0);
}

/* The folder's Makefile calls kbuild. */
static void put_foreign(const char *name, const char *dkms_conf, const char *more)
{
	_cleanup_free_ char *makefile = path_join(name, "Makefile", NULL);
	_cleanup_free_ char *conf = path_join(name, "dkms.conf", NULL);
	_cleanup_free_ char *mark = path_join(name, "no-debug-info", NULL);
	_cleanup_free_ char *kbuild = path_join(name, "Kbuild", NULL);
	_cleanup_free_ char *text = xasprintf(
		"obj-$(CONFIG_ONE) := %s.o\nKDIR ?= /lib/modules/$(shell uname -r)/build\n"
		"ifeq ($(CONFIG_ONE),)\nall:\n\t$(MAKE) -C $(KDIR) M=$(PWD) CONFIG_ONE=m modules\n"
		"endif\n",
		name);

	put_module(name, name, "", more);
	unlink(kbuild);
	put(sample_work, makefile, text);
	put(sample_work, mark, "");
	if (dkms_conf)
		put(sample_work, conf, dkms_conf);
}

static void check_foreign_debug_info(const char *name, const char *dkms_conf)
{
	_cleanup_(strbuf_release) struct strbuf without = STRBUF_INIT, with = STRBUF_INIT;

	put_foreign(name, dkms_conf, "int x(int y) { return y + 1; }");
	put(sample_tree.build, ".config", "\nCONFIG_DEBUG_INFO=y\n");
	assert_int_equal(do_build(name, NULL), 0);
	read_stripped(name, &without);
	assert_false(module_can_strip(the_module(name)->unstripped));
	put(sample_tree.build, ".config", "# CONFIG_DEBUG_INFO is not set\n");
	put_foreign(name, dkms_conf, "int x(int y) { return y + 1; } ");
	assert_int_equal(do_build(name, NULL), 0);
	read_stripped(name, &with);
	assert_true(module_can_strip(the_module(name)->unstripped));
	assert_int_equal(with.len, without.len);
	assert_memory_equal(with.buf, without.buf, with.len);
}

/* The code is the same as without. */
static void debug_info_of_foreign_builds(void **state)
{
	_cleanup_free_ char *config = get(sample_tree.build, ".config");

	(void)state;
	check_foreign_debug_info("one", NULL);
	check_foreign_debug_info("two", "PACKAGE_NAME=p\nPACKAGE_VERSION=1\nMAKE='make all'\n"
					"BUILT_MODULE_NAME=two\nDEST_MODULE_LOCATION=/extra\n");
	put(sample_tree.build, ".config", config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(dkms_packages, sample_clear),
		cmocka_unit_test_setup(dkms_link_that_led_elsewhere, sample_clear),
		cmocka_unit_test_setup(dkms_package_of_two_folders, sample_clear),
		cmocka_unit_test_setup(own_makefile, sample_clear),
		cmocka_unit_test_setup(own_makefile_that_fails_late, sample_clear),
		cmocka_unit_test_setup(no_module_any_more, sample_clear),
		cmocka_unit_test_setup(debug_info_of_foreign_builds, sample_clear),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_build_end);
}
