// SPDX-License-Identifier: GPL-2.0-only
/* The parts of a module that are sent: those about symbols; the rest is zeroes. */
#include "unit.h"

#include "agent/serve/pull.h"
#include "common/cleanup.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define TEXT_AT     0x100
#define VERSIONS_AT 0x200
#define TABLE_AT    0x300
#define NAMES_AT    0x400

static const char names[] = "\0.text\0__versions\0.names";

/* .text and __versions have 16 bytes each, full of 't' and 'v'; their names follow. */
static int make_module(void)
{
	const Elf64_Ehdr h = { .e_ident = ELFMAG,
			       .e_shoff = TABLE_AT,
			       .e_shentsize = sizeof(Elf64_Shdr),
			       .e_shnum = 4,
			       .e_shstrndx = 3 };
	const Elf64_Shdr sections[] = {
		{ 0 },
		{ .sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = TEXT_AT, .sh_size = 16 },
		{ .sh_name = 7, .sh_type = SHT_PROGBITS, .sh_offset = VERSIONS_AT, .sh_size = 16 },
		{ .sh_name = 18,
		  .sh_type = SHT_STRTAB,
		  .sh_offset = NAMES_AT,
		  .sh_size = sizeof(names) },
	};
	int fd = memfd_create("module", MFD_CLOEXEC);

	assert_int_equal(pwrite(fd, &h, sizeof(h), 0), sizeof(h));
	assert_int_equal(pwrite(fd, "tttttttttttttttt", 16, TEXT_AT), 16);
	assert_int_equal(pwrite(fd, "vvvvvvvvvvvvvvvv", 16, VERSIONS_AT), 16);
	assert_int_equal(pwrite(fd, sections, sizeof(sections), TABLE_AT), sizeof(sections));
	assert_int_equal(pwrite(fd, names, sizeof(names), NAMES_AT), sizeof(names));
	return fd;
}

static void expect(const struct pull_kept *kept, int fd, uint64_t at, char wanted)
{
	uint8_t bytes[16];

	assert_int_equal(pull_symbols_read(kept, fd, bytes, sizeof(bytes), at), sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], wanted);
}

static void test_symbols(void **state)
{
	_cleanup_close_ int module = make_module(), other = memfd_create("other", MFD_CLOEXEC);
	const uint64_t size = (uint64_t)lseek(module, 0, SEEK_END);
	struct pull_kept kept, kept_of_other;
	char magic[SELFMAG];

	(void)state;
	assert_int_equal(pwrite(other, "xxxxxxxxxxxxxxxx", 16, TEXT_AT), 16);
	pull_symbols_look(&kept, module, size);
	pull_symbols_look(&kept_of_other, other,
			  TEXT_AT + 16); /* not understood: all of it is sent */
	expect(&kept, module, TEXT_AT, '\0');
	expect(&kept, module, VERSIONS_AT, 'v');
	assert_int_equal(pull_symbols_read(&kept, module, (uint8_t *)magic, SELFMAG, 0), SELFMAG);
	assert_memory_equal(magic, ELFMAG, SELFMAG);
	expect(&kept_of_other, other, TEXT_AT, 'x');
	expect(&kept_of_other, other, 0, '\0');
}

/* It has become shorter since pull_symbols_look(). */
static void test_shorter(void **state)
{
	_cleanup_close_ int module = make_module();
	struct pull_kept kept;
	uint8_t bytes[16];

	(void)state;
	pull_symbols_look(&kept, module, (uint64_t)lseek(module, 0, SEEK_END));
	assert_int_equal(ftruncate(module, VERSIONS_AT), 0);
	assert_int_equal(pull_symbols_read(&kept, module, bytes, 16, VERSIONS_AT), -1);
	assert_int_equal(errno, ESTALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_shorter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
