// SPDX-License-Identifier: GPL-2.0-only
/*
 * The check, on all variants of tests/tools/variants.c; then again without each of its rules,
 * which some variant must notice. Modules and kernels are made here;
 * tests/system/vm/check.test.sh uses real ones.
 */
#include "sample_tree.h"

#include "../tools/variants.h"
#include "host/check/check.h"
#include "host/check/check_keys.h"
#include "host/report/out_check.h"

/* A module's C source as kbuild would generate it, in miniature. */
/* clang-format off */
#define MODULE(name, vermagic, more)                                                    \
	"#define IN(section_) __attribute__((section(section_), used, aligned(8)))\n"   \
	"#define INFO(n, t) const char n[] __attribute__((section(\".modinfo\"), used)) = t\n" \
	"INFO(i1, \"name=" name "\");\n"                                               \
	"INFO(i2, \"license=GPL\");\n"                                                 \
	"INFO(i3, \"depends=\");\n"                                                    \
	"INFO(i4, \"vermagic=" vermagic " SMP mod_unload modversions aarch64\");\n"    \
	"const char p1[] IN(\".plt\") = \"\";\n"                                       \
	"const char p2[] IN(\".init.plt\") = \"\";\n"                                  \
	"const char p3[] IN(\".text.ftrace_trampoline\") = \"\";\n"                    \
	"const char p4[] IN(\".init.text.ftrace_trampoline\") = \"\";\n"               \
	"int _printk(const char *, ...);\n"                                            \
	"static char zeroes[64];\n"                                                    \
	"int init_module(void) { zeroes[1]++; return _printk(\"x\"); }\n"              \
	"struct { long list[3]; char name[56]; long a[5]; int (*init)(void); }\n"      \
	"__this_module IN(\".gnu.linkonce.this_module\") =\n"                          \
	"	{ .name = \"" name "\", .init = init_module };\n"                        \
	"struct version { unsigned long crc; char name[56]; };\n"                      \
	"#define VERSIONS const struct version v[] IN(\"__versions\")\n"               \
	more

#define VICTIM_MORE                                                                     \
	"int each[2] IN(\".data..percpu\") = { 1 };\n"                                 \
	"int once IN(\".data..ro_after_init\") = 1;\n"                                 \
	"INFO(i5, \"import_ns=DMA_BUF\");\n"                                           \
	"INFO(i6, \"xivepatch=Y\");\n"                                                 \
	"VERSIONS = { { 1, \"module_layout\" }, { 2, \"_printk\" }, { 3, \"ktime_get\" },\n" \
	"	      { 4, \"dma_buf_put\" } };\n"                                     \
	"long ktime_get(void);\n"                                                      \
	"void dma_buf_put(void *);\n"                                                  \
	"void use(void) { ktime_get(); dma_buf_put(0); }\n"                            \
	"const int __ksymtab_crc_ccitx[3] IN(\"__ksymtab\") = { 1 };\n"                \
	"const unsigned int __crc_crc_ccitx IN(\"__kcrctab\") = 9;\n"                  \
	"const char s[] IN(\"__ksymtab_strings\") = \"crc_ccitx\";\n"

#define PLAIN_MORE "VERSIONS = { { 1, \"module_layout\" }, { 2, \"_printk\" } };\n"

#define USER_MORE                                                                       \
	"VERSIONS = { { 1, \"module_layout\" }, { 2, \"_printk\" }, { 9, \"crc_ccitx\" } };\n" \
	"int crc_ccitx(int);\n"                                                        \
	"int use(void) { return crc_ccitx(1); }\n"

#define EXTENDED_MORE                                                                   \
	"VERSIONS = { { 77, \"module_layout\" } };\n"                                  \
	"const unsigned int c[]\n"                                                     \
	"	__attribute__((section(\"__version_ext_crcs\"), used)) = { 1, 2 };\n"    \
	"const char n[] IN(\"__version_ext_names\") = \"module_layout\\0_printk\";\n"
/* clang-format on */

static const char symvers[] = "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
			      "0x00000002\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n"
			      "0x00000003\tktime_get\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
			      "0x00000004\tdma_buf_put\tvmlinux\tEXPORT_SYMBOL_GPL\tDMA_BUF\n"
			      "0x00000005\tcrc_ccitt\tvmlinux\tEXPORT_SYMBOL\t\n"
			      "0x00000006\tcrc_itu_t\tlib/crc-itu-t\tEXPORT_SYMBOL\t\n";

#define CONFIG                                                                              \
	"CONFIG_SMP=y\nCONFIG_MODULE_UNLOAD=y\nCONFIG_MODVERSIONS=y\nCONFIG_MODULE_SIG=y\n" \
	"CONFIG_ARM64_MODULE_PLTS=y\nCONFIG_DYNAMIC_FTRACE=y\nCONFIG_STRICT_MODULE_RWX=y\n" \
	"CONFIG_ARM64_4K_PAGES=y\nCONFIG_KALLSYMS=y\n"

/* Two kernels with Debian's configuration, and good modules for them. */
static struct world {
	const char *release;
	struct check_kernel *kernel;
	struct strbuf good[GOOD_COUNT];
} worlds[] = { { .release = "6.1.0-50-arm64" }, { .release = "6.12.0-1-arm64" } };

static struct check_kernel *make_kernel(const char *release, const char *config)
{
	struct kernel_tree tree = { .release = (char *)release, .build = sample_tree.build };
	struct check_kernel *kernel = NULL;

	put(sample_tree.build, "Module.symvers", symvers);
	put(sample_tree.build, ".config", config);
	put(sample_tree.build, "include/linux/kernel.h", "void do_exit(long code);\n");
	put(sample_tree.build, "arch/arm64/include/asm/x.h", "/* no_such_function */\n");
	assert_int_equal(check_kernel_read(&tree, &kernel), 0);
	return kernel;
}

static int make_worlds(void **state)
{
	static const char *const sources[][GOOD_COUNT] = {
		{ MODULE("victim", "6.1.0-50-arm64", VICTIM_MORE),
		  MODULE("plain", "6.1.0-50-arm64", PLAIN_MORE),
		  MODULE("signed", "6.1.0-50-arm64", PLAIN_MORE) },
		{ MODULE("victim", "6.12.0-1-arm64", VICTIM_MORE),
		  MODULE("plain", "6.12.0-1-arm64", PLAIN_MORE),
		  MODULE("signed", "6.12.0-1-arm64", PLAIN_MORE) },
	};

	static const char something[] = "0\x82\x01\0000\x82\0\x10 and so on 0\x82";
	_cleanup_(strbuf_release) struct strbuf certificate = STRBUF_INIT, image = STRBUF_INIT;

	if (sample_start(state) < 0 || sample_clear(state) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		worlds[i].kernel =
			make_kernel(worlds[i].release, CONFIG "CONFIG_MODULE_FORCE_LOAD=y\n");
		for (size_t k = 0; k < GOOD_COUNT; k++) {
			worlds[i].good[k] = (struct strbuf)STRBUF_INIT;
			sample_compile("good.ko", sources[i][k], "-c");
			assert_int_equal(fs_read("good.ko", &worlds[i].good[k], 0), 0);
		}
		strbuf_reset(&certificate);
		strbuf_reset(&image);
		variant_sign(&worlds[i].good[SIGNED], &certificate);
		/* Like a kernel image: a certificate among other data. */
		strbuf_add(&image, something, sizeof(something) - 1);
		strbuf_add(&image, certificate.buf, certificate.len);
		strbuf_adds(&image, "00");
		assert_int_equal(check_keys_add(worlds[i].kernel->keys,
						(struct text){ image.buf, image.len }),
				 1);
	}
	return 0;
}

static int free_worlds(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		check_kernel_free(worlds[i].kernel);
		for (size_t k = 0; k < GOOD_COUNT; k++)
			strbuf_release(&worlds[i].good[k]);
	}
	return sample_end(state);
}

/* --- one variant ---------------------------------------------------------------------- */

static const char *left_out; /* a rule */

static void judge(const struct check_kernel *kernel, const char *bytes, size_t n,
		  struct check_result *result)
{
	_cleanup_(ko_freep) struct ko *ko = NULL;

	assert_int_equal(ko_of_bytes(bytes, n, &ko), 0);
	check_ko(kernel, ko, &(struct check_plan){ .without = left_out }, result);
}

static bool has_kind(const struct check_result *r, const char *kind)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->problems[i].kind, kind) == 0)
			return true;
	return !kind;
}

/* Each problem is complete; a hint of several sentences ends with a full stop, others do not. */
static void well_put(const struct check_result *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct check_problem *p = &r->problems[i];

		assert_true(*p->expected && *p->found && *p->hint);
		assert_int_equal(p->hint[strlen(p->hint) - 1] == '.',
				 strstr(p->hint, ". ") != NULL);
	}
}

/* NULL, or the reason for the failure; the caller frees it. */
static char *try(const struct world *world, const struct variant *v)
{
	_cleanup_(strbuf_release) struct strbuf image = STRBUF_INIT;
	_cleanup_(check_result_release) struct check_result r = { 0 };
	const struct strbuf *good = &world->good[v->of];

	strbuf_add(&image, good->buf, good->len);
	v->make(&image, v->arg);
	judge(world->kernel, image.buf, image.len, &r);
	well_put(&r);
	if (r.loads != v->loads || (v->rule && !has_kind(&r, v->rule)) ||
	    (v->second && !has_kind(&r, v->second)) || (!v->rule && r.n)) {
		_cleanup_free_ char *summary = check_summary(&r);

		return xasprintf("%s on %s: %s, %zu problems; the first: %s", v->name,
				 world->release, r.loads ? "loads" : "does not load", r.n,
				 r.n ? r.problems[0].kind : summary);
	}
	return NULL;
}

static void every_variant(void **state)
{
	size_t wrong = 0, n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++)
		for (const struct variant *v = variants; v->name; v++) {
			_cleanup_free_ char *what = NULL;

			if (!variant_is_for(v, worlds[i].kernel->version))
				continue;
			what = try(&worlds[i], v);
			n++;
			wrong += what != NULL;
			if (what)
				printf("  %s\n", what);
		}
	printf("%zu variants, %zu of them not as the table says\n", n, wrong);
	assert_int_equal(wrong, 0);
}

/* --- without a rule -------------------------------------------------------------------- */

static size_t failing_without(const char *rule)
{
	size_t failed = 0;

	left_out = rule;
	printf("  %-20s", rule);
	for (const struct variant *v = variants; v->name; v++)
		for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
			_cleanup_free_ char *what = NULL;

			if (!variant_is_for(v, worlds[i].kernel->version))
				continue;
			what = try(&worlds[i], v);
			if (!what)
				continue;
			printf(" %s", v->name);
			failed++;
			break;
		}
	printf("\n");
	left_out = NULL;
	return failed;
}

/* Rules about facts that only a board or its tree knows: see page_size(). */
static bool has_test_of_its_own(const char *rule)
{
	return strcmp(rule, "page-size") == 0;
}

static void every_rule_is_needed(void **state)
{
	size_t idle = 0, n = 0;

	(void)state;
	for (const char *rule; (rule = check_rule_name(n)); n++)
		if (!failing_without(rule) && !has_test_of_its_own(rule)) {
			printf("    no variant needs it\n");
			idle++;
		}
	printf("%zu rules, %zu of them idle\n", n, idle);
	assert_int_equal(idle, 0);
}

/* --- what is not in the file -------------------------------------------------------------- */

static void ask(const struct check_kernel *kernel, enum good of, struct check_result *r)
{
	judge(kernel, worlds[0].good[of].buf, worlds[0].good[of].len, r);
}

static void page_size(void **state)
{
	struct check_kernel *kernel = worlds[0].kernel;
	_cleanup_(check_result_release) struct check_result same = { 0 }, other = { 0 },
							    without = { 0 };

	(void)state;
	check_kernel_add_board(kernel, 4096, false, false);
	ask(kernel, PLAIN, &same);
	assert_int_equal(same.n, 0);
	check_kernel_add_board(kernel, 16384, false, false);
	ask(kernel, PLAIN, &other);
	assert_true(other.loads); /* it would load; that is the problem */
	assert_true(has_kind(&other, "page-size"));
	left_out = "page-size";
	ask(kernel, PLAIN, &without);
	left_out = NULL;
	assert_int_equal(without.n, 0);
	check_kernel_add_board(kernel, 0, false, false);
}

static void signatures_are_wanted(void **state)
{
	struct check_kernel *kernel = worlds[0].kernel;

	(void)state;
	for (int i = 0; i < 2; i++) {
		_cleanup_(check_result_release) struct check_result r = { 0 };

		check_kernel_add_board(kernel, 0, i == 0, i == 1);
		ask(kernel, PLAIN, &r);
		assert_false(r.loads);
		assert_string_equal(r.problems[0].kind, "signature");
		assert_contains(r.problems[0].hint, i == 0 ? "sig_enforce" : "locked down");
	}
	check_kernel_add_board(kernel, 0, false, false);
}

/* Without the kernel image, nobody knows whether it has the key. */
static void unknown_keys(void **state)
{
	struct check_kernel kernel = *worlds[0].kernel;
	_cleanup_(check_result_release) struct check_result r = { 0 }, enforced = { 0 };

	(void)state;
	kernel.keys = NULL;
	ask(&kernel, SIGNED, &r);
	assert_true(r.loads);
	assert_int_equal(r.n, 1);
	assert_contains(r.problems[0].found, "keys of the kernel are not known");
	kernel = *worlds[0].kernel;
	kernel.signatures_enforced = true;
	ask(&kernel, SIGNED, &enforced);
	assert_true(enforced.loads && !enforced.n);
}

/* What Debian's kernels accept, others refuse. */
static void without_force_load(void **state)
{
	struct check_kernel *kernel = make_kernel("6.1.0-50-arm64", CONFIG);
	struct world strict = worlds[0];
	static const char *const names[] = { "no-crcs", "no-vermagic", "exports-no-crcs",
					     "no-modinfo-plain" };
	size_t n = 0;

	(void)state;
	strict.kernel = kernel;
	for (const struct variant *v = variants; v->name; v++)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			struct variant refused = *v;
			_cleanup_free_ char *what = NULL;

			if (strcmp(v->name, names[i]) != 0)
				continue;
			refused.loads = false;
			what = try(&strict, &refused);
			if (what)
				fail_msg("%s", what);
			n++;
		}
	assert_int_equal(n, ARRAY_SIZE(names));
	check_kernel_free(kernel);
}

static const struct variant *variant(const char *name)
{
	const struct variant *v = variants;

	while (strcmp(v->name, name) != 0)
		v++;
	return v;
}

/* Linux before 6.4 oopses in add_kallsyms() on it, so no board is tested with this. */
static void what_crashes_the_loader_is_refused(void **state)
{
	struct variant empty = *variant("this-module-empty");
	_cleanup_free_ char *what = NULL;

	(void)state;
	empty.since = 0;
	what = try(&worlds[0], &empty);
	if (what)
		fail_msg("%s", what);
}

/* Larger pages allow a larger alignment, but are checked too. */
static void percpu_alignment_and_pages(void **state)
{
	const struct variant *v = variant("percpu-alignment");
	struct variant large = *v;

	(void)state;
	large.arg = 6144;
	for (uint32_t size = 4096; size <= 16384; size *= 4) {
		_cleanup_free_ char *what = NULL;

		check_kernel_add_board(worlds[0].kernel, size, false, false);
		large.loads = size == 4096;
		large.rule = large.loads ? NULL : "percpu";
		what = try(&worlds[0], &large);
		check_kernel_add_board(worlds[0].kernel, 0, false, false);
		if (what)
			fail_msg("pages of %u: %s", size, what);
	}
}

static char *found_in(const char *name)
{
	_cleanup_(strbuf_release) struct strbuf image = STRBUF_INIT;
	_cleanup_(check_result_release) struct check_result r = { 0 };
	const struct variant *v = variant(name);

	strbuf_add(&image, worlds[0].good[v->of].buf, worlds[0].good[v->of].len);
	v->make(&image, v->arg);
	judge(worlds[0].kernel, image.buf, image.len, &r);
	return xstrdup(r.problems[0].found);
}

static void what_is_known_of_symbols(void **state)
{
	_cleanup_free_ char *missing = found_in("missing"), *declared = found_in("not-exported"),
			    *of_module = found_in("of-a-module"), *map = NULL;

	(void)state;
	assert_string_equal(missing, "does not exist in 6.1.0-50-arm64");
	assert_string_equal(declared, "not exported: the headers of 6.1.0-50-arm64 declare it");
	assert_contains(of_module, "exported by lib/crc-itu-t.ko of the kernel");
	put(sample_tree.build, "System.map",
	    "ffff800008000000 T do_exit\nffff800008000010 T a_no_such_f\n");
	map = found_in("not-exported");
	assert_string_equal(map, "not exported: 6.1.0-50-arm64 has it, but not for modules");
	free(missing);
	missing = found_in("missing");
	assert_string_equal(missing, "does not exist in 6.1.0-50-arm64");
	assert_int_equal(unlink("System.map") < 0 && errno != ENOENT, 0);
}

/* Within the module's pages the kernel writes it; no board is tested with a place beyond them. */
static void a_place_outside_of_its_section(void **state)
{
	static const char init[] = "\x78\0\0\0\0\0\0\0\x01\x01\0"; /* R_AARCH64_ABS64 */
	_cleanup_(strbuf_release) struct strbuf image = STRBUF_INIT;
	_cleanup_(check_result_release) struct check_result within = { 0 }, behind = { 0 };
	char *at;

	(void)state;
	strbuf_add(&image, worlds[0].good[VICTIM].buf, worlds[0].good[VICTIM].len);
	at = memmem(image.buf, image.len, init, sizeof(init));
	assert_non_null(at);
	at[1] = 0x04; /* 1 KiB on */
	judge(worlds[0].kernel, image.buf, image.len, &within);
	assert_true(within.loads);
	assert_true(has_kind(&within, "relocation"));
	at[2] = 0x10; /* 1 MiB on */
	judge(worlds[0].kernel, image.buf, image.len, &behind);
	assert_false(behind.loads);
	assert_true(has_kind(&behind, "relocation"));
}

/* A module of the same plan exports the missing symbol; then its CRC counts too. */
static void other_modules(void **state)
{
	_cleanup_(module_list_release) struct module_list list = { 0 };
	_cleanup_(check_result_release) struct check_result alone = { 0 }, together = { 0 },
							    wrong = { 0 };
	struct check_plan plan = { .others = &list,
				   .needs = (const char *const[]){ "victim", NULL } };
	struct module *provider;
	const char *user = MODULE("user", "6.1.0-50-arm64", USER_MORE);
	char *at;

	(void)state;
	sample_compile("user.ko", user, "-c");
	assert_int_equal(fs_write_atomic("victim.ko", worlds[0].good[VICTIM].buf,
					 worlds[0].good[VICTIM].len, 0600),
			 0);
	assert_int_equal(module_read("victim.ko", &provider), 0);
	module_list_add(&list, provider);
	assert_int_equal(check_file(worlds[0].kernel, "user.ko", NULL, &alone), 0);
	assert_false(alone.loads);
	assert_int_equal(check_file(worlds[0].kernel, "user.ko", &plan, &together), 0);
	if (!together.loads)
		fail_msg("%s: %s", together.problems[0].kind, together.problems[0].found);
	at = memmem(worlds[0].good[VICTIM].buf, worlds[0].good[VICTIM].len, "\x09\0\0\0", 4);
	assert_non_null(at);
	*at = 8;
	assert_int_equal(fs_write_atomic("victim.ko", worlds[0].good[VICTIM].buf,
					 worlds[0].good[VICTIM].len, 0600),
			 0);
	*at = 9;
	assert_int_equal(check_file(worlds[0].kernel, "user.ko", &plan, &wrong), 0);
	assert_false(wrong.loads);
	assert_string_equal(wrong.problems[0].symbol, "crc_ccitx");
}

/* Linux 6.14 uses the extended list if there is one, and requires only what is in it. */
static void extended_versions(void **state)
{
	struct check_kernel *kernel = make_kernel("6.14.0", CONFIG);
	_cleanup_(check_result_release) struct check_result new = { 0 }, old = { 0 };

	(void)state;
	sample_compile("x.ko", MODULE("x", "6.14.0", EXTENDED_MORE), "-c");
	assert_int_equal(check_file(kernel, "x.ko", NULL, &new), 0);
	if (!new.loads)
		fail_msg("%s: %s", new.problems[0].kind, new.problems[0].found);
	kernel->version = CHECK_VERSION(6, 12);
	assert_int_equal(check_file(kernel, "x.ko", NULL, &old), 0);
	assert_false(old.loads);
	check_kernel_free(kernel);
}

static void packed_and_damaged(void **state)
{
	_cleanup_(check_result_release) struct check_result r = { 0 }, none = { 0 };

	(void)state;
	put(sample_work, "x.ko.xz",
	    "\xfd"
	    "7zXZ");
	assert_int_equal(fs_write_atomic("x.ko.xz",
					 "\xfd"
					 "7zXZ\0\0\0",
					 8, 0600),
			 0);
	assert_int_equal(check_file(worlds[0].kernel, "x.ko.xz", NULL, &r), 0);
	assert_false(r.loads);
	assert_string_equal(r.problems[0].kind, "packed");
	assert_int_equal(check_file(worlds[0].kernel, "none.ko", NULL, &none), -ENOENT);
}

static void shown(void **state)
{
	struct checked one = { .path = (char *)"/a/x.ko",
			       .shown = (char *)"x.ko",
			       .name = (char *)"x" };
	_cleanup_(strbuf_release) struct strbuf image = STRBUF_INIT;
	_cleanup_free_ char *text = NULL, *json = NULL;
	json_t *document;
	size_t n;
	FILE *stream = open_memstream(&text, &n);

	(void)state;
	strbuf_add(&image, worlds[0].good[VICTIM].buf, worlds[0].good[VICTIM].len);
	variant("crc")->make(&image, variant("crc")->arg);
	judge(worlds[0].kernel, image.buf, image.len, &one.result);
	out_check(stream, &one, 1, "6.1.0-50-arm64", false);
	fclose(stream);
	assert_contains(text, "x.ko: would NOT load");
	assert_contains(text, "crc ktime_get: expected 0x00000003; found: 0x00000002");
	assert_contains(text, "1 of 1 modules would not load on 6.1.0-50-arm64");
	document = out_check_json(&one, 1, "6.1.0-50-arm64", NULL, 0);
	json = json_dumps(document, JSON_COMPACT);
	json_decref(document);
	assert_contains(json, "\"schema\":\"outpost.check/1\"");
	assert_contains(json, "{\"path\":\"/a/x.ko\",\"name\":\"x\",\"loads\":false,\"problems\":"
			      "[{\"kind\":\"crc\",\"symbol\":\"ktime_get\",\"expected\":"
			      "\"0x00000003\",\"found\":\"0x00000002\",\"hint\":");
	check_result_release(&one.result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_variant),
		cmocka_unit_test(every_rule_is_needed),
		cmocka_unit_test(page_size),
		cmocka_unit_test(what_crashes_the_loader_is_refused),
		cmocka_unit_test(percpu_alignment_and_pages),
		cmocka_unit_test(signatures_are_wanted),
		cmocka_unit_test(unknown_keys),
		cmocka_unit_test(without_force_load),
		cmocka_unit_test(what_is_known_of_symbols),
		cmocka_unit_test(a_place_outside_of_its_section),
		cmocka_unit_test(other_modules),
		cmocka_unit_test(extended_versions),
		cmocka_unit_test(packed_and_damaged),
		cmocka_unit_test(shown),
	};

	return cmocka_run_group_tests(tests, make_worlds, free_worlds);
}
