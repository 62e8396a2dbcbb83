// SPDX-License-Identifier: GPL-2.0-only
/* Hexadecimal digits, and hashes as computed by other programs (b2sum(1), Python's hashlib). */
#include "unit.h"

#include "common/cleanup.h"
#include "host/base/hash.h"

#include <errno.h>
#include <sys/mman.h>

static void test_hex(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x1f, 0xa0, 0xff };
	char text[HEX_SIZE(sizeof(bytes))];
	uint8_t back[sizeof(bytes)];

	(void)state;
	hex_encode(text, bytes, sizeof(bytes));
	assert_string_equal(text, "001fa0ff");
	hex_encode(text, bytes, 0);
	assert_string_equal(text, "");
	assert_true(hex_decode(back, sizeof(back), "001fa0ff and more"));
	assert_memory_equal(back, bytes, sizeof(back));
	assert_false(hex_decode(back, sizeof(back), "001fa0f"));
	assert_false(hex_decode(back, sizeof(back), "001fa0"));
	assert_false(hex_decode(back, sizeof(back), "001fa0fg"));
	assert_false(hex_decode(back, sizeof(back), "001fA0ff"));
}

static void test_hashes(void **state)
{
	_cleanup_(strbuf_release) struct strbuf content = STRBUF_INIT, text = STRBUF_INIT;
	_cleanup_close_ int fd = memfd_create("content", MFD_CLOEXEC);
	char name[HASH_NAME_SIZE], hash[HEX_SIZE(16)];

	(void)state;
	hash_name(name, "pi@raspberry");
	assert_string_equal(name, "5dd80fb3c72eff36");
	strbuf_adds(&content, "content");
	strbuf_adds(&text, "7 ");
	hash_add(&text, &content);
	assert_string_equal(text.buf,
			    "7 2d49316473cb68324b3f807c6d88c5618f6a422801f52ee3f6b3c29784504fc0");
	assert_int_equal(write(fd, "a content", 9), 9);
	lseek(fd, 2, SEEK_SET); /* only the rest is hashed */
	assert_int_equal(hash_file(hash, 16, fd), 0);
	assert_string_equal(hash, "c681ff421fbd7af6dc373a7ced20fbeb");
	assert_int_equal(hash_file(hash, 16, -1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
