// SPDX-License-Identifier: GPL-2.0-only
/* Modules from objects made with the cross compiler: reading, ordering, and telling them apart. */
#include "sample_tree.h"

#include "common/strv.h"
#include "host/module/module.h"
#include "host/module/order.h"
#include "host/build/params.h"

#include <elf.h>

static struct module *read_module(const char *name)
{
	struct module *module = NULL;

	assert_int_equal(module_read(name, &module), 0);
	return module;
}

static const char with_everything[] = SAMPLE_MODULE(
	"my_mod", "usbcore,other-one") "INFO(i5, \"license=second\");\n"
				       "INFO(i6, \"staging=Y\");\n"
				       "INFO(i7, \"srcversion=0A1B2C\");\n"
				       "const struct { unsigned int n, d, t; char name[4]; "
				       "unsigned char id[4]; } note\n"
				       "__attribute__((section(\".note.gnu.build-id\"), used, "
				       "aligned(4))) =\n"
				       "{ 4, 4, 3, \"GNU\", { 0x01, 0xab, 0xcd, 0xef } };\n";

static void reads_parameters(void **state)
{
	static const char *const expected[] = { "whom", "count", "quoted", "last" };
	_cleanup_(module_freep) struct module *m = NULL;
	const char *rest = " whom=me count=\"1 2\"  \"quoted=a b=c\" last\n";

	(void)state;
	sample_compile("p.ko",
		       SAMPLE_MODULE("p", "") "INFO(i6, \"parmtype=whom:charp\");\n"
					      "INFO(i7, \"parm=whom:who is greeted\");\n"
					      "INFO(i8, \"parm=only_described:a callback\");\n",
		       "-c");
	m = read_module("p.ko");
	assert_int_equal(strv_length(m->parameters), 2);
	assert_string_equal(m->parameters[0], "whom");
	assert_string_equal(m->parameters[1], "only_described");
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		_cleanup_free_ char *name = params_next(&rest);

		assert_non_null(name);
		assert_string_equal(name, expected[i]);
	}
	assert_null(params_next(&rest));
}

static void reads(void **state)
{
	_cleanup_(module_freep) struct module *m = NULL;

	(void)state;
	sample_compile("my-mod.ko", with_everything, "-c");
	m = read_module("my-mod.ko");
	assert_string_equal(m->name, "my_mod");
	assert_string_equal(m->license, "GPL");
	assert_string_equal(m->vermagic, SAMPLE_RELEASE " SMP aarch64");
	assert_int_equal(strv_length(m->depends), 2);
	assert_string_equal(m->depends[1], "other-one");
	assert_int_equal(m->machine, EM_AARCH64);
	assert_string_equal(m->build_id, "01abcdef");
	assert_string_equal(m->srcversion, "0A1B2C");
	assert_true(m->staging);
	assert_true(module_can_strip("my-mod.ko"));
}

static void reads_compressed(void **state)
{
	static const char *const tools[][3] = { { "xz", "-k", ".xz" },
						{ "gzip", "-k", ".gz" },
						{ "zstd", "-kq", ".zst" } };

	(void)state;
	sample_compile("my-mod.ko", with_everything, "-c");
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		_cleanup_free_ char *name = xasprintf("my-mod.ko%s", tools[i][2]);
		_cleanup_(module_freep) struct module *m = NULL;

		sample_run((const char *const[]){ tools[i][0], tools[i][1], "my-mod.ko", NULL });
		m = read_module(name);
		assert_string_equal(m->name, "my_mod");
		assert_string_equal(m->build_id, "01abcdef");
		assert_false(module_can_strip(name));
	}
}

static void name_of_file(void **state)
{
	_cleanup_(module_freep) struct module *m = NULL;

	(void)state;
	sample_compile("old-style.ko",
		       "const char i[] __attribute__((section(\".modinfo\"))) = \"license=GPL\";",
		       "-c");
	m = read_module("old-style.ko");
	assert_string_equal(m->name, "old_style");
	assert_string_equal(m->vermagic, "");
	assert_string_equal(m->build_id, "");
	assert_int_equal(strv_length(m->depends), 0);
}

static void not_modules(void **state)
{
	struct module *m = NULL;

	(void)state;
	assert_int_equal(module_read("none.ko", &m), -ENOENT);
	put(sample_work, "text.ko", "some text");
	assert_int_equal(module_read("text.ko", &m), -ENOEXEC);
	put(sample_work, "empty.ko", "");
	assert_int_equal(module_read("empty.ko", &m), -ENOEXEC);
	sample_compile("plain.ko", "int x;", "-c");
	assert_int_equal(module_read("plain.ko", &m), -ENOEXEC);
	sample_compile("program.ko", "int main(void) { return 0; }", "-O2");
	assert_int_equal(module_read("program.ko", &m), -ENOEXEC);
	assert_null(m);
}

/* With --no-check they are sent anyway. */
static void read_as_they_are(void **state)
{
	_cleanup_(module_freep) struct module *text = NULL, *plain = NULL;
	const char *why = NULL;

	(void)state;
	put(sample_work, "te-xt.ko", "some text");
	assert_int_equal(module_read_any("te-xt.ko", &text, &why), 0);
	assert_contains(why, "neither an ELF file");
	assert_string_equal(text->name, "te_xt");
	assert_string_equal(text->stripped, "te-xt.ko");
	sample_compile("plain.ko", "int x;", "-c");
	assert_int_equal(module_read_any("plain.ko", &plain, &why), 0);
	assert_contains(why, "no .modinfo");
	assert_int_equal(plain->machine, EM_AARCH64);
}

/* Truncated anywhere, it gives an error or a module, but never crashes. */
static void torn(void **state)
{
	_cleanup_(strbuf_release) struct strbuf whole = STRBUF_INIT;

	(void)state;
	sample_compile("my-mod.ko", with_everything, "-c");
	assert_int_equal(fs_read("my-mod.ko", &whole, 0), 0);
	for (size_t n = 0; n < whole.len; n += 499) {
		struct module *m = NULL;

		assert_int_equal(fs_write_atomic("torn.ko", whole.buf, n, 0600), 0);
		if (module_read("torn.ko", &m) == 0)
			module_free(m);
	}
}

static void other_machine(void **state)
{
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	_cleanup_(module_freep) struct module *m = NULL;

	(void)state;
	sample_compile("my-mod.ko", with_everything, "-c");
	assert_int_equal(fs_read("my-mod.ko", &bytes, 0), 0);
	bytes.buf[18] = EM_X86_64;
	bytes.buf[19] = 0;
	assert_int_equal(fs_write_atomic("x86.ko", bytes.buf, bytes.len, 0600), 0);
	m = read_module("x86.ko");
	assert_int_equal(m->machine, EM_X86_64);
}

/* --- order --------------------------------------------------------------------- */

static void add(struct module_list *list, const char *name, const char *depends,
		const char *conf_depends)
{
	struct module *m = module_new(name);

	if (depends)
		strv_add(&m->depends, depends);
	if (conf_depends)
		strv_add(&m->test.depends, conf_depends);
	module_list_add(list, m);
}

static char *names_of(const struct module_list *list)
{
	struct strbuf names = STRBUF_INIT;

	for (size_t i = 0; i < list->n; i++)
		strbuf_addf(&names, "%s ", list->modules[i]->name);
	return strbuf_detach(&names);
}

static void ordered(void **state)
{
	_cleanup_(module_list_release) struct module_list list = { 0 };
	_cleanup_free_ char *names = NULL;

	(void)state;
	add(&list, "a", "in_tree", NULL);
	add(&list, "b", "d-d", NULL);
	add(&list, "c", NULL, "b");
	add(&list, "d_d", "e", NULL);
	add(&list, "e", NULL, NULL);
	add(&list, "f", "f", NULL); /* itself: nonsense, but not a cycle */
	assert_int_equal(module_list_order(&list), 0);
	names = names_of(&list);
	assert_string_equal(names, "a e d_d b c f ");
	assert_non_null(module_list_find(&list, "d-d"));
	assert_null(module_list_find(&list, "in_tree"));
	module_list_add(&list, module_new("grows"));
	assert_int_equal(list.n, 7);
}

static void circle(void **state)
{
	_cleanup_(module_list_release) struct module_list list = { 0 };

	(void)state;
	add(&list, "z", NULL, NULL);
	add(&list, "a", "b", NULL);
	add(&list, "b", NULL, "c");
	add(&list, "c", "a", NULL);
	assert_int_equal(module_list_order(&list), -ELOOP);
	assert_int_equal(list.n, 4); /* nothing lost */
}

static bool next_one(size_t i, size_t j, void *arg)
{
	(void)arg;
	return i > 0 && j == (i % 3) + 1; /* 1 needs 2, 2 needs 3, 3 needs 1 */
}

static void circle_is_named(void **state)
{
	size_t order[4], n;

	(void)state;
	assert_int_equal(order_by_needs(4, next_one, NULL, order, &n), -ELOOP);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		assert_true(next_one(order[i], order[(i + 1) % n], NULL));
	assert_int_equal(order_by_needs(0, next_one, NULL, order, &n), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads, sample_clear),
		cmocka_unit_test_setup(reads_parameters, sample_clear),
		cmocka_unit_test_setup(reads_compressed, sample_clear),
		cmocka_unit_test_setup(name_of_file, sample_clear),
		cmocka_unit_test_setup(not_modules, sample_clear),
		cmocka_unit_test_setup(read_as_they_are, sample_clear),
		cmocka_unit_test_setup(torn, sample_clear),
		cmocka_unit_test_setup(other_machine, sample_clear),
		cmocka_unit_test(ordered),
		cmocka_unit_test(circle),
		cmocka_unit_test(circle_is_named),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_end);
}
