// SPDX-License-Identifier: GPL-2.0-only
/* kbuild's programs for another machine are rebuilt from the tree's own sources. */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/kernel/internal.h"
#include "host/base/paths.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char top[] = "/tmp/outpost-test-XXXXXX";
static const struct kernel_place here;

static void put(const char *name, const void *data, size_t n, mode_t mode)
{
	_cleanup_free_ char *path = path_join(top, name, NULL), *folder = xstrdup(path);

	*strrchr(folder, '/') = '\0';
	assert_int_equal(fs_mkdir_p(folder, 0755), 0);
	assert_int_equal(fs_write_atomic(path, data, n, mode), 0);
}

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text), 0644);
}

/* A program for a machine that is never a host. */
static void put_foreign(const char *name)
{
	Elf64_Ehdr h = { .e_type = ET_DYN, .e_machine = EM_68K };

	memcpy(h.e_ident, ELFMAG, SELFMAG);
	put(name, &h, sizeof(h), 0755);
}

static void expect_says(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(top, name, NULL);
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r = process_run(ARGV(path), &(struct process_options){ .output = &out, .error = &out });

	if (r != 0 || strcmp(out.buf, text) != 0)
		fail_msg("%s: %d, '%s'", name, r, out.buf);
}

static void from_sources(void **state)
{
	(void)state;
	put_text("usr/src/h/include/generated/utsrelease.h", "#define UTS_RELEASE \"6.12.1+x\"\n");
	put_text("usr/src/h/scripts/basic/fixdep.c",
		 "#include <stdio.h>\nint main(void) { puts(\"fixdep\"); return 0; }\n");
	put_text("usr/src/h/scripts/mod/modpost.c",
		 "#include <stdio.h>\n#include \"list.h\"\nvoid more(void);\n"
		 "int main(void) { printf(NAME); more(); return 0; }\n");
	put_text("usr/src/h/scripts/mod/file2alias.c",
		 "#include <stdio.h>\nvoid more(void) { puts(\" and more\"); }\n");
	put_text("usr/src/h/scripts/mod/empty.c", "/* for the target */\nint main;\n");
	put_text("usr/src/h/scripts/mod/mk_elfconfig.c", "int main(void) { return 1; }\n");
	put_text("usr/src/h/scripts/include/list.h", "#define NAME \"modpost\"\n");
	put_foreign("usr/src/h/scripts/basic/fixdep");
	put_foreign("usr/src/h/scripts/mod/modpost");
	assert_int_equal(kernel_tools_replace(&here, top, "usr/src/h"), 0);
	expect_says("usr/src/h/scripts/basic/fixdep", "fixdep\n");
	expect_says("usr/src/h/scripts/mod/modpost", "modpost and more\n");
}

static void own_are_kept(void **state)
{
	_cleanup_(strbuf_release) struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(top, "usr/src/h/scripts/basic/fixdep", NULL);

	(void)state;
	assert_int_equal(fs_copy("/proc/self/exe", path), 0);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(fs_read(path, &before, 0), 0);
	assert_int_equal(kernel_tools_replace(&here, top, "usr/src/h"), 0);
	assert_int_equal(fs_read(path, &after, 0), 0);
	assert_true(before.len > 0 && before.len == after.len);
	assert_memory_equal(before.buf, after.buf, before.len);
}

static int start(void **state)
{
	(void)state;
	/* Nothing can be downloaded, so that no test asks a mirror. */
	return mkdtemp(top) && setenv("XDG_CACHE_HOME", top, 1) == 0 ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	return fs_remove_tree(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_sources),
		cmocka_unit_test(own_are_kept),
	};

	return cmocka_run_group_tests(tests, start, end);
}
