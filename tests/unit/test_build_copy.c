// SPDX-License-Identifier: GPL-2.0-only
/* What a path means, and the copy of a folder that is built. */
#include "sample_tree.h"

#include "common/beneath.h"
#include "common/strv.h"
#include "host/build/mirror.h"
#include "host/build/sources.h"

#include <signal.h>
#include <sys/resource.h>
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
	assert_int_equal(sources_find("k", &list), 0); /* not added a second time */
	assert_int_equal(list.n, 3);
	assert_int_equal(list.list[0].kind, SOURCE_DKMS);
	assert_int_equal(strv_length(list.list[1].provides), 3);
	assert_string_equal(list.list[1].provides[0], "a_b");
	assert_string_equal(list.list[1].provides[2], "d");
}

/* What is at fault is named, and no other file is taken instead. */
static void not_classified(void **state)
{
	_cleanup_(source_list_release) struct source_list list = { 0 };

	(void)state;
	put(sample_work, "all/good/Kbuild", "\xef\xbb\xbfobj-m := good.o\n");
	put(sample_work, "all/typo/Makefile", "ojb-m := typo.o\n");
	put(sample_work, "all/typo/typo.c", "MODULE_LICENSE(\"GPL\");\n");
	put(sample_work, "all/program/Makefile", "all: program\n");
	put(sample_work, "all/program/program.c", "int main(void);\n");
	put(sample_work, "all/empty/Kbuild", "");
	put(sample_work, "all/empty/Makefile", "obj-m := empty.o\n");
	assert_int_equal(sources_find("all", &list), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(strv_length(list.skipped), 1);
	assert_non_null(strstr(list.skipped[0], "/all/typo"));
	assert_int_equal(sources_find("all/empty", &list), -ENOENT);
	assert_int_equal(mkdir("all/typo/Kbuild", 0700), 0);
	assert_int_equal(sources_find("all", &list), -EISDIR);
	assert_int_equal(rmdir("all/typo/Kbuild"), 0);
	assert_int_equal(mkfifo("all/typo/Kbuild", 0600), 0);
	assert_int_equal(sources_find("all/typo", &list), -ENOTREGULAR);
	assert_int_equal(sources_find("all", &list), -ENOTREGULAR);
	assert_int_equal(fs_remove_tree("all"), 0);
}

/* --- the copy ---------------------------------------------------------------------- */

static size_t n_left_out; /* links, in the last update() */

/* Updates the folder `to`. */
static int update(const char *from, const char *manifest, const char *stamp, bool *changed)
{
	_cleanup_close_ int root = beneath_root(sample_work);

	_cleanup_strv_ char **left_out = NULL;
	int r;

	r = mirror_update(&(struct mirror){ .from = from,
					    .size = &(struct mirror_size){ 0 },
					    .project = sample_work,
					    .root = root,
					    .to = "to",
					    .manifest = manifest,
					    .stamp = stamp,
					    .left_out = &left_out },
			  changed);
	n_left_out = strv_length(left_out);
	return r;
}

static bool mirror(void)
{
	_cleanup_free_ char *from = path_join(sample_work, "from", NULL);
	_cleanup_free_ char *manifest = path_join(sample_work, "manifest", NULL);
	_cleanup_free_ char *stamp = path_join(sample_work, "stamp", NULL);
	bool changed;

	put(sample_work, "stamp", "all of it was built");
	assert_int_equal(update(from, manifest, stamp, &changed), 0);
	assert_int_equal(fs_exists(stamp), !changed);
	return changed;
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
	assert_false(mirror());              /* changes by the build are ignored */
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

/* The other way round; the contents of the folder must not be removed through the link. */
static void mirrored_folder_turns_into_a_link(void **state)
{
	(void)state;
	put(sample_work, "from/file/a.h", "a folder");
	put(sample_work, "from/link/a.h", "a folder");
	put(sample_work, "from/other/a.h", "stays");
	assert_true(mirror());
	assert_int_equal(fs_remove_tree("from/file"), 0);
	put(sample_work, "from/file", "a file");
	assert_int_equal(fs_remove_tree("from/link"), 0);
	assert_int_equal(symlink("other", "from/link"), 0);
	assert_true(mirror());
	assert_file("to/file", "a file");
	assert_file("to/other/a.h", "stays");
	assert_file("to/link/a.h", "stays");
	assert_false(mirror());
}

/* A product of make is where a new source belongs. */
static void mirrored_over_products(void **state)
{
	(void)state;
	put(sample_work, "from/a.c", "one");
	assert_true(mirror());
	put(sample_work, "to/file/made.h", "");
	put(sample_work, "to/folder", "");
	assert_int_equal(symlink("a.c", "to/written"), 0);
	put(sample_work, "from/file", "a file");
	put(sample_work, "from/folder/a.h", "a folder");
	put(sample_work, "from/written", "not through the link");
	assert_true(mirror());
	assert_file("to/file", "a file");
	assert_file("to/folder/a.h", "a folder");
	assert_file("to/written", "not through the link");
	assert_file("to/a.c", "one");
}

/* Like kbuild: x.o, made from `source` and `dep`. */
static void put_object(const char *name, const char *source, const char *dep)
{
	_cleanup_free_ char *object = path_join("to", name, NULL), *cmd = NULL, *text = NULL;
	const char *slash = strrchr(object, '/');

	cmd = xasprintf("%.*s/.%s.cmd", (int)(slash - object), object, slash + 1);
	text = *source ? xasprintf("savedcmd_/at/%s := cc\n\nsource_/at/%s := /at/%s\n\n"
				   "deps_/at/%s := \\\n  /at/%s \\\n",
				   name, name, source, name, dep)
		       : xasprintf("savedcmd_/at/%s := ld\n", name);
	put(sample_work, object, "made");
	put(sample_work, cmd, text);
}

static void put_products(void)
{
	put_object("a.o", "a.c", "a.h");
	put_object("b.o", "b.c", "sub/b.h");
	put_object("sub/c.o", "sub/c.c", "made.h");
	put_object("all.o", "", "");
	put(sample_work, "to/made.h", "");
	put(sample_work, "to/all.ko", "");
	put(sample_work, "to/gen/x.h", "");
}

static void assert_products(const char *expected)
{
	static const char *const all[] = { "a.o",    "b.o",    "sub/c.o", "all.o",
					   "made.h", "all.ko", "gen" };
	_cleanup_(strbuf_release) struct strbuf found = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		_cleanup_free_ char *path = path_join("to", all[i], NULL);

		if (fs_exists(path))
			strbuf_addf(&found, "%s ", all[i]);
	}
	assert_string_equal(found.buf ? found.buf : "", expected);
}

#define ALL_PRODUCTS "a.o b.o sub/c.o all.o made.h all.ko gen "

static void products_of_what_is_gone(void **state)
{
	static const struct {
		const char *gone, *left;
	} cases[] = {
		{ "from/a.c", "b.o " }, { "from/a.h", "b.o " }, { "from/sub/b.h", "a.o " },
		{ "from/sub", "a.o " }, { "from/b.c", "a.o " }, { "from/notes.txt", "a.o b.o " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sample_clear(NULL);
		put(sample_work, "from/a.c", "");
		put(sample_work, "from/a.h", "");
		put(sample_work, "from/b.c", "");
		put(sample_work, "from/sub/b.h", "");
		put(sample_work, "from/sub/c.c", "");
		put(sample_work, "from/notes.txt", "");
		assert_true(mirror());
		put_products();
		assert_false(mirror());
		assert_products(ALL_PRODUCTS);
		print_message("%s\n", cases[i].gone);
		assert_int_equal(fs_remove_tree(cases[i].gone), 0);
		assert_true(mirror());
		assert_products(cases[i].left);
	}
}

static void products_of_what_changed(void **state)
{
	static const struct {
		const char *path, *left;
	} cases[] = {
		{ "from/a.c", ALL_PRODUCTS }, /* left to kbuild */
		{ "from/sub/b.h", ALL_PRODUCTS }, { "from/Kbuild", "a.o b.o " },
		{ "from/firmware.bin", "b.o " }, /* a.c mentions it */
		{ "from/a.o", "b.o " },          /* a source of that name */
		{ "from/new/a.h", "b.o " },      /* might be found before */
		{ "from/maybe.h", "a.o " },      /* b.c asks for it */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sample_clear(NULL);
		put(sample_work, "from/Kbuild", "");
		put(sample_work, "from/a.c", "asm(\".incbin \\\"firmware.bin\\\"\");");
		put(sample_work, "from/a.h", "");
		put(sample_work, "from/b.c", "#if __has_include(\"maybe.h\")\n#endif\n");
		put(sample_work, "from/sub/b.h", "");
		put(sample_work, "from/sub/c.c", "");
		put(sample_work, "from/firmware.bin", "");
		assert_true(mirror());
		put_products();
		print_message("%s\n", cases[i].path);
		put(sample_work, cases[i].path, "changed");
		assert_true(mirror());
		if (strcmp(cases[i].path, "from/a.o") == 0)
			unlink("to/a.o");
		assert_products(cases[i].left);
	}
}

/* Too many to look at, as after a switch of branches. */
static void products_of_another_branch(void **state)
{
	(void)state;
	put(sample_work, "from/a.c", "");
	put(sample_work, "from/b.c", "");
	assert_true(mirror());
	put_products();
	for (int i = 0; i < 100; i++) {
		_cleanup_free_ char *name = xasprintf("from/new%d.c", i);

		put(sample_work, name, "");
	}
	assert_true(mirror());
	assert_products("");
}

static void write_in_place(const char *name, const char *text)
{
	_cleanup_close_ int fd = open(name, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
}

/* With the same time and size as the file that it replaced. */
static void mirrored_replaced(void **state)
{
	(void)state;
	put(sample_work, "from/a.c", "one");
	put(sample_work, "from/b.c", "two");
	set_time("from/a.c", 1000);
	set_time("from/b.c", 1000);
	assert_true(mirror());
	assert_int_equal(rename("from/a.c", "spare"), 0);
	assert_int_equal(rename("from/b.c", "from/a.c"), 0);
	assert_int_equal(rename("spare", "from/b.c"), 0);
	assert_true(mirror());
	assert_file("to/a.c", "two");
	assert_file("to/b.c", "one");
}

/* Written in place, as by rsync --inplace --times: time, size and inode are the same. */
static void mirrored_in_place(void **state)
{
	(void)state;
	put(sample_work, "from/a.c", "one");
	set_time("from/a.c", 1000);
	assert_true(mirror());
	write_in_place("from/a.c", "1!!");
	set_time("from/a.c", 1000);
	assert_true(mirror());
	assert_file("to/a.c", "1!!");
	assert_int_equal(link("from/a.c", "spare"), 0); /* changes nothing in the file */
	assert_false(mirror());
	assert_false(mirror());
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
	/* Not the old time: make would consider an object made in the meantime up to date. */
	assert_true(time_of("to/a.c") > 1000000000LL * 1000000000LL);
	assert_false(mirror());
}

/* Saved while the previous version was being built: the copy is newer than the result. */
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
	char text[4096] = "";

	(void)state;
	put(sample_work, "from/a.c", "one");
	put(sample_work, "from/sub/b.c", "two");
	put(sample_work, "outside.h", "two");
	put(sample_work, "dir/x.h", "three");
	assert_int_equal(symlink("a.c", "from/same.c"), 0);
	assert_int_equal(symlink(inside, "from/sub/absolute.c"), 0);
	assert_int_equal(symlink("../outside.h", "from/outside.h"), 0);
	assert_int_equal(symlink("../dir", "from/dir"), 0);
	assert_int_equal(symlink("nowhere", "from/dangling"), 0);
	assert_true(mirror());
	assert_int_equal(readlink("to/same.c", text, sizeof(text)), 3);
	assert_true(readlink("to/sub/absolute.c", text, sizeof(text) - 1) > 0);
	assert_string_equal(text, ".././a.c");
	assert_file("to/sub/absolute.c", "one");
	assert_file("to/outside.h", "two");
	assert_true(readlink("to/outside.h", text, sizeof(text)) < 0);
	assert_file("to/dir/x.h", "three");
	assert_false(mirror());
	put(sample_work, "outside.h", "other");
	assert_true(mirror());
	assert_file("to/outside.h", "other");
}

/* Next to the copy, nothing has the name of the user's folder. */
static void link_that_comes_back(void **state)
{
	(void)state;
	put(sample_work, "from/a.c", "one");
	put(sample_work, "from/sub/b.c", "two");
	put(sample_work, "dir/file", "");
	assert_int_equal(symlink("../from/a.c", "from/same.c"), 0);
	assert_int_equal(symlink("../../from/a.c", "from/sub/up.c"), 0);
	assert_int_equal(symlink("../a.c", "from/sub/inside.c"), 0);
	assert_int_equal(symlink("../from/a.c", "dir/back.c"), 0);
	assert_int_equal(symlink("../dir", "from/dir"), 0);
	assert_true(mirror());
	assert_int_equal(rename("from", "elsewhere"), 0);
	assert_file("to/same.c", "one");
	assert_file("to/sub/up.c", "one");
	assert_file("to/sub/inside.c", "one");
	assert_file("to/dir/back.c", "one");
	assert_int_equal(rename("elsewhere", "from"), 0);
	assert_false(mirror());
}

/* What belongs to another project is not copied, and neither is what is nobody's, such as a key. */
static void links_out_of_the_project(void **state)
{
	(void)state;
	put(sample_top, "secret", "a key");
	put(sample_top, "secrets/key", "a key");
	put(sample_work, "from/a.c", "one");
	assert_int_equal(symlink("../../secret", "from/key.h"), 0);
	assert_int_equal(symlink("../../secrets", "from/all"), 0);
	put(sample_work, "dir/x.h", "two");
	assert_int_equal(symlink("../../secret", "dir/key.h"), 0);
	assert_int_equal(symlink("../dir", "from/dir"), 0);
	assert_true(mirror());
	assert_int_equal(n_left_out, 3);
	assert_false(fs_exists("to/key.h"));
	assert_false(fs_exists("to/all"));
	assert_file("to/dir/x.h", "two");
	assert_false(fs_exists("to/dir/key.h"));
	assert_false(mirror());
	assert_int_equal(n_left_out, 3);
}

static void endless_link(void **state)
{
	_cleanup_free_ char *from = path_join(sample_work, "from", NULL);
	_cleanup_free_ char *manifest = path_join(sample_work, "manifest", NULL);
	bool changed;

	(void)state;
	put(sample_work, "from/a.c", "one");
	assert_int_equal(symlink("..", "from/up"), 0);
	assert_int_equal(update(from, manifest, NULL, &changed), -ELOOP);
	assert_false(fs_exists(manifest));
}

/*
 * A half-made copy does not know its contents: it starts from scratch, without files that are
 * gone since.
 */
static void half_done(void **state)
{
	_cleanup_free_ char *from = path_join(sample_work, "from", NULL);
	_cleanup_free_ char *manifest = path_join(sample_work, "manifest", NULL);
	_cleanup_free_ char *stamp = path_join(sample_work, "stamp", NULL);
	bool changed;

	(void)state;
	put(sample_work, "from/a.c", "one");
	put(sample_work, "from/gone.h", "two");
	assert_true(mirror());
	put(sample_work, "from/a.c", "1!!");
	unlink("from/gone.h");
	assert_int_equal(symlink("..", "from/up"), 0);
	put(sample_work, "stamp", "all of it was built");
	assert_int_equal(update(from, manifest, stamp, &changed), -ELOOP);
	assert_false(fs_exists(stamp)); /* part of it was copied */
	unlink("from/up");
	assert_true(mirror());
	assert_file("to/a.c", "1!!");
	assert_false(fs_exists("to/gone.h"));
	assert_false(mirror());
}

/* Killed half way: it is not up to date, even if the sources are as before. */
static void killed_meanwhile(void **state)
{
	_cleanup_free_ char *from = path_join(sample_work, "from", NULL);
	_cleanup_free_ char *manifest = path_join(sample_work, "manifest", NULL);
	int status;
	pid_t child;
	bool changed;

	(void)state;
	put(sample_work, "from/a.c", "one");
	set_time("from/a.c", 1000);
	assert_true(mirror());
	put(sample_work, "from/a.c", "two");
	put(sample_work, "from/b.c", "far more than may be written");
	child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 10, 10 });
		update(from, manifest, NULL, &changed);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
	assert_file("to/a.c", "two");
	put(sample_work, "from/a.c", "one");
	set_time("from/a.c", 1000);
	unlink("from/b.c");
	assert_true(mirror());
	assert_file("to/a.c", "one");
	assert_false(fs_exists("to/b.c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(classified, sample_clear),
		cmocka_unit_test_setup(not_classified, sample_clear),
		cmocka_unit_test_setup(mirrored, sample_clear),
		cmocka_unit_test_setup(mirrored_removal, sample_clear),
		cmocka_unit_test_setup(mirrored_folder_turns_into_a_link, sample_clear),
		cmocka_unit_test_setup(mirrored_over_products, sample_clear),
		cmocka_unit_test_setup(mirrored_replaced, sample_clear),
		cmocka_unit_test_setup(mirrored_in_place, sample_clear),
		cmocka_unit_test_setup(products_of_what_is_gone, sample_clear),
		cmocka_unit_test_setup(products_of_what_changed, sample_clear),
		cmocka_unit_test_setup(products_of_another_branch, sample_clear),
		cmocka_unit_test_setup(mirrored_older, sample_clear),
		cmocka_unit_test_setup(mirrored_meanwhile, sample_clear),
		cmocka_unit_test_setup(left_out, sample_clear),
		cmocka_unit_test_setup(links, sample_clear),
		cmocka_unit_test_setup(link_that_comes_back, sample_clear),
		cmocka_unit_test_setup(links_out_of_the_project, sample_clear),
		cmocka_unit_test_setup(endless_link, sample_clear),
		cmocka_unit_test_setup(half_done, sample_clear),
		cmocka_unit_test_setup(killed_meanwhile, sample_clear),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_end);
}
