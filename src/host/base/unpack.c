// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/unpack.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#define PIECE     (256 * 1024)
#define XZ_MEMORY (128u << 20) /* xz -9 needs 65 MiB */

static const struct {
	size_t n;
	unsigned char magic[6];
} packings[] = {
	[PACKING_GZIP] = { 2, { 0x1f, 0x8b } },
	[PACKING_XZ] = { 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
	[PACKING_ZSTD] = { 4, { 0x28, 0xb5, 0x2f, 0xfd } },
};

enum packing packing_of(const void *data, size_t n)
{
	for (size_t i = PACKING_GZIP; i < ARRAY_SIZE(packings); i++)
		if (n >= packings[i].n && memcmp(data, packings[i].magic, packings[i].n) == 0)
			return (enum packing)i;
	return PACKING_NONE;
}

enum packing packing_of_file(int fd)
{
	unsigned char magic[6];
	ssize_t n = pread(fd, magic, sizeof(magic), 0);

	return n < 0 ? PACKING_NONE : packing_of(magic, (size_t)n);
}

/* Makes room for the next piece; false if the output is too large already. */
static bool grow(struct strbuf *out, size_t start)
{
	if (out->len - start > UNPACKED_MAX)
		return false;
	strbuf_grow(out, PIECE);
	return true;
}

static int unpack_gzip(const void *data, size_t n, struct strbuf *out)
{
	z_stream s = { .next_in = (void *)(uintptr_t)data, .avail_in = (uInt)n };
	size_t start = out->len;
	int r = inflateInit2(&s, 15 + 16) == Z_OK ? Z_OK : Z_MEM_ERROR; /* 16: a gzip header */

	while (r == Z_OK) {
		if (!grow(out, start)) {
			inflateEnd(&s);
			return -EFBIG;
		}
		s.next_out = (void *)(out->buf + out->len);
		s.avail_out = PIECE;
		r = inflate(&s, Z_NO_FLUSH);
		out->len += PIECE - s.avail_out;
	}
	inflateEnd(&s);
	return r == Z_STREAM_END ? 0 : -EBADMSG;
}

static int unpack_xz(const void *data, size_t n, struct strbuf *out)
{
	lzma_stream s = LZMA_STREAM_INIT;
	size_t start = out->len;
	lzma_ret r = lzma_stream_decoder(&s, XZ_MEMORY, 0);

	s.next_in = data;
	s.avail_in = n;
	while (r == LZMA_OK) {
		if (!grow(out, start)) {
			lzma_end(&s);
			return -EFBIG;
		}
		s.next_out = (void *)(out->buf + out->len);
		s.avail_out = PIECE;
		r = lzma_code(&s, LZMA_FINISH);
		out->len += PIECE - s.avail_out;
	}
	lzma_end(&s);
	return r == LZMA_STREAM_END ? 0 : r == LZMA_MEMLIMIT_ERROR ? -EFBIG : -EBADMSG;
}

DEFINE_CLEANUP(ZSTD_DStream *, ZSTD_freeDStream);

static int unpack_zstd(const void *data, size_t n, struct strbuf *out)
{
	_cleanup_(ZSTD_freeDStreamp) ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = { data, n, 0 };
	size_t start = out->len, left = 1; /* bytes of the frame that are still missing */

	while (left) {
		ZSTD_outBuffer piece;
		size_t had = in.pos;

		if (!grow(out, start))
			return -EFBIG;
		piece = (ZSTD_outBuffer){ out->buf + out->len, PIECE, 0 };
		left = ZSTD_decompressStream(stream, &piece, &in);
		if (ZSTD_isError(left) || (left && in.pos == had && !piece.pos))
			return -EBADMSG;
		out->len += piece.pos;
	}
	return 0;
}

/* The size may be in the header. */
static bool zstd_is_too_large(const void *data, size_t n)
{
	unsigned long long size = ZSTD_getFrameContentSize(data, n);

	return size < ZSTD_CONTENTSIZE_ERROR && size > UNPACKED_MAX;
}

int unpack(enum packing packing, const void *data, size_t n, struct strbuf *out)
{
	size_t start = out->len;
	int r = -ENOEXEC;

	if (n > UNPACKED_MAX || (packing == PACKING_ZSTD && zstd_is_too_large(data, n)))
		return -EFBIG;
	if (packing == PACKING_GZIP)
		r = unpack_gzip(data, n, out);
	else if (packing == PACKING_XZ)
		r = unpack_xz(data, n, out);
	else if (packing == PACKING_ZSTD)
		r = unpack_zstd(data, n, out);
	out->buf[out->len] = '\0';
	return r == 0 && out->len - start > UNPACKED_MAX ? -EFBIG : r;
}

int unpack_file(int fd, struct strbuf *out)
{
	_cleanup_free_ char *path = xasprintf("/proc/self/fd/%d", fd);
	_cleanup_(strbuf_release) struct strbuf packed = STRBUF_INIT;
	enum packing packing = packing_of_file(fd);
	struct stat st;
	int r;

	if (fstat(fd, &st) == 0 && st.st_size > (off_t)UNPACKED_MAX)
		return -EFBIG;
	r = fs_read(path, packing ? &packed : out, UNPACKED_MAX);

	return r < 0 || !packing ? r : unpack(packing, packed.buf, packed.len, out);
}

int unpack_read(const char *path, struct strbuf *out)
{
	_cleanup_close_ int fd = fs_open_regular(path);

	return fd < 0 ? fd : unpack_file(fd, out);
}
