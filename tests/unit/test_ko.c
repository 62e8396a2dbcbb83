// SPDX-License-Identifier: GPL-2.0-only
/* .ko files: made here by the cross compiler, whole, packed, signed and damaged. */
#include "sample_tree.h"

#include "host/module/ko.h"

#include <arpa/inet.h>

#define SECTION(name) "__attribute__((section(\"" name "\"), used, aligned(4)))"

static const char with_everything[] = SAMPLE_MODULE(
	"my_mod",
	"") "struct version { unsigned long crc; char name[56]; };\n"
	    "const struct version v[] " SECTION(
		    "__versions") " = {\n"
				  "	{ 0x12345678, \"module_layout\" }, { 0xcafe, "
				  "\"_printk\" } };\n"
				  "const unsigned int c[] " SECTION(
					  "__version_ext_crcs") " = { 0x12345678, 0xbeef "
								"};\n"
								"const char n[] " SECTION(
									"__version_ext_"
									"names") " = "
										 "\"module_"
										 "layout\\0"
										 "a_long_"
										 "one\";\n"
										 "const "
										 "struct { "
										 "unsigned "
										 "int n, "
										 "d, t; "
										 "char "
										 "name[4]; "
										 "unsigned "
										 "char "
										 "id[4]; } "
										 "note"
										 "\n" SECTION(
											 "."
											 "n"
											 "o"
											 "t"
											 "e"
											 "."
											 "g"
											 "n"
											 "u"
											 "."
											 "b"
											 "u"
											 "i"
											 "l"
											 "d"
											 "-"
											 "i"
											 "d") " = { 4, 4, 3, \"GNU\", { 0x01, 0xab, 0xcd, 0xef } };\n"
											      "extern int elsewhere(void); int here(void) { return elsewhere(); }\n"
											      /* As EXPORT_SYMBOL_NS_GPL(here, SOME) leaves it behind in Linux 6.1. */
											      "const int __ksymtab_here[3] " SECTION(
												      "__ksymtab_gpl") ";\n"
														       "const unsigned int __crc_here " SECTION(
															       "__kcrctab_gpl") " = 0x4242;\n"
																		"const char __kstrtabns_here[] " SECTION(
																			"__ksymtab_strings") " = \"SOME\";\n"
																					     "const int __ksymtab_open[3] " SECTION(
																						     "__ksymtab") ";\n";

static struct ko *open_sample(const char *name)
{
	struct ko *ko = NULL;

	if (!fs_exists("my-mod.ko"))
		sample_compile("my-mod.ko", with_everything, "-c");
	assert_int_equal(ko_open(name, &ko), 0);
	return ko;
}

static void sections(void **state)
{
	_cleanup_(ko_freep) struct ko *ko = open_sample("my-mod.ko");
	_cleanup_free_ char *build_id = ko_build_id(ko);
	size_t count;
	Elf64_Shdr header;

	(void)state;
	assert_int_equal(ko->header.e_machine, EM_AARCH64);
	assert_true(ko_has_sections(ko));
	assert_true(ko_section(ko, ko_find(ko, ".modinfo"), &header));
	assert_int_equal(header.sh_type, SHT_PROGBITS);
	assert_int_equal(ko_find(ko, "none"), 0);
	assert_int_equal(ko_find(ko, ".debug_info"), 0); /* is not loaded */
	assert_int_not_equal(ko_find_any(ko, ".debug_info", &count), 0);
	assert_int_equal(count, 1);
	assert_null(ko_contents_of(ko, ".bss").p);
	assert_false(ko_section(ko, ko->header.e_shnum, &header));
	assert_null(ko_section_name(ko, ko->header.e_shnum));
	assert_string_equal(build_id, "01abcdef");
}

static void modinfo(void **state)
{
	_cleanup_(ko_freep) struct ko *ko = open_sample("my-mod.ko");
	size_t n = 0;

	(void)state;
	assert_string_equal(ko_modinfo(ko, "name", NULL), "my_mod");
	assert_null(ko_modinfo(ko, "name", ko_modinfo(ko, "name", NULL)));
	assert_null(ko_modinfo(ko, "nam", NULL));
	for (const char *at = NULL; (at = ko_modinfo(ko, NULL, at)); n++)
		assert_non_null(strchr(at, '='));
	assert_int_equal(n, 4);
}

static void symbols(void **state)
{
	_cleanup_(ko_freep) struct ko *ko = open_sample("my-mod.ko");
	Elf64_Sym symbol;
	const char *name;
	bool undefined = false;

	(void)state;
	for (size_t i = 1; ko_symbol(ko, i, &symbol, &name); i++) {
		assert_non_null(name);
		if (strcmp(name, "elsewhere") == 0)
			undefined = symbol.st_shndx == SHN_UNDEF;
	}
	assert_true(undefined);
}

static void versions(void **state)
{
	_cleanup_(ko_freep) struct ko *ko = open_sample("my-mod.ko"), *plain = NULL;
	_cleanup_free_ struct ko_version *list = NULL, *extended = NULL, *none = NULL;
	size_t n;

	(void)state;
	assert_int_equal(ko_versions(ko, KO_VERSIONS, &list, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(list[1].name, "_printk");
	assert_int_equal(list[0].crc, 0x12345678);
	/* The string has one NUL more at its end: a name too many, of a CRC that is not there. */
	assert_int_equal(ko_versions(ko, KO_VERSIONS_EXTENDED, &extended, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(extended[1].name, "a_long_one");
	assert_int_equal(extended[1].crc, 0xbeef);
	sample_compile("plain.ko", SAMPLE_MODULE("plain", ""), "-c");
	assert_int_equal(ko_open("plain.ko", &plain), 0);
	assert_int_equal(ko_versions(plain, KO_VERSIONS, &none, &n), -ENOENT);
	assert_int_equal(ko_versions(plain, KO_VERSIONS_EXTENDED, &none, &n), -ENOENT);
	assert_int_equal(n, 0);
}

static void exports(void **state)
{
	_cleanup_(ko_freep) struct ko *ko = open_sample("my-mod.ko");
	_cleanup_free_ struct ko_export *list = NULL;

	(void)state;
	assert_int_equal(ko_exports(ko, &list), 2);
	for (size_t i = 0; i < 2; i++) {
		bool here = strcmp(list[i].name, "here") == 0;

		assert_string_equal(list[i].name, here ? "here" : "open");
		assert_int_equal(list[i].gpl, here);
		assert_int_equal(list[i].has_crc, here);
		assert_int_equal(list[i].crc, here ? 0x4242 : 0);
		assert_string_equal(list[i].name_space, here ? "SOME" : "");
	}
}

static void packed(void **state)
{
	static const struct {
		const char *tool, *option, *suffix;
		enum packing packing;
	} tools[] = { { "xz", "-k", ".xz", PACKING_XZ },
		      { "gzip", "-k", ".gz", PACKING_GZIP },
		      { "zstd", "-kq", ".zst", PACKING_ZSTD } };
	_cleanup_(ko_freep) struct ko *whole = open_sample("my-mod.ko");

	(void)state;
	assert_int_equal(whole->packing, PACKING_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		_cleanup_free_ char *name = xasprintf("my-mod.ko%s", tools[i].suffix);
		_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
		_cleanup_(ko_freep) struct ko *ko = NULL;
		struct ko *torn = NULL;

		sample_run(
			(const char *const[]){ tools[i].tool, tools[i].option, "my-mod.ko", NULL });
		ko = open_sample(name);
		assert_int_equal(ko->packing, tools[i].packing);
		assert_int_equal(ko->image.len, whole->image.len);
		assert_memory_equal(ko->image.buf, whole->image.buf, whole->image.len);
		assert_int_equal(fs_read(name, &bytes, 0), 0);
		for (size_t n = 6; n < bytes.len; n += 97) {
			assert_int_equal(ko_of_bytes(bytes.buf, n, &torn), -EBADMSG);
			assert_null(torn);
		}
	}
}

/* What has more in it than fits is given up, and does not fill the memory before. */
static void bomb(void **state)
{
	_cleanup_(strbuf_release) struct strbuf zeroes = STRBUF_INIT;
	struct ko *ko = NULL;
	int fd = open("bomb", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)UNPACKED_MAX + 1), 0);
	close(fd);
	assert_int_equal(ko_open("bomb", &ko), -EFBIG);
	sample_run((const char *const[]){ "zstd", "-q", "--rm", "bomb", NULL });
	assert_int_equal(ko_open("bomb.zst", &ko), -EFBIG);
	assert_null(ko);
}

static struct ko *sign(const char *message, const char fields[8], uint32_t length)
{
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	struct ko *ko = NULL;

	length = htonl(length);
	strbuf_adds(&bytes, "module");
	strbuf_adds(&bytes, message);
	strbuf_add(&bytes, fields, 8);
	strbuf_add(&bytes, &length, 4);
	strbuf_adds(&bytes, "~Module signature appended~\n");
	assert_int_equal(ko_of_bytes(bytes.buf, bytes.len, &ko), 0);
	return ko;
}

static void signatures(void **state)
{
	static const struct {
		const char *message;
		char fields[8];
		uint32_t length;
		bool torn, pkcs7;
		size_t size;
	} rows[] = {
		{ "pkcs7", { 0, 0, 2 }, 5, false, true, 6 },
		{ "pkcs7", { 0, 0, 1 }, 5, false, false, 6 + 5 + 12 }, /* an older form */
		{ "pkcs7", { 1, 0, 2 }, 5, true, true, 6 + 5 + 12 },
		{ "pkcs7", { 0, 0, 2, 0, 0, 0, 0, 1 }, 5, true, true, 6 + 5 + 12 },
		{ "pkcs7", { 0, 0, 2 }, 10, false, true, 1 },
		{ "pkcs7", { 0, 0, 2 }, 11, true, false, 6 + 5 + 12 }, /* nothing is left */
		{ "pkcs7", { 0, 0, 2 }, 0xfffffff0, true, false, 6 + 5 + 12 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(ko_freep) struct ko *ko =
			sign(rows[i].message, rows[i].fields, rows[i].length);

		assert_true(ko->signature.present);
		assert_int_equal(ko->signature.torn, rows[i].torn);
		assert_int_equal(ko->signature.pkcs7, rows[i].pkcs7);
		assert_int_equal(ko->size, rows[i].size);
	}
}

static void ask_everything(const struct ko *ko)
{
	_cleanup_free_ struct ko_version *list = NULL, *extended = NULL;
	_cleanup_free_ struct ko_export *exported = NULL;
	Elf64_Sym symbol;
	const char *name;
	size_t n;

	for (const char *at = NULL; (at = ko_modinfo(ko, NULL, at));)
		assert_true(*at);
	for (size_t i = 0; ko_symbol(ko, i, &symbol, &name); i++)
		assert_true(!name || strlen(name) < ko->image.len);
	ko_versions(ko, KO_VERSIONS, &list, &n);
	ko_versions(ko, KO_VERSIONS_EXTENDED, &extended, &n);
	ko_exports(ko, &exported);
	free(ko_build_id(ko));
}

/* Cut off anywhere, and with any byte of its tables turned, it answers, and within its bounds. */
static void damaged(void **state)
{
	_cleanup_(ko_freep) struct ko *whole = open_sample("my-mod.ko");
	size_t table = whole->header.e_shoff;

	(void)state;
	for (size_t n = 0; n < whole->image.len; n += 101) {
		_cleanup_free_ char *exact = xmalloc(n + 1);
		_cleanup_(ko_freep) struct ko *ko = NULL;

		assert_int_equal(ko_of_bytes(whole->image.buf, n, &ko), 0);
		ask_everything(ko);
	}
	for (size_t at = table; at < whole->image.len; at++) {
		_cleanup_(ko_freep) struct ko *ko = NULL;

		whole->image.buf[at] ^= 0xff;
		assert_int_equal(ko_of_bytes(whole->image.buf, whole->image.len, &ko), 0);
		whole->image.buf[at] ^= 0xff;
		ask_everything(ko);
	}
}

static void not_there(void **state)
{
	struct ko *ko = NULL;

	(void)state;
	assert_int_equal(ko_open("none.ko", &ko), -ENOENT);
	assert_int_equal(ko_open(".", &ko), -EISDIR);
	assert_int_equal(ko_of_bytes("", 0, &ko), 0);
	assert_int_equal(ko->size, 0);
	assert_false(ko_has_sections(ko));
	ask_everything(ko);
	ko_free(ko);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sections, sample_clear),
		cmocka_unit_test_setup(modinfo, sample_clear),
		cmocka_unit_test_setup(symbols, sample_clear),
		cmocka_unit_test_setup(versions, sample_clear),
		cmocka_unit_test_setup(exports, sample_clear),
		cmocka_unit_test_setup(packed, sample_clear),
		cmocka_unit_test_setup(bomb, sample_clear),
		cmocka_unit_test(signatures),
		cmocka_unit_test_setup(damaged, sample_clear),
		cmocka_unit_test(not_there),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_end);
}
