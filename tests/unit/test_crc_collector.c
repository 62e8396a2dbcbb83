// SPDX-License-Identifier: GPL-2.0-only
/* Module.symvers from modules, what sources export, and the commit in a changelog. */
#include "unit.h"

#include "common/alloc.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/kernel/changelog.h"
#include "host/kernel/exports.h"
#include "host/kernel/crc_collector.h"
#include "host/kernel/git_internal.h"
#include "host/module/ko.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- a module -------------------------------------------------------------------------- */

struct version {
	uint32_t crc;
	const char *name;
};

static const char names[] = "\0__versions\0.symtab\0.strtab\0__ksymtab_gpl\0.shstrtab";

static size_t add_bytes(struct strbuf *file, const void *data, size_t n)
{
	size_t at = file->len;

	strbuf_add(file, data, n);
	return at;
}

static Elf64_Shdr section(const char *name, unsigned int type, size_t at, size_t n,
			  unsigned int link)
{
	const char *p = names + 1;

	while (strcmp(p, name) != 0)
		p += strlen(p) + 1;
	return (Elf64_Shdr){ .sh_name = (Elf64_Word)(p - names),
			     .sh_type = type,
			     .sh_offset = at,
			     .sh_size = n,
			     .sh_link = link };
}

/*
 * A module that uses `versions`, up to the one without a name, and exports `export` to GPL
 * modules.
 */
static struct ko *module_with(const struct version *versions, const char *export, uint32_t crc)
{
	_cleanup_(strbuf_release) struct strbuf file = STRBUF_INIT, table = STRBUF_INIT,
						strings = STRBUF_INIT;
	Elf64_Ehdr header = { .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 6, .e_shstrndx = 5 };
	Elf64_Sym symbols[3] = { 0 };
	Elf64_Shdr sections[6] = { 0 };
	struct ko *ko;

	for (; versions->name; versions++) {
		char entry[64] = "";

		memcpy(entry, &versions->crc, sizeof(versions->crc));
		strcpy(entry + 8, versions->name);
		strbuf_add(&table, entry, sizeof(entry));
	}
	strbuf_addch(&strings, '\0');
	symbols[1].st_name = (Elf64_Word)strings.len;
	symbols[1].st_shndx = export ? 4 : SHN_UNDEF;
	strbuf_addf(&strings, "__ksymtab_%s", export ? export : "");
	strbuf_addch(&strings, '\0');
	symbols[2].st_name = (Elf64_Word)strings.len;
	symbols[2].st_shndx = export ? SHN_ABS : SHN_UNDEF;
	symbols[2].st_value = crc;
	strbuf_addf(&strings, "__crc_%s", export ? export : "");
	strbuf_addch(&strings, '\0');
	memcpy(header.e_ident, ELFMAG, SELFMAG);
	strbuf_add(&file, &header, sizeof(header));
	sections[1] = section("__versions", SHT_PROGBITS, add_bytes(&file, table.buf, table.len),
			      table.len, 0);
	sections[2] = section(".symtab", SHT_SYMTAB, add_bytes(&file, symbols, sizeof(symbols)),
			      sizeof(symbols), 3);
	sections[3] = section(".strtab", SHT_STRTAB, add_bytes(&file, strings.buf, strings.len),
			      strings.len, 0);
	sections[4] = section("__ksymtab_gpl", SHT_PROGBITS, sizeof(header), 8, 0);
	sections[5] = section(".shstrtab", SHT_STRTAB, add_bytes(&file, names, sizeof(names)),
			      sizeof(names), 0);
	header.e_shoff = file.len;
	memcpy(file.buf, &header, sizeof(header));
	strbuf_add(&file, sections, sizeof(sections));
	assert_int_equal(ko_of_bytes(file.buf, file.len, &ko), 0);
	return ko;
}

static void collected(void **state)
{
	_cleanup_(ko_freep) struct ko *user = module_with(
		(struct version[]){ { 1, "printk" }, { 2, "from_m" }, { 9, "odd" }, { 0, NULL } },
		NULL, 0);
	_cleanup_(ko_freep) struct ko *m = module_with(
		(struct version[]){ { 1, "printk" }, { 7, "ns_one" }, { 0, NULL } }, "from_m", 2);
	_cleanup_(crc_collector_freep) struct crc_collector *h = crc_collector_new();
	_cleanup_(exports_freep) struct exports *e = exports_new();
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	static const char source[] = "EXPORT_SYMBOL(printk);\nEXPORT_SYMBOL(from_m);\n"
				     "EXPORT_SYMBOL_NS(ns_one, CRYPTO);\n";
	struct crc_counts counts;

	(void)state;
	exports_parse(e, source, strlen(source), "");
	assert_int_equal(crc_collector_module(h, user, "fs/user"), 0);
	assert_int_equal(crc_collector_module(h, m, "drivers/m"), 0);
	crc_collector_write(h, e, &out, &counts);
	/* The module's own export counts, not the sources. */
	assert_string_equal(out.buf, "0x00000002\tfrom_m\tdrivers/m\tEXPORT_SYMBOL_GPL\t\n"
				     "0x00000007\tns_one\tvmlinux\tEXPORT_SYMBOL\tCRYPTO\n"
				     "0x00000009\todd\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
				     "0x00000001\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n");
	assert_int_equal(counts.modules, 2);
	assert_int_equal(counts.symbols, 4);
	assert_int_equal(counts.unknown, 1);
}

static void contradictions(void **state)
{
	_cleanup_(ko_freep) struct ko *a =
		module_with((struct version[]){ { 1, "printk" }, { 0, NULL } }, NULL, 0);
	_cleanup_(ko_freep) struct ko *b =
		module_with((struct version[]){ { 2, "printk" }, { 0, NULL } }, NULL, 0);
	_cleanup_(ko_freep) struct ko *c =
		module_with((struct version[]){ { 0, NULL } }, "printk", 3);
	_cleanup_(ko_freep) struct ko *none = NULL;
	_cleanup_(crc_collector_freep) struct crc_collector *h = crc_collector_new();

	(void)state;
	log_set_level(LOG_LEVEL_NONE);
	assert_int_equal(ko_of_bytes("junk", 4, &none), 0);
	assert_int_equal(crc_collector_module(h, a, "a"), 0);
	assert_int_equal(crc_collector_module(h, a, "again"), 0);
	assert_int_equal(crc_collector_module(h, b, "b"), -EEXIST);
	assert_int_equal(crc_collector_module(h, c, "c"), -EEXIST);
	assert_int_equal(crc_collector_module(h, none, "none"), -EBADMSG);
	log_set_level(LOG_LEVEL_INFO);
}

/* modpost would write these names into C files. */
static void forged_names(void **state)
{
	static const char *const names_of_modules[] = { "a\"),\n.incbin \"x", "a b", "a\n0x1\tb",
							"$(x)" };
	_cleanup_(ko_freep) struct ko *good =
		module_with((struct version[]){ { 1, "printk" }, { 0, NULL } }, "x.y", 1);
	_cleanup_(crc_collector_freep) struct crc_collector *h = crc_collector_new();

	(void)state;
	log_set_level(LOG_LEVEL_NONE);
	assert_int_equal(crc_collector_module(h, good, "drivers/net/a-b"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names_of_modules); i++) {
		const char *bad = names_of_modules[i];
		_cleanup_(ko_freep) struct ko *uses =
			module_with((struct version[]){ { 1, bad }, { 0, NULL } }, NULL, 0);
		_cleanup_(ko_freep) struct ko *exports =
			module_with((struct version[]){ { 0, NULL } }, bad, 3);

		assert_int_equal(crc_collector_module(h, uses, "a"), -EBADMSG);
		assert_int_equal(crc_collector_module(h, exports, "a"), -EBADMSG);
		assert_int_equal(crc_collector_module(h, good, bad), -EBADMSG);
	}
	log_set_level(LOG_LEVEL_INFO);
}

static void forged_configurations(void **state)
{
	static const char good[] =
		"# Linux/arm64 6.1 Kernel Configuration `$(x)`\n\n"
		"CONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0\"\n"
		"CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=-1\nCONFIG_D=0x1F\nCONFIG_E=\"\"\n"
		"# CONFIG_F is not set\nCONFIG_CMDLINE=\"root=/dev/x rw,a:b\"";
	static const char taken[] =
		"CONFIG_CC_VERSION_TEXT=\"gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0\"\n"
		"CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=-1\nCONFIG_D=0x1F\nCONFIG_E=\"\"\n"
		"# CONFIG_F is not set\nCONFIG_CMDLINE=\"root=/dev/x rw,a:b\"\n";
	static const char *const bad[] = {
		"CONFIG_A=\"$(shell id)\"",
		"CONFIG_A=\"`id`\"",
		"CONFIG_A=\"a\\\"",
		"CONFIG_A=\"a\"b\"",
		"CONFIG_A=\"a'b\"",
		"CONFIG_A=\"a;id\"",
		"CONFIG_A=\"a|id\"",
		"CONFIG_A=\"a&id\"",
		"CONFIG_A=\"a>b\"",
		"CONFIG_A=\"a#b\"",
		"CONFIG_A=\"a",
		"CONFIG_A=$(shell id)",
		"CONFIG_A=",
		"CONFIG_A=yes",
		"CONFIG_A=-",
		"CONFIG_A=0x",
		"CONFIG_A=1 2",
		"CONFIG_A :=y",
		"CONFIG_=y",
		"CONFIG_A\t=y",
		"A=y",
		"$(shell id)",
		"include x",
		" CONFIG_A=y",
		"CONFIG_A=y\r",
		"export CONFIG_A=y",
		"CONFIG_A+=y",
	};
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	size_t line;

	(void)state;
	assert_int_equal(kernel_git_take_config(good, &out, &line), 0);
	assert_string_equal(out.buf, taken);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_(strbuf_release) struct strbuf ignored = STRBUF_INIT;
		_cleanup_free_ char *text = xasprintf("CONFIG_B=y\n%s\nCONFIG_C=y\n", bad[i]);

		if (kernel_git_take_config(text, &ignored, &line) != -EBADMSG || line != 2)
			fail_msg("taken: %s", bad[i]);
	}
}

/* --- sources --------------------------------------------------------------------------- */

static void macros(void **state)
{
	static const char source[] =
		"#define EXPORT_SYMBOL(x) __EXPORT_SYMBOL(x, \"\")\n"
		"EXPORT_SYMBOL(plain);\n\tEXPORT_SYMBOL_GPL ( spaced ) ;\n"
		"MY_EXPORT_SYMBOL(mine);\nEXPORT_SYMBOL(made_##of);\nEXPORT_UNUSED(x);\n"
		"EXPORT_SYMBOL_NS_GPL(old_ns, CRYPTO);\nEXPORT_SYMBOL_NS(new_ns, \"USB\");\n"
		"EXPORT_TRACEPOINT_SYMBOL_GPL(tp);\nEXPORT_SYMBOL(both);\nEXPORT_SYMBOL_GPL(both);"
		"\n"
		"EXPORT_SYMBOL(torn";
	_cleanup_(exports_freep) struct exports *e = exports_new();

	(void)state;
	exports_parse(e, source, strlen(source), "");
	assert_false(exports_find(e, "plain")->gpl);
	assert_string_equal(exports_find(e, "plain")->name_space, "");
	assert_true(exports_find(e, "spaced")->gpl);
	assert_null(exports_find(e, "mine"));
	assert_null(exports_find(e, "made_"));
	assert_null(exports_find(e, "torn"));
	assert_null(exports_find(e, "x"));
	assert_string_equal(exports_find(e, "old_ns")->name_space, "CRYPTO");
	assert_true(exports_find(e, "old_ns")->gpl);
	assert_string_equal(exports_find(e, "new_ns")->name_space, "USB");
	assert_true(exports_find(e, "__traceiter_tp")->gpl);
	assert_true(exports_find(e, "__SCK__tp_func_tp")->gpl);
	assert_true(exports_find(e, "both")->gpl);
}

static void default_namespaces(void **state)
{
	static const char plain[] =
		"EXPORT_SYMBOL_ACPI_LIB(acpi);\nEXPORT_SYMBOL(a);\nEXPORT_SYMBOL_NS(b, OWN);\n";
	static const char own[] = "#include <x.h>\n#undef DEFAULT_SYMBOL_NAMESPACE\n"
				  "#define DEFAULT_SYMBOL_NAMESPACE HWMON\n"
				  "EXPORT_SYMBOL_GPL(c);\n";
	static const char quoted[] = "#define DEFAULT_SYMBOL_NAMESPACE\t\"PWM\"\n"
				     "EXPORT_SYMBOL_GPL(d);\n";
	_cleanup_(exports_freep) struct exports *e = exports_new();
	_cleanup_free_ char *old =
		exports_makefile("obj-y += a.o\n"
				 "ccflags-y += -DDEFAULT_SYMBOL_NAMESPACE=USB\n");
	_cleanup_free_ char *new = exports_makefile(
		"subdir-ccflags-y += -DX -DDEFAULT_SYMBOL_NAMESPACE='\"IDXD\"' -DY\n");

	(void)state;
	assert_string_equal(old, "USB");
	assert_string_equal(new, "IDXD");
	assert_null(exports_makefile("CFLAGS_one.o += -DDEFAULT_SYMBOL_NAMESPACE=ONE\n"));
	exports_parse(e, plain, strlen(plain), "USB");
	exports_parse(e, own, strlen(own), "USB");
	exports_parse(e, quoted, strlen(quoted), "");
	assert_string_equal(exports_find(e, "acpi")->name_space, "ACPI");
	assert_string_equal(exports_find(e, "a")->name_space, "USB");
	assert_string_equal(exports_find(e, "b")->name_space, "OWN");
	assert_string_equal(exports_find(e, "c")->name_space, "HWMON");
	assert_string_equal(exports_find(e, "d")->name_space, "PWM");
}

/* --- changelogs -------------------------------------------------------------------------- */

#define A "0123456789abcdef0123456789abcdef01234567"
#define B "fedcba9876543210fedcba9876543210fedcba98"

static void expect_commit(const char *text, const char *version, const char *expected)
{
	_cleanup_free_ char *commit = NULL;
	int r = changelog_commit(text, version, &commit);

	assert_int_equal(r, expected ? 0 : -ENOENT);
	if (expected)
		assert_string_equal(commit, expected);
}

static void changelogs(void **state)
{
	static const char rpi[] = "linux (1:6.12.25-1+rpt2) bookworm; urgency=medium\n\n"
				  "  * Rebuild it (with care)\n\n -- A B <a@b>  Mon, 1 Jan\n\n"
				  "linux (1:6.12.25-1+rpt1) bookworm; urgency=medium\n\n"
				  "  * Linux commit: " A "\n\n -- A B <a@b>  Mon, 1 Jan\n\n"
				  "linux (1:6.12.20-1+rpt1) bookworm; urgency=medium\n\n"
				  "  * Linux commit: " B "\n";

	(void)state;
	expect_commit(rpi, "1:6.12.25-1+rpt1", A);
	expect_commit(rpi, "1:6.12.20-1+rpt1", B);
	expect_commit(rpi, "1:6.12.25-1+rpt2", A); /* packaged again */
	expect_commit(rpi, NULL, A);
	expect_commit(rpi, "1:6.12.26-1+rpt1", NULL);
	expect_commit("linux (6.1.192-2) bookworm; urgency=high\n\n  * Fix\n\n"
		      "linux (6.1.191-1) bookworm; urgency=high\n\n  * Linux commit: " A "\n",
		      "6.1.192-2", NULL); /* the commit of another version */
	expect_commit("linux (1) x; y\n  * Linux commit: 0123\n", NULL, NULL);
	expect_commit("linux (1) x; y\n  * Linux commit: " A "0\n", NULL, NULL);
	expect_commit("", NULL, NULL);
	expect_commit("linux (", NULL, NULL);
}

static void compilers(void **state)
{
	_cleanup_free_ char *text = kernel_git_compiler_of(
		"Linux version 6.12.25+rpt-rpi-v8 (serge@raspberrypi.com) "
		"(aarch64-linux-gnu-gcc-12 "
		"(Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP");

	(void)state;
	assert_string_equal(text, "aarch64-linux-gnu-gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0");
	assert_null(kernel_git_compiler_of("Linux version 6.1"));
	assert_null(kernel_git_compiler_of("Linux version 6.1 (a@b) (clang 14, GNU ld 2)"));
	assert_null(
		kernel_git_compiler_of("Linux version 6.1 (a@b) (gcc-12 $(shell id), GNU ld 2)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(collected),    cmocka_unit_test(contradictions),
		cmocka_unit_test(forged_names), cmocka_unit_test(forged_configurations),
		cmocka_unit_test(macros),       cmocka_unit_test(changelogs),
		cmocka_unit_test(compilers),    cmocka_unit_test(default_namespaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
