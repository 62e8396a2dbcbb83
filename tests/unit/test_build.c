// SPDX-License-Identifier: GPL-2.0-only
/* Building: what a path is, the copy, make's messages, and all of it with a small kernel tree. */
#include "sample_tree.h"

#include "host/build.h"
#include "host/compdb.h"
#include "host/kbuild.h"
#include "host/messages.h"
#include "host/mirror.h"
#include "host/sources.h"
#include "host/unit.h"

#include <elf.h>
#include <jansson.h>
#include <sys/wait.h>

/* --- sources ---------------------------------------------------------------------- */

static enum source_kind kind_of(const char *path)
{
	_cleanup_(source_list_release) struct source_list list = { 0 };

	assert_int_equal(sources_find(path, &list), 0);
	assert_int_equal(list.n, 1);
	return list.list[0].kind;
}

static void classified(void **state)
{
	_cleanup_(source_list_release) struct source_list list = { 0 };

	(void)state;
	put(sample_work, "k/Kbuild",
	    "# obj-m := no.o\nobj-m := a-b.o \\\n   c.o\nobj-m += d.o # e.o\n");
	put(sample_work, "m/Makefile",
	    "ifneq ($(KERNELRELEASE),)\nobj-$(CONFIG_X) += x.o\nendif\n");
	put(sample_work, "d/dkms.conf", "");
	put(sample_work, "d/Makefile", "obj-m := y.o\n");
	put(sample_work, "x.ko", "");
	put(sample_work, "n/Makefile", "all:\n\techo obj-module\n");
	put(sample_work, "only-folders/README", "");
	assert_int_equal(kind_of("k"), SOURCE_KBUILD);
	assert_int_equal(kind_of("m"), SOURCE_KBUILD);
	assert_int_equal(kind_of("d"), SOURCE_DKMS);
	assert_int_equal(kind_of("x.ko"), SOURCE_KO);
	assert_int_equal(sources_find("n", &list), -ENOENT);
	assert_int_equal(sources_find("only-folders", &list), -ENOENT);
	assert_int_equal(sources_find("none", &list), -ENOENT);
	assert_int_equal(sources_find("n/Makefile", &list), -EINVAL);
	assert_int_equal(sources_find(".", &list), 0);
	assert_int_equal(sources_find("k", &list), 0); /* again: not added */
	assert_int_equal(list.n, 3);
	assert_int_equal(list.list[0].kind, SOURCE_DKMS);
	assert_int_equal(strv_length(list.list[1].provides), 3);
	assert_string_equal(list.list[1].provides[0], "a_b");
	assert_string_equal(list.list[1].provides[2], "d");
}

/* --- the copy ---------------------------------------------------------------------- */

static bool mirror(void)
{
	_cleanup_free_ char *from = path_join(sample_work, "from", NULL),
			    *to = path_join(sample_work, "to", NULL);
	_cleanup_free_ char *manifest = path_join(sample_work, "manifest", NULL);
	bool changed;

	assert_int_equal(mirror_update(from, to, manifest, &changed), 0);
	return changed;
}

static void set_time(const char *name, long seconds)
{
	const struct timespec times[2] = { { seconds, 5 }, { seconds, 5 } };

	assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
}

static long long time_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	return st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
}

static void assert_file(const char *name, const char *expected)
{
	_cleanup_free_ char *text = get(sample_work, name);

	assert_non_null(text);
	assert_string_equal(text, expected);
}

static void mirrored(void **state)
{
	(void)state;
	put(sample_work, "from/a.c", "one");
	put_mode(sample_work, "from/sub/run.sh", "two", 0555);
	set_time("from/a.c", 1000);
	assert_true(mirror());
	assert_false(mirror());
	assert_true(time_of("to/a.c") == time_of("from/a.c"));
	assert_int_equal(access("to/sub/run.sh", X_OK), 0);
	put(sample_work, "to/a.o", "built");
	put(sample_work, "to/a.c", "patched here");
	assert_false(mirror());              /* what the build changes is its own affair */
	put(sample_work, "from/a.c", "1!!"); /* the same size */
	assert_true(mirror());
	assert_file("to/a.c", "1!!");
	assert_true(fs_exists("to/a.o"));
	assert_false(mirror());
}

static void mirrored_removal(void **state)
{
	(void)state;
	put(sample_work, "from/a.c", "one");
	put(sample_work, "from/sub/b.c", "two");
	put(sample_work, "from/turns", "a file");
	assert_true(mirror());
	put(sample_work, "to/sub/b.o", "built");
	unlink("from/a.c");
	assert_int_equal(fs_remove_tree("from/sub"), 0);
	unlink("from/turns");
	put(sample_work, "from/turns/into", "a folder");
	assert_true(mirror());
	assert_false(fs_exists("to/a.c"));
	assert_false(fs_exists("to/sub"));
	assert_true(fs_exists("to/turns/into"));
}

static void mirrored_older(void **state)
{
	(void)state;
	put(sample_work, "from/a.c", "new");
	set_time("from/a.c", 2000000000);
	assert_true(mirror());
	put(sample_work, "from/a.c", "old");
	set_time("from/a.c", 1000);
	assert_true(mirror());
	assert_file("to/a.c", "old");
	/* Not the old time: make would take an object made since for current. */
	assert_true(time_of("to/a.c") > 1000000000LL * 1000000000LL);
	assert_false(mirror());
}

/* Saved while the version before it was being built: the copy is younger than what came of that. */
static void mirrored_meanwhile(void **state)
{
	(void)state;
	put(sample_work, "from/a.c", "one");
	put(sample_work, "from/b.c", "one");
	assert_true(mirror());
	put(sample_work, "from/a.c", "two");
	put(sample_work, "from/b.c", "two");
	put(sample_work, "to/a.o", "built from one");
	assert_true(time_of("from/a.c") < time_of("to/a.o"));
	assert_true(mirror());
	assert_true(time_of("to/a.c") > time_of("to/a.o"));
	assert_true(time_of("to/a.c") == time_of("to/b.c"));
}

static void left_out(void **state)
{
	static const char *const products[] = { ".git/HEAD",     "a.ko",           "a.mod",
						"a.mod.c",       ".a.o.cmd",       "a.o",
						"modules.order", "Module.symvers", "sub/.b.o.cmd",
						"sub/b.o" };

	(void)state;
	put(sample_work, "from/blob.o", "no .cmd beside it: somebody put it there");
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		_cleanup_free_ char *name = path_join("from", products[i], NULL);

		put(sample_work, name, "x");
	}
	assert_true(mirror());
	assert_true(fs_exists("to/blob.o"));
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		_cleanup_free_ char *name = path_join("to", products[i], NULL);

		if (fs_exists(name))
			fail_msg("%s was copied", name);
	}
}

static void links(void **state)
{
	_cleanup_free_ char *inside = path_join(sample_work, "from/a.c", NULL);
	_cleanup_free_ char *in_copy = path_join(sample_work, "to/a.c", NULL);
	char text[4096] = "";

	(void)state;
	put(sample_work, "from/a.c", "one");
	put(sample_work, "outside.h", "two");
	put(sample_work, "dir/x.h", "three");
	assert_int_equal(symlink("a.c", "from/same.c"), 0);
	assert_int_equal(symlink(inside, "from/absolute.c"), 0);
	assert_int_equal(symlink("../outside.h", "from/outside.h"), 0);
	assert_int_equal(symlink("../dir", "from/dir"), 0);
	assert_int_equal(symlink("nowhere", "from/dangling"), 0);
	assert_true(mirror());
	assert_int_equal(readlink("to/same.c", text, sizeof(text)), 3);
	assert_true(readlink("to/absolute.c", text, sizeof(text) - 1) > 0);
	assert_int_equal(strncmp(text, in_copy, strlen(in_copy)), 0);
	assert_file("to/outside.h", "two");
	assert_true(readlink("to/outside.h", text, sizeof(text)) < 0);
	assert_file("to/dir/x.h", "three");
	assert_false(mirror());
	put(sample_work, "outside.h", "other");
	assert_true(mirror());
	assert_file("to/outside.h", "other");
}

static void endless_link(void **state)
{
	_cleanup_free_ char *from = path_join(sample_work, "from", NULL),
			    *to = path_join(sample_work, "to", NULL);
	_cleanup_free_ char *manifest = path_join(sample_work, "manifest", NULL);
	bool changed;

	(void)state;
	put(sample_work, "from/a.c", "one");
	assert_int_equal(symlink("..", "from/up"), 0);
	assert_int_equal(mirror_update(from, to, manifest, &changed), -ELOOP);
	assert_false(fs_exists(manifest));
}

/* --- messages ---------------------------------------------------------------------- */

static struct path_map map_for_work(void)
{
	static char user[4096];

	snprintf(user, sizeof(user), "%s/user", sample_work);
	return (struct path_map){ "/copy/of/it", NULL, user, "user" };
}

static void messages(void **state)
{
	static const char output[] =
		"make: Entering directory '/tree'\n"
		"  CC [M]  /copy/of/it/a.o\n"
		"In file included from /copy/of/it/a.c:1:\n"
		"/copy/of/it/sub/b.h:3:9: error: unknown type name 'foo'\n"
		"    3 | foo x;\n"
		"      | ^~~\n"
		"/copy/of/it/a.c: In function 'f':\n"
		"/copy/of/it/a.c:9:2: warning: unused variable 'y' [-Wunused-variable]\n"
		"a.c:10:2: error: relative, as from 6.13 on\n"
		"/copy/of/it/made.mod.c:1:1: error: the build's own file\n"
		"/copy/of/it/Kbuild:7: not about an error, though it ends in ld\n"
		"aarch64-linux-gnu-ld: cannot find x.o\n"
		"ERROR: modpost: \"nope\" [/copy/of/it/a.ko] undefined!\n"
		"make[2]: *** [scripts/Makefile.build:255: /copy/of/it/a.o] Error 1\n"
		"make[1]: *** Waiting for unfinished jobs....\n";
	struct path_map map = map_for_work();
	struct messages m = MESSAGES_INIT;

	(void)state;
	put(sample_work, "user/a.c", "");
	put(sample_work, "user/sub/b.h", "");
	put(sample_work, "user/Kbuild", "");
	messages_read(&m, &map, output, true);
	assert_string_equal(m.text.buf,
			    "In file included from user/a.c:1:\n"
			    "user/sub/b.h:3:9: error: unknown type name 'foo'\n"
			    "    3 | foo x;\n"
			    "      | ^~~\n"
			    "user/a.c: In function 'f':\n"
			    "user/a.c:9:2: warning: unused variable 'y' [-Wunused-variable]\n"
			    "user/a.c:10:2: error: relative, as from 6.13 on\n"
			    "/copy/of/it/made.mod.c:1:1: error: the build's own file\n"
			    "aarch64-linux-gnu-ld: cannot find x.o\n"
			    "ERROR: modpost: \"nope\" [/copy/of/it/a.ko] undefined!\n");
	assert_int_equal(m.errors, 5);
	assert_int_equal(m.warnings, 1);
	assert_string_equal(m.first_error, "user/sub/b.h:3:9: error: unknown type name 'foo'");
	messages_release(&m);
}

static void messages_unknown(void **state)
{
	struct path_map map = map_for_work();
	struct messages m = MESSAGES_INIT;

	(void)state;
	messages_read(&m, &map, "  CC [M] x.o\nsomething odd happened\n", false);
	assert_string_equal(m.text.buf, "");
	messages_read(&m, &map, "  CC [M] x.o\nsomething odd happened\n", true);
	assert_contains(m.text.buf, "something odd happened\n");
	messages_release(&m);
}

static void shown_paths(void **state)
{
	_cleanup_free_ char *below = path_join(sample_work, "x/y", NULL);
	_cleanup_free_ char *beside = xasprintf("%s-other", sample_work);
	_cleanup_free_ char *a = path_shown(below), *b = path_shown(sample_work),
			    *c = path_shown(beside);

	(void)state;
	assert_string_equal(a, "x/y");
	assert_string_equal(b, ".");
	assert_string_equal(c, beside);
}

/* --- .cmd files and makefiles ---------------------------------------------------------- */

static void cmd_files(void **state)
{
	static const struct {
		const char *text, *command, *file;
	} cases[] = {
		{ "cmd_/c/a.o := gcc -DX='\"a$(pound)b\"' -c -o /c/a.o /c/a.c\n\nsource_/c/a.o := "
		  "/c/a.c\n",
		  "gcc -DX='\"a#b\"' -c -o /c/a.o /c/a.c", "/c/a.c" },
		{ "savedcmd_a.o := gcc -Da=$$x -c -o a.o a.S ; ./objtool a.o\n",
		  "gcc -Da=$x -c -o a.o a.S", "a.S" },
		{ "savedcmd_/c/a.ko := ld -r -o /c/a.ko /c/a.o\n", NULL, NULL },
		{ "cmd_/c/m.o := ld -r -o /c/m.o /c/a.o /c/b.o\n", NULL, NULL },
		{ "cmd_a.o", NULL, NULL },
		{ "cmd_a.o := ", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct compdb_entry entry;
		int r = compdb_parse(cases[i].text, &entry);

		assert_int_equal(r, cases[i].file ? 0 : -ENOENT);
		if (r == 0) {
			assert_string_equal(entry.command, cases[i].command);
			assert_string_equal(entry.file, cases[i].file);
		}
		compdb_entry_release(&entry);
	}
}

static void makefile_variables(void **state)
{
	_cleanup_strv_ char **trees = NULL, **releases = NULL;

	(void)state;
	kbuild_scan_makefile("KERNELRELEASE ?= `uname -r`\n"
			     "MY_KDIR ?= /lib/modules/$(shell uname -r)/build\n"
			     "  export OTHER := /lib/modules/$(V)/source\n"
			     "MY_V=$(shell uname -r)\n"
			     "ifeq ($(MY_V),/lib/modules/x/build)\n"
			     "# COMMENTED = /lib/modules/x/build\n"
			     "INSTALL = /lib/modules/$(MY_V)/extra\n"
			     "\tmake -C /lib/modules/x/build M=y\n",
			     &trees, &releases);
	assert_int_equal(strv_length(trees), 2);
	assert_string_equal(trees[0], "MY_KDIR");
	assert_string_equal(trees[1], "OTHER");
	assert_int_equal(strv_length(releases), 1);
	assert_string_equal(releases[0], "MY_V");
}

/* --- all of it ------------------------------------------------------------------------- */

static void put_module(const char *dir, const char *name, const char *depends, const char *more)
{
	_cleanup_free_ char *c = xasprintf("%s/%s.c", dir, name),
			    *kbuild = xasprintf("%s/Kbuild", dir);
	_cleanup_free_ char *rule = xasprintf("obj-m := %s.o\n", name);
	_cleanup_free_ char *source =
		xasprintf("#define INFO(n, t) const char n[] "
			  "__attribute__((section(\".modinfo\"), used)) = t\n"
			  "INFO(i1, \"name=%s\"); INFO(i2, \"depends=%s\");\n"
			  "INFO(i3, \"vermagic=" SAMPLE_RELEASE " SMP\");\n%s\n",
			  name, depends, more);

	put(sample_work, c, source);
	put(sample_work, kbuild, rule);
}

static struct module_list built; /* by the last do_build() */
static int jobs = 2;

static int do_build(const char *a, const char *b)
{
	char *const paths[] = { (char *)a, (char *)b, NULL };
	struct build_request request = {
		.tree = &sample_tree, .paths = paths, .tests = true, .jobs = jobs
	};

	module_list_release(&built);
	return build(&request, &built);
}

static struct module *the_module(const char *name)
{
	struct module *m = module_list_find(&built, name);

	if (!m)
		fail_msg("there is no module %s; of %zu the first is %s: %s", name, built.n,
			 built.n ? built.modules[0]->name : "-",
			 built.n ? built.modules[0]->error : "-");
	return m;
}

static char *read_of_unit(const char *folder, const char *name)
{
	_cleanup_free_ char *path = path_join(sample_work, folder, NULL),
			    *dir = unit_dir(path, SAMPLE_RELEASE);

	return get(dir, name);
}

/* How often make ran for the folder. */
static size_t runs_of(const char *folder)
{
	_cleanup_free_ char *name = xasprintf("tree/up/%s/runs", folder);
	_cleanup_free_ char *text = read_of_unit(folder, name);

	return text ? strlen(text) / strlen("made\n") : 0;
}

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

/* Also for a kernel that was built without, as lines of a crash are named by it. */
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
				     i ? "tree/up/two/flags" : "tree/up/one/flags");
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
	/* Not in the tick of the clock in which the build starts: that would be built once more,
	 * rightly. */
	set_time("include/shared.h", 900);
	assert_int_equal(do_build("one", NULL), 0);
	assert_null(the_module("one")->error);
	assert_int_equal(runs_of("one"), 1);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 1);
	put_module("one", "one", "", "#include \"../include/shared.h\"\nint x = SHARED + 1;");
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 2);
	/* A file outside of the folder, reached by "..". */
	put(sample_work, "include/shared.h", "#define SHARED 1234\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 3);
	/* Saved after the compiler may have read it, if the clocks are to be believed. */
	set_time("include/shared.h", 2000000000);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 5);
	set_time("include/shared.h", 1000);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 6);
	/* What make is told. */
	setenv("SOME_OPTION", "1", 1);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 7);
	unsetenv("SOME_OPTION");
	/* The result is gone. */
	unlink(the_module("one")->unstripped);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 8);
	assert_true(fs_exists(the_module("one")->unstripped));
}

/* make would take an object that another compiler made for its own. */
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

/* One that the user builds where it is: its headers, and what modpost reads. */
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
	put(sample_tree.build, "Module.symvers", "0x1\tf\tvmlinux\tEXPORT_SYMBOL\t\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 3);
	assert_int_equal(do_build("one", NULL), 0);
	assert_int_equal(runs_of("one"), 3);
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
	/* Mended, it builds. */
	put_module("bad", "bad", "", "int f(void) { return 1; }");
	assert_int_equal(do_build("bad", NULL), 0);
	assert_null(the_module("bad")->error);
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
	/* It stands beside the one that was asked for: that is enough. */
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
	assert_contains(the_module("a")->error, "circle");
	assert_contains(the_module("b")->error, "circle");
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
	assert_true(time_of(first) == made); /* not its business */
	put(sample_work, "one/value.h", "#define VALUE 4\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_true(time_of(first) > made);
	put(sample_work, "one/test/t.c", "int main(void) { return undeclared; }\n");
	assert_int_equal(do_build("one", NULL), 0);
	assert_contains(the_module("one")->error,
			"test program test/t.c does not compile: one/test/t.c:1:25: error");
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
	assert_contains(the_module("one")->error, "outside of its folder");
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
	assert_null(built.modules[0]->error); /* that it will not load the check says */
	assert_int_equal(built.modules[0]->machine, EM_X86_64);
	sample_run((const char *const[]){ "xz", "-k", "given.ko", NULL });
	assert_int_equal(do_build("given.ko.xz", NULL), 0);
	assert_string_not_equal(built.modules[0]->stripped, built.modules[0]->unstripped);
	bytes.len = 0;
	assert_int_equal(fs_read(built.modules[0]->stripped, &bytes, 0), 0);
	assert_memory_equal(bytes.buf, ELFMAG,
			    SELFMAG); /* a board's finit_module unpacks nothing */
	put(sample_work, "text.ko.xz", "text");
	assert_int_equal(do_build("text.ko.xz", NULL), 0);
	assert_string_equal(built.modules[0]->stripped, built.modules[0]->unstripped);
	assert_int_equal(do_build("none.ko", NULL), -ENOENT);
}

static void dkms_packages(void **state)
{
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
	/* A change: patched again, from what is there now. */
	put(sample_work, "pkg/src/other.h", "");
	assert_int_equal(do_build("pkg", NULL), 0);
	assert_null(the_module("d_mod")->error);
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

/* What a dkms.conf finds by $dkms_tree is the copy, whatever a link said before. */
static void dkms_link_that_led_elsewhere(void **state)
{
	_cleanup_free_ char *path = path_join(sample_work, "pkg", NULL),
			    *dir = unit_dir(path, SAMPLE_RELEASE);
	_cleanup_free_ char *link = path_join(dir, "dkms/pkg/1/source", NULL);

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

/* A folder after the other, the second one wants the first; then all modules are moved to the top.
 */
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

static void read_stripped(const char *name, struct strbuf *bytes)
{
	struct module *m = the_module(name);

	if (m->error)
		fail_msg("%s", m->error);
	assert_int_equal(fs_read(m->stripped, bytes, 0), 0);
}

/* The folder calls kbuild itself. */
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

/* The same code as without. */
static void debug_info_of_foreign_builds(void **state)
{
	_cleanup_free_ char *config = get(sample_tree.build, ".config");

	(void)state;
	check_foreign_debug_info("one", NULL);
	check_foreign_debug_info("two", "PACKAGE_NAME=p\nPACKAGE_VERSION=1\nMAKE='make all'\n"
					"BUILT_MODULE_NAME=two\nDEST_MODULE_LOCATION=/extra\n");
	put(sample_tree.build, ".config", config);
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

/* Each has built what the other still wants: neither may keep the other waiting. */
static void two_at_once(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	put_module("a", "a", "", "");
	put_module("b", "b", "", "");
	jobs = 1; /* one after the other, in opposite order */
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

static int cleanup(void **state)
{
	(void)state;
	module_list_release(&built);
	return sample_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(classified, sample_clear),
		cmocka_unit_test_setup(mirrored, sample_clear),
		cmocka_unit_test_setup(mirrored_removal, sample_clear),
		cmocka_unit_test_setup(mirrored_older, sample_clear),
		cmocka_unit_test_setup(mirrored_meanwhile, sample_clear),
		cmocka_unit_test_setup(left_out, sample_clear),
		cmocka_unit_test_setup(links, sample_clear),
		cmocka_unit_test_setup(endless_link, sample_clear),
		cmocka_unit_test_setup(messages, sample_clear),
		cmocka_unit_test_setup(messages_unknown, sample_clear),
		cmocka_unit_test_setup(shown_paths, sample_clear),
		cmocka_unit_test(cmd_files),
		cmocka_unit_test(makefile_variables),
		cmocka_unit_test_setup(builds, sample_clear),
		cmocka_unit_test_setup(has_debug_info, sample_clear),
		cmocka_unit_test_setup(rebuilds_what_changed, sample_clear),
		cmocka_unit_test_setup(rebuilds_with_other_tools, sample_clear),
		cmocka_unit_test_setup(rebuilds_for_a_tree_that_changed, sample_clear),
		cmocka_unit_test_setup(compile_error, sample_clear),
		cmocka_unit_test_setup(dependencies, sample_clear),
		cmocka_unit_test_setup(test_programs, sample_clear),
		cmocka_unit_test_setup(test_scripts, sample_clear),
		cmocka_unit_test_setup(ko_files, sample_clear),
		cmocka_unit_test_setup(dkms_packages, sample_clear),
		cmocka_unit_test_setup(dkms_link_that_led_elsewhere, sample_clear),
		cmocka_unit_test_setup(dkms_package_of_two_folders, sample_clear),
		cmocka_unit_test_setup(own_makefile, sample_clear),
		cmocka_unit_test_setup(debug_info_of_foreign_builds, sample_clear),
		cmocka_unit_test_setup(compile_commands, sample_clear),
		cmocka_unit_test_setup(two_at_once, sample_clear),
	};

	return cmocka_run_group_tests(tests, sample_start, cleanup);
}
