// SPDX-License-Identifier: GPL-2.0-only
/* What is sent, seen from the board's side: a session whose other end is this file. */
#include "common/cleanup.h"
#include "common/fs.h"
#include "host/board/deploy.h"

#include <blake2.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include <cmocka.h>

#define SIZE (100 * 1000)

static void fill(char *content, unsigned int seed)
{
	for (size_t i = 0; i < SIZE; i++) {
		seed = seed * 1103515245 + 12345;
		content[i] = (char)(seed >> 16);
	}
}

static void unpack_as_agent(const struct strbuf *packed, const char *reference, size_t n, char *out)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	size_t r;

	ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, 28);
	if (n)
		ZSTD_DCtx_refPrefix(d, reference, n);
	r = ZSTD_decompressDCtx(d, out, SIZE, packed->buf, packed->len);
	ZSTD_freeDCtx(d);
	if (ZSTD_isError(r))
		fail_msg("%s", ZSTD_getErrorName(r));
	assert_int_equal(r, SIZE);
}

static void sends_the_difference(void **state)
{
	static char one[SIZE], other[SIZE], back[SIZE];
	_cleanup_(strbuf_release) struct strbuf whole = STRBUF_INIT, part = STRBUF_INIT;

	(void)state;
	fill(one, 1);
	memcpy(other, one, SIZE);
	memcpy(other + SIZE / 2, "a changed line", 14);
	assert_int_equal(deploy_pack(other, SIZE, NULL, 0, &whole), 0);
	assert_int_equal(deploy_pack(other, SIZE, one, SIZE, &part), 0);
	unpack_as_agent(&whole, NULL, 0, back);
	assert_memory_equal(back, other, SIZE);
	memset(back, 0, SIZE);
	unpack_as_agent(&part, one, SIZE, back);
	assert_memory_equal(back, other, SIZE);
	assert_true(whole.len > SIZE / 2); /* noise: the whole cannot be small */
	if (part.len > 200)
		fail_msg("a change of 14 bytes in %d is sent as %zu bytes", SIZE, part.len);
}

static void packs_nothing(void **state)
{
	_cleanup_(strbuf_release) struct strbuf packed = STRBUF_INIT;
	char out[1];

	(void)state;
	assert_int_equal(deploy_pack("", 0, NULL, 0, &packed), 0);
	assert_true(packed.len > 0);
	assert_int_equal(ZSTD_decompress(out, 0, packed.buf, packed.len), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_the_difference),
		cmocka_unit_test(packs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
