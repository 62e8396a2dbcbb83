// SPDX-License-Identifier: GPL-2.0-only
/* Archives from a well-behaved board, and from a malicious one. */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strbuf.h"
#include "host/base/paths.h"
#include "host/base/untar.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

static char top[] = "/tmp/outpost-test-XXXXXX";
static char *dir; /* where archives are unpacked; the file beside it must not change */

static void add(struct strbuf *tar, const char *name, char type, const char *text, const char *link)
{
	char h[512] = "";
	unsigned int sum = 0;
	size_t n = strlen(text);

	memcpy(h, name, strnlen(name, 100));
	memcpy(h + 100, "0000755", 7);
	snprintf(h + 124, 12, "%011o", (unsigned int)n & 0777777);
	memset(h + 148, ' ', 8);
	h[156] = type;
	memcpy(h + 157, link, strnlen(link, 100));
	memcpy(h + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	strbuf_add(tar, h, sizeof(h));
	strbuf_adds(tar, text);
	while (tar->len % 512)
		strbuf_addch(tar, '\0');
}

static void end_archive(struct strbuf *tar)
{
	for (int i = 0; i < 1024; i++)
		strbuf_addch(tar, '\0');
}

struct source {
	const struct strbuf *tar;
	size_t piece, at;
	int error; /* at the end */
};

static ssize_t next_piece(void *arg, const void **data)
{
	struct source *s = arg;
	size_t left = s->tar->len - s->at, n = left < s->piece ? left : s->piece;

	*data = s->tar->buf + s->at;
	s->at += n;
	return n ? (ssize_t)n : s->error;
}

/* Unpacks it in pieces of `piece` bytes; the reason goes to `why`. */
static int unpack(const struct strbuf *tar, size_t piece, struct strbuf *why)
{
	struct source source = { tar, piece };

	assert_int_equal(fs_remove_tree(dir), 0);
	assert_int_equal(fs_mkdir_p(dir, 0755), 0);
	return untar(dir, next_piece, &source, why);
}

static void expect_text(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(dir, name, NULL);
	_cleanup_(strbuf_release) struct strbuf found = STRBUF_INIT;

	if (fs_read(path, &found, 0) < 0 || strcmp(found.buf, text) != 0)
		fail_msg("%s holds '%s', not '%s'", name, found.buf, text);
}

static void sound(void **state)
{
	static const size_t pieces[] = { 1, 511, 512, 513, 100000 };
	_cleanup_(strbuf_release) struct strbuf tar = STRBUF_INIT;

	(void)state;
	add(&tar, "usr/src/a/", '5', "", "");
	add(&tar, "usr/src/a/Makefile", '0', "all:\n", "");
	add(&tar, "usr/src/a/empty", '0', "", "");
	add(&tar, "usr/src/a/scripts", '2', "", "../../lib/kbuild/scripts");
	add(&tar, "usr/src/a/abs", '2', "", "/usr/lib/kbuild/scripts/x");
	add(&tar, "usr/src/a/nowhere", '2', "", "/usr/lib/none");
	add(&tar, "usr/lib/kbuild/scripts/x", '0', "of x", "");
	end_archive(&tar);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
		_cleanup_free_ char *dangling = path_join(dir, "usr/src/a/nowhere", NULL);
		struct stat st;

		if (unpack(&tar, pieces[i], &why) != 0)
			fail_msg("in pieces of %zu: %s", pieces[i], why.buf);
		expect_text("usr/src/a/Makefile", "all:\n");
		expect_text("usr/src/a/empty", "");
		expect_text("usr/src/a/scripts/x", "of x");
		expect_text("usr/src/a/abs", "of x");
		assert_int_equal(lstat(dangling, &st), -1);
	}
}

struct entry {
	const char *name;
	char type;
	const char *text, *link;
};

#define TEN(s)    s s s s s s s s s s
#define LONG_NAME TEN(TEN("1/3")) /* of 300 bytes */

/* None of these may be accepted, and nothing beside the folder may change. */
static void hostile(void **state)
{
	static const struct {
		const char *what;
		struct entry entries[5];
	} cases[] = {
		{ "absolute name", { { "/tmp/x", '0', "x", "" } } },
		{ "leads up", { { "../victim", '0', "x", "" } } },
		{ "leads up within", { { "a/../../victim", '0', "x", "" } } },
		{ "a dot part", { { "a/./b", '0', "x", "" } } },
		{ "an empty part", { { "a//b", '0', "x", "" } } },
		{ "no name", { { "", '0', "x", "" } } },
		{ "only dots", { { "..", '5', "", "" } } },
		{ "twice", { { "a", '0', "x", "" }, { "a", '0', "y", "" } } },
		{ "file, then folder", { { "a", '0', "x", "" }, { "a/b", '0', "y", "" } } },
		{ "link, then file", { { "a", '2', "", ".." }, { "a/victim", '0', "y", "" } } },
		{ "file and link", { { "a", '0', "x", "" }, { "a", '2', "", "b" } } },
		{ "link up", { { "a", '2', "", "../victim" } } },
		{ "deep link up", { { "a/b/c", '2', "", "../../../victim" } } },
		{ "links that lead up together",
		  { { "a/b/x", '0', "x", "" },
		    { "a/b/up", '2', "", "../.." },
		    { "out", '2', "", "a/b/up/../victim" } } },
		{ "hard link", { { "a", '1', "", "../victim" } } },
		{ "device", { { "a", '3', "", "" } } },
		{ "pipe", { { "a", '6', "", "" } } },
		{ "long name of GNU", { { "././@LongLink", 'L', "x", "" } } },
		{ "too long a name of GNU",
		  { { "././@LongLink", 'L', LONG_NAME, "" }, { "x", '0', "", "" } } },
		{ "too long a target of GNU",
		  { { "././@LongLink", 'K', LONG_NAME, "" }, { "x", '2', "", "y" } } },
		{ "a name of pax",
		  { { "pax", 'x', "15 path=victim\n", "" }, { "x", '0', "", "" } } },
		{ "for all that follow",
		  { { "pax", 'g', "15 path=victim\n", "" }, { "x", '0', "", "" } } },
		{ "magic link", { { "a", '2', "", "/proc/self/root" }, { "../x", '0', "", "" } } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_release) struct strbuf tar = STRBUF_INIT, why = STRBUF_INIT;
		int r;

		for (const struct entry *e = cases[i].entries; e->name; e++)
			add(&tar, e->name, e->type, e->text, e->link);
		end_archive(&tar);
		r = unpack(&tar, 512, &why);
		if (r != -EBADMSG || !why.len)
			fail_msg("%s: %d, '%s'", cases[i].what, r, why.buf);
		expect_text("../victim", "as it was");
	}
}

static void damaged(void **state)
{
	_cleanup_(strbuf_release) struct strbuf tar = STRBUF_INIT;

	(void)state;
	add(&tar, "a", '0', "some text", "");
	add(&tar, "b", '0', "other text", "");
	for (size_t n = 0; n <= tar.len; n += 64) { /* without the final blocks of zeroes */
		_cleanup_(strbuf_release) struct strbuf cut = STRBUF_INIT, why = STRBUF_INIT;

		strbuf_add(&cut, tar.buf, n);
		if (unpack(&cut, 512, &why) != -EBADMSG)
			fail_msg("%zu of %zu bytes were accepted as an archive", n, tar.len);
	}
	for (size_t n = 0; n < 500; n += 7) { /* within the first header */
		_cleanup_(strbuf_release) struct strbuf bad = STRBUF_INIT, why = STRBUF_INIT;

		strbuf_add(&bad, tar.buf, tar.len);
		end_archive(&bad);
		bad.buf[n] ^= 0x15;
		if (unpack(&bad, 512, &why) != -EBADMSG)
			fail_msg("byte %zu is wrong, and it is taken", n);
	}
}

static void too_large(void **state)
{
	_cleanup_(strbuf_release) struct strbuf tar = STRBUF_INIT, why = STRBUF_INIT;
	unsigned int sum = 0;

	(void)state;
	add(&tar, "a", '0', "", "");
	memcpy(tar.buf + 124, "77777777777", 11); /* 8 GiB */
	memset(tar.buf + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)tar.buf[i];
	snprintf(tar.buf + 148, 8, "%06o", sum);
	assert_int_equal(unpack(&tar, 512, &why), -EFBIG);
}

/* The same header forever. */
static ssize_t repeat(void *arg, const void **data)
{
	const struct strbuf *tar = arg;

	*data = tar->buf;
	return (ssize_t)tar->len;
}

static void too_many(void **state)
{
	_cleanup_(strbuf_release) struct strbuf tar = STRBUF_INIT, why = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < 100; i++)
		add(&tar, "a", '5', "", "");
	assert_int_equal(untar(dir, repeat, &tar, &why), -EFBIG);
}

/* Each entry is in 40 folders of its own that no entry names. */
static ssize_t next_nested(void *arg, const void **data)
{
	static struct strbuf tar = STRBUF_INIT;
	unsigned int *n = arg;
	char name[101];

	snprintf(name, sizeof(name), "%08u/", (*n)++);
	for (size_t at = strlen(name); at < 88; at += 2)
		strcpy(name + at, "d/");
	strbuf_reset(&tar);
	add(&tar, name, '5', "", "");
	*data = tar.buf;
	return (ssize_t)tar.len;
}

static void too_many_folders(void **state)
{
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	char in_memory[] = "/dev/shm/outpost-test-XXXXXX"; /* a disk would take seconds */
	const char *into = mkdtemp(in_memory) ? in_memory : dir;
	unsigned int n = 0;
	int r;

	(void)state;
	r = untar(into, next_nested, &n, &why);
	assert_int_equal(fs_remove_tree(into), 0);
	assert_int_equal(r, -EFBIG);
	assert_true(n < UNTAR_MAX_NAMES / 40 + 100);
}

static void compress_tar(const struct strbuf *tar, struct strbuf *out)
{
	z_stream z = { .next_in = (Bytef *)tar->buf, .avail_in = (uInt)tar->len };

	strbuf_grow(out, 100000);
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = (Bytef *)out->buf;
	z.avail_out = 100000;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len = z.total_out;
	deflateEnd(&z);
}

static void compressed(void **state)
{
	_cleanup_(strbuf_release) struct strbuf tar = STRBUF_INIT, packed = STRBUF_INIT;
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;

	(void)state;
	add(&tar, "a", '0', "some text", "");
	end_archive(&tar);
	compress_tar(&tar, &packed);
	assert_int_equal(unpack(&packed, 7, &why), 0);
	expect_text("a", "some text");
	for (size_t n = 0; n < packed.len; n++) {
		_cleanup_(strbuf_release) struct strbuf cut = STRBUF_INIT, reason = STRBUF_INIT;

		strbuf_add(&cut, packed.buf, n);
		if (unpack(&cut, 7, &reason) != -EBADMSG || !reason.len)
			fail_msg("%zu of %zu bytes were accepted as an archive", n, packed.len);
	}
}

/* An error of the reader, at any point, is returned. */
static void read_error(void **state)
{
	_cleanup_(strbuf_release) struct strbuf tar = STRBUF_INIT;

	(void)state;
	add(&tar, "a", '0', "some text", "");
	add(&tar, "b", '5', "", "");
	for (size_t n = 0; n <= tar.len; n += 256) {
		_cleanup_(strbuf_release) struct strbuf cut = STRBUF_INIT, why = STRBUF_INIT;
		struct source source = { &cut, 100, .error = -ETIMEDOUT };

		strbuf_add(&cut, tar.buf, n);
		assert_int_equal(fs_remove_tree(dir), 0);
		assert_int_equal(fs_mkdir_p(dir, 0755), 0);
		assert_int_equal(untar(dir, next_piece, &source, &why), -ETIMEDOUT);
		assert_int_equal(why.len, 0);
	}
}

static int start(void **state)
{
	_cleanup_free_ char *victim = NULL;

	(void)state;
	if (!mkdtemp(top))
		return -1;
	dir = path_join(top, "into", NULL);
	victim = path_join(top, "victim", NULL);
	return fs_write_atomic(victim, "as it was", 9, 0644);
}

static int end(void **state)
{
	(void)state;
	free(dir);
	return fs_remove_tree(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound),      cmocka_unit_test(hostile),
		cmocka_unit_test(damaged),    cmocka_unit_test(too_large),
		cmocka_unit_test(too_many),   cmocka_unit_test(compressed),
		cmocka_unit_test(read_error), cmocka_unit_test(too_many_folders),
	};

	return cmocka_run_group_tests(tests, start, end);
}
