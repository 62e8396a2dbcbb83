// SPDX-License-Identifier: GPL-2.0-only
#include "host/unzstd.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"

#include <errno.h>
#include <string.h>
#include <zstd.h>

#define UNPACKED_MAX (512UL * 1024 * 1024)

DEFINE_CLEANUP(ZSTD_DStream *, ZSTD_freeDStream);

bool is_zstd(int fd)
{
	static const unsigned char expected[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	unsigned char magic[4];

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       memcmp(magic, expected, sizeof(magic)) == 0;
}

int unpack_zstd(int fd, struct strbuf *out)
{
	_cleanup_(strbuf_release) struct strbuf packed = STRBUF_INIT;
	_cleanup_free_ char *path = xasprintf("/proc/self/fd/%d", fd);
	_cleanup_(ZSTD_freeDStreamp) ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in;
	size_t left = 1; /* bytes of a frame that are still wanted */
	int r = fs_read(path, &packed, UNPACKED_MAX);

	in = (ZSTD_inBuffer){ packed.buf, packed.len, 0 };
	while (r == 0 && in.pos < in.size) {
		ZSTD_outBuffer piece;

		strbuf_grow(out, ZSTD_DStreamOutSize());
		piece = (ZSTD_outBuffer){ out->buf + out->len, ZSTD_DStreamOutSize(), 0 };
		left = ZSTD_decompressStream(stream, &piece, &in);
		if (ZSTD_isError(left))
			return -EBADMSG;
		out->len += piece.pos;
		if (out->len > UNPACKED_MAX)
			return -EFBIG;
	}
	return r < 0 ? r : left ? -EBADMSG : 0;
}
