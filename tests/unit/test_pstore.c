// SPDX-License-Identifier: GPL-2.0-only
/* Files from pstore: names, parts, compression, and files that are not text. */
#include "unit.h"

#include "common/cleanup.h"
#include "host/judge/pstore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static struct pstore_file plain(const char *name, const char *text)
{
	return (struct pstore_file){ name, text, strlen(text) };
}

static void expect(const struct pstore_file *files, size_t n, const char *text)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;

	assert_int_equal(pstore_text(files, n, &out), 0);
	assert_string_equal(out.buf, text);
}

/* Raw deflate with a window of 2 KiB, as written by kernels up to 6.5. */
static struct pstore_file packed(const char *name, const char *text, char *to, size_t size)
{
	z_stream z = { .next_in = (Bytef *)text,
		       .avail_in = (uInt)strlen(text),
		       .next_out = (Bytef *)to,
		       .avail_out = (uInt)size };

	assert_int_equal(deflateInit2(&z, 3, Z_DEFLATED, -11, 4, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size = z.total_out;
	deflateEnd(&z);
	return (struct pstore_file){ name, to, size };
}

/* The parts of a dump go backwards from the end of the log; ramoops numbers the records. */
static void parts_are_put_in_order(void **state)
{
	const struct pstore_file files[] = {
		plain("dmesg-ramoops-0", "Oops#1 Part1\n<4>[    3.000000] three\n"),
		plain("dmesg-ramoops-1", "Oops#1 Part2\n<4>[    2.000000] two\n"),
		plain("dmesg-ramoops-2", "Oops#1 Part3\n<4>[    1.000000] one\n"),
		plain("dmesg-ramoops-3", "Panic#2 Part1\n<0>[    4.000000] four"),
	};

	(void)state;
	expect(files, 4,
	       "<4>[    1.000000] one\n<4>[    2.000000] two\n<4>[    3.000000] three\n"
	       "<0>[    4.000000] four\n");
}

static void the_order_of_files_does_not_matter(void **state)
{
	struct pstore_file files[11];
	char text[11][40], wanted[400] = "", names[11][40];

	(void)state;
	for (unsigned int i = 0; i < 11; i++) {
		unsigned int part = 1 + i * 7 % 11; /* all parts, shuffled; more than nine */

		snprintf(names[i], sizeof(names[i]), "dmesg-efi_pstore-1647289371%02u001", part);
		snprintf(text[i], sizeof(text[i]), "Panic#1 Part%u\n[ %u] x\n", part, 100 - part);
		files[i] = plain(names[i], text[i]);
	}
	for (unsigned int part = 11; part > 0; part--)
		snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "[ %u] x\n",
			 100 - part);
	expect(files, 11, wanted);
}

/* systemd moves the files, and joins them in dmesg.txt. */
static void what_is_there_twice_is_taken_once(void **state)
{
	const struct pstore_file files[] = {
		plain("1647289371/001/dmesg.txt",
		      "Oops#1 Part2\n[1.0] one\nOops#1 Part1\n[2.0] two\n"),
		plain("1647289371/001/dmesg-efi_pstore-164728937101001",
		      "Oops#1 Part1\n[2.0] two\n"),
		plain("1647289371/001/dmesg-efi_pstore-164728937102001",
		      "Oops#1 Part2\n[1.0] one\n"),
	};

	(void)state;
	expect(files, 3, "[1.0] one\n[2.0] two\n");
}

static void packed_records_are_unpacked(void **state)
{
	char one[256], two[256];
	const struct pstore_file files[] = {
		packed("dmesg-ramoops-0.enc.z", "Panic#1 Part1\n<0>[    2.000000] two\n", one,
		       sizeof(one)),
		packed("dmesg-ramoops-1.enc.z", "Panic#1 Part2\n<4>[    1.000000] one\n", two,
		       sizeof(two)),
	};

	(void)state;
	expect(files, 2, "<4>[    1.000000] one\n<0>[    2.000000] two\n");
}

static void a_torn_record_gives_what_is_left(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT, text = STRBUF_INIT;
	char bytes[8192];
	struct pstore_file file;

	(void)state;
	strbuf_adds(&text, "Panic#1 Part1\n");
	for (unsigned int i = 0; i < 100; i++)
		strbuf_addf(&text, "<4>[%5u.%06u] line %u\n", i, i * 7919 % 1000000, i * i);
	file = packed("dmesg-ramoops-0.enc.z", text.buf, bytes, sizeof(bytes));
	file.size /= 2;
	assert_int_equal(pstore_text(&file, 1, &out), 0);
	assert_non_null(strstr(out.buf, "line 25\n"));
	assert_null(strstr(out.buf, "line 9801"));
}

static void zstd_is_unpacked_too(void **state)
{
	static const char text[] = "Oops#1 Part1\n<4>[    1.000000] one\n";
	char bytes[256];
	const struct pstore_file file = { "dmesg-ramoops-0.enc.z", bytes,
					  ZSTD_compress(bytes, sizeof(bytes), text, strlen(text),
							3) };

	(void)state;
	expect(&file, 1, "<4>[    1.000000] one\n");
}

static void what_cannot_be_unpacked_is_counted(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	const struct pstore_file files[] = {
		plain("dmesg-ramoops-0.enc.z", "\xff\xfflzo, say"),
		plain("dmesg-ramoops-1", "Oops#1 Part1\n[1.0] one\n"),
	};

	(void)state;
	assert_int_equal(pstore_text(files, 2, &out), 1);
	assert_string_equal(out.buf, "[1.0] one\n");
}

/* A malicious board cannot fill our memory: 4 MiB for one record, 64 MiB in total. */
static void bombs_are_bounded(void **state)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT, text = STRBUF_INIT;
	struct pstore_file files[64];
	size_t size = 1 << 20;
	_cleanup_free_ char *bytes = malloc(size);

	(void)state;
	for (int i = 0; i < 8 << 10; i++)
		strbuf_adds(&text,
			    "[    1.000000] the same line over and over, again and again, and "
			    "so on, and on; this makes it longer than it should be, and as "
			    "long as nobody looks nobody minds that it goes on and on and "
			    "on and on and on and on and on and on and on and on and on\n");
	for (size_t i = 0; i < 64; i++)
		files[i] = (struct pstore_file){ "dmesg-ramoops-0.enc.z", bytes, 0 };
	files[0] = packed("dmesg-ramoops-0.enc.z", text.buf, bytes, size);
	for (size_t i = 1; i < 64; i++)
		files[i].size = files[0].size;
	assert_true(pstore_text(files, 64, &out) > 0);
	assert_in_range(out.len, 1, 72u << 20);
}

static void only_the_kernel_log_counts(void **state)
{
	const struct pstore_file files[] = {
		plain("pmsg-ramoops-0", "[1.0] BUG: user space says so\n"),
		plain("ftrace-ramoops", "bytes"),
		plain("mce-erst-1", "bytes"),
		plain("dmesg-ramoops-0", "Panic: Total 1 times\nPanic#1 Part1\n[2.0] two\n"
					 "\nNo errors detected\n"),
		plain("console-ramoops-0",
		      "[1.0] one\n\n3 Corrected bytes, 0 unrecoverable blocks\n"),
	};

	(void)state;
	expect(files, 5, "[1.0] one\n\n[2.0] two\n\n");
}

static void nothing_gives_nothing(void **state)
{
	const struct pstore_file files[] = { plain("dmesg-ramoops-0", ""),
					     plain("dmesg-ramoops-1", "Panic#1 Part1\n") };

	(void)state;
	expect(NULL, 0, "");
	expect(files, 2, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_put_in_order),
		cmocka_unit_test(the_order_of_files_does_not_matter),
		cmocka_unit_test(what_is_there_twice_is_taken_once),
		cmocka_unit_test(packed_records_are_unpacked),
		cmocka_unit_test(a_torn_record_gives_what_is_left),
		cmocka_unit_test(zstd_is_unpacked_too),
		cmocka_unit_test(what_cannot_be_unpacked_is_counted),
		cmocka_unit_test(bombs_are_bounded),
		cmocka_unit_test(only_the_kernel_log_counts),
		cmocka_unit_test(nothing_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
