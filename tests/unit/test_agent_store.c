// SPDX-License-Identifier: GPL-2.0-only
/* What the agent stores on a board: blobs, deployed modules and journals. */
#include "unit.h"

#include "agent/base/blob.h"
#include "agent/base/journal.h"
#include "agent/base/logs.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "agent_dirs.h"
#include "common/strv.h"

#include <blake2.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

static struct dirs dirs;

static int set_up(void **state)
{
	(void)state;
	return test_place_make(&dirs);
}

static int tear_down(void **state)
{
	(void)state;
	return test_place_remove(&dirs);
}

/*
 * Announces and sends `content`, compressed against `reference` (NULL: none), in pieces of
 * `piece` bytes.
 */
static int send(const char *content, const char *reference, size_t piece, outpost_Blob *blob)
{
	struct blob_receiver receiver;
	uint8_t packed[4096];
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t size = strlen(content), n, done = 0;
	int r;

	memset(blob, 0, sizeof(*blob));
	if (reference) {
		ZSTD_CCtx_refPrefix(c, reference, strlen(reference));
		blob->reference.size = HASH_SIZE;
		blake2b(blob->reference.bytes, reference, NULL, HASH_SIZE, strlen(reference), 0);
	}
	n = ZSTD_compress2(c, packed, sizeof(packed), content, size);
	ZSTD_freeCCtx(c);
	blob->hash.size = HASH_SIZE;
	blake2b(blob->hash.bytes, content, NULL, HASH_SIZE, size, 0);
	blob->size = size;
	blob->packed = n;
	blob_init(&receiver, &dirs);
	r = blob_begin(&receiver, blob);
	while (r == 0 && done < n) {
		size_t some = n - done < piece ? n - done : piece;

		r = blob_data(&receiver, packed + done, some);
		done += some;
	}
	return r;
}

static void assert_content(const char *path, const char *expected)
{
	struct strbuf sb = STRBUF_INIT;

	assert_int_equal(fs_read(path, &sb, 0), 0);
	assert_string_equal(sb.buf, expected);
	strbuf_release(&sb);
}

static void a_blob_arrives_in_pieces(void **state)
{
	outpost_Blob blob;
	char path[DIRS_MAX];

	(void)state;
	assert_int_equal(send("a module, as it were", NULL, 3, &blob), 1);
	assert_true(blob_exists(&dirs, blob.hash.bytes));
	blob_path(&dirs, blob.hash.bytes, path);
	assert_content(path, "a module, as it were");
}

static void a_blob_is_packed_against_an_earlier_one(void **state)
{
	static const char first[] =
		"the quick brown fox jumps over the lazy dog, again and again and again";
	static const char second[] =
		"the quick brown fox jumps over the lazy cat, again and again and again";
	outpost_Blob blob;
	char path[DIRS_MAX];

	(void)state;
	assert_int_equal(send(second, first, 4096, &blob),
			 0); /* the reference is missing: the blob is ignored */
	assert_false(blob_exists(&dirs, blob.hash.bytes));
	assert_int_equal(send(first, NULL, 4096, &blob), 1);
	assert_int_equal(send(second, first, 4096, &blob), 1);
	blob_path(&dirs, blob.hash.bytes, path);
	assert_content(path, second);
}

static void a_blob_that_is_not_what_it_says_is_refused(void **state)
{
	struct blob_receiver receiver;
	outpost_Blob blob = { .hash.size = HASH_SIZE, .size = 4, .packed = 4 };
	char **left = NULL, dir[DIRS_MAX];

	(void)state;
	blob_init(&receiver, &dirs);
	assert_int_equal(blob_begin(&receiver, &blob), 0);
	assert_int_equal(blob_data(&receiver, (const uint8_t *)"nope", 4), -EBADMSG);
	assert_false(blob_exists(&dirs, blob.hash.bytes));
	assert_int_equal(blob_data(&receiver, (const uint8_t *)"more", 4), -EBADMSG);
	dirs_path(&dirs, dir, "blobs");
	assert_int_equal(fs_list(dir, &left), 0);
	if (*left)
		fail_msg("%s was left behind", *left);
	strv_free(left);
}

static void deploying_keeps_a_bounded_number_of_earlier_ones(void **state)
{
	outpost_Blob blob;
	char path[DIRS_MAX], dir[DIRS_MAX], **backups = NULL;

	(void)state;
	for (int i = 0; i < 8; i++) {
		char content[32];

		snprintf(content, sizeof(content), "version %d", i);
		assert_int_equal(send(content, NULL, 4096, &blob), 1);
		assert_int_equal(blob_deploy(&dirs, "hello", blob.hash.bytes, path), 1);
		assert_int_equal(blob_deploy(&dirs, "hello", blob.hash.bytes, path), 0);
		assert_content(path, content);
	}
	dirs_path(&dirs, dir, "backups/hello");
	assert_int_equal(fs_list(dir, &backups), 0);
	assert_int_equal(strv_length(backups), 5);
	strv_free(backups);
	assert_int_equal(blob_deploy(&dirs, "../../etc/x", blob.hash.bytes, path), -EINVAL);
}

static int count(const outpost_Entry *entry, void *arg)
{
	(void)entry;
	++*(int *)arg;
	return 0;
}

static void a_torn_journal_ends_at_its_last_whole_frame(void **state)
{
	static struct journal journal;
	outpost_Entry entry = { .which_body = outpost_Entry_note_tag };
	char path[DIRS_MAX];
	uint64_t size;
	struct stat st;

	(void)state;
	assert_int_equal(journal_create(&journal, &dirs, "run-1"), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(journal_append(&journal, &entry), 0);
	assert_int_equal(journal_publish(&journal, &dirs, "run-1"), 0);
	journal_close(&journal);
	dirs_path(&dirs, path, "logs/run-1/journal");
	stat(path, &st);
	for (off_t cut = st.st_size; cut > 0; cut--) {
		int n = 0;

		assert_int_equal(truncate(path, cut), 0);
		assert_int_equal(journal_open(&journal, &dirs, "run-1", true), 0);
		assert_int_equal(journal_each(&journal, count, &n, &size), 0);
		assert_int_equal(n, cut / (st.st_size / 3));
		assert_int_equal(size, n * (st.st_size / 3));
		assert_int_equal(journal_append(&journal, &entry), 0);
		n = 0;
		journal_each(&journal, count, &n, &size);
		assert_int_equal(n, 1 + (int)(cut / (st.st_size / 3)));
		journal_close(&journal);
	}
}

static int refuse_second(const outpost_Entry *entry, void *arg)
{
	(void)entry;
	return ++*(int *)arg == 2 ? -EBADMSG : 0;
}

static void append_raw(const char *path, enum frame_type type, const void *payload, size_t n)
{
	uint8_t header[FRAME_HEADER];
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_true(fd >= 0);
	frame_header(header, type, payload, n);
	assert_int_equal(fs_write_all(fd, header, sizeof(header)), 0);
	assert_int_equal(fs_write_all(fd, payload, n), 0);
	close(fd);
}

/* Only an incomplete frame is the torn end of a crash: nothing else is dropped silently. */
static void a_refused_entry_is_no_torn_end(void **state)
{
	static struct journal journal;
	outpost_Entry entry = { .which_body = outpost_Entry_note_tag };
	char path[DIRS_MAX];
	uint64_t size, whole;
	int n = 0;

	(void)state;
	assert_int_equal(journal_create(&journal, &dirs, "run-1"), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(journal_append(&journal, &entry), 0);
	assert_int_equal(journal_publish(&journal, &dirs, "run-1"), 0);
	assert_int_equal(journal_each(&journal, refuse_second, &n, &size), -EBADMSG);
	assert_int_equal(n, 2);
	assert_int_equal(size, journal.size / 3);
	whole = journal.size;
	journal_close(&journal);

	dirs_path(&dirs, path, "logs/run-1/journal");
	append_raw(path, FRAME_ENTRY, "\xff\xff\xff", 3);
	assert_int_equal(journal_open(&journal, &dirs, "run-1", false), 0);
	n = 0;
	assert_int_equal(journal_each(&journal, count, &n, &size), -EBADMSG);
	assert_int_equal(n, 3);
	assert_int_equal(size, whole);
	journal_close(&journal);

	assert_int_equal(truncate(path, (off_t)whole), 0);
	append_raw(path, FRAME_REPLY, "", 0);
	assert_int_equal(journal_open(&journal, &dirs, "run-1", true), -EBADMSG);
}

/* Reads the whole journal again for each of its entries. */
static int read_again(const outpost_Entry *entry, void *arg)
{
	uint64_t size, time_us = entry->time_us;
	int n = 0;

	assert_int_equal(journal_each(arg, count, &n, &size), 0);
	assert_int_equal(n, 3);
	assert_int_equal(entry->time_us, time_us);
	return 0;
}

static void a_journal_can_be_read_while_it_is_read(void **state)
{
	static struct journal journal;
	outpost_Entry entry = { .which_body = outpost_Entry_note_tag };
	uint64_t size;

	(void)state;
	assert_int_equal(journal_create(&journal, &dirs, "run-1"), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(journal_append(&journal, &entry), 0);
	assert_int_equal(journal_each(&journal, read_again, &journal, &size), 0);
	assert_int_equal(size, journal.size);
	journal_close(&journal);
}

/* A file size limit cuts a write in two, as a full disk does. */
static void a_write_that_fails_tears_nothing(void **state)
{
	static struct journal journal;
	outpost_Entry entry = { .which_body = outpost_Entry_note_tag };
	struct rlimit before, limit;
	uint64_t size;
	int n = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(journal_create(&journal, &dirs, "run-1"), 0);
	assert_int_equal(journal_append(&journal, &entry), 0);
	limit = (struct rlimit){ journal.size + 5, before.rlim_max };
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(journal_append(&journal, &entry), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	/* What could not be written is missing: only the end may follow it, and reports it. */
	assert_int_equal(journal_append(&journal, &entry), -EFBIG);
	entry.which_body = outpost_Entry_run_end_tag;
	assert_int_equal(journal_append(&journal, &entry), 0);
	assert_int_equal(journal.error, -EFBIG);
	assert_int_equal(journal_each(&journal, count, &n, &size), 0);
	assert_int_equal(n, 2);
	assert_int_equal(size, journal.size);
	journal_close(&journal);
}

static void half_a_plan_is_no_run(void **state)
{
	static struct journal journal;
	outpost_Entry entry = { .which_body = outpost_Entry_plan_tag };
	uint64_t size;
	int n = 0;

	(void)state;
	assert_int_equal(journal_create(&journal, &dirs, "run-1"), 0);
	assert_int_equal(journal_append(&journal, &entry), 0);
	journal_close(&journal); /* the connection was cut */
	assert_int_equal(journal_open(&journal, &dirs, "run-1", false), -ENOENT);
	/* It is sent again; afterwards, nothing can replace it. */
	assert_int_equal(journal_create(&journal, &dirs, "run-1"), 0);
	assert_int_equal(journal_append(&journal, &entry), 0);
	assert_int_equal(journal_publish(&journal, &dirs, "run-1"), 0);
	journal_close(&journal);
	assert_int_equal(journal_create(&journal, &dirs, "run-1"), 0);
	assert_int_equal(journal_publish(&journal, &dirs, "run-1"), -EEXIST);
	journal_close(&journal);
	assert_int_equal(journal_open(&journal, &dirs, "run-1", false), 0);
	assert_int_equal(journal_each(&journal, count, &n, &size), 0);
	assert_int_equal(n, 1);
	journal_close(&journal);
}

static void name_run(char run[32], int number)
{
	snprintf(run, 32, "20260101-%06d-abcdef", number);
}

static void make_run(int number, bool collected)
{
	static struct journal journal;
	outpost_Entry entry = { .which_body = outpost_Entry_run_end_tag };
	char run[32];

	name_run(run, number);
	assert_int_equal(journal_create(&journal, &dirs, run), 0);
	assert_int_equal(journal_append(&journal, &entry), 0);
	assert_int_equal(journal_publish(&journal, &dirs, run), 0);
	journal_close(&journal);
	if (collected)
		logs_note_collected(&dirs, run);
}

static bool has_run(int number)
{
	char path[DIRS_MAX];

	dirs_path(&dirs, path, "logs/20260101-%06d-abcdef", number);
	return fs_exists(path);
}

struct lost {
	char runs[8][32];
	size_t n;
};

static void note_lost(const char *run, void *arg)
{
	struct lost *lost = arg;

	assert_in_range(lost->n, 0, ARRAY_SIZE(lost->runs) - 1);
	snprintf(lost->runs[lost->n++], sizeof(lost->runs[0]), "%s", run);
}

static void the_oldest_runs_go(void **state)
{
	enum { AWAITED = 3, COLLECTED = LOGS_KEPT + 4 };
	struct lost lost = { .n = 0 };
	char run[32];

	(void)state;
	/* A result that no host has collected is kept, even if the run has ended. */
	for (int i = 0; i < AWAITED + COLLECTED; i++)
		make_run(i, i >= AWAITED);
	logs_prune(&dirs, "", note_lost, &lost);
	for (int i = 0; i < AWAITED + COLLECTED; i++)
		assert_int_equal(has_run(i), i < AWAITED || i >= AWAITED + COLLECTED - LOGS_KEPT);
	assert_int_equal(lost.n, 0);
	/* Once it is collected, it is like any other. */
	name_run(run, 1);
	logs_note_collected(&dirs, run);
	logs_prune(&dirs, "", note_lost, &lost);
	assert_false(has_run(1));
	assert_true(has_run(0) && has_run(2));
	assert_int_equal(lost.n, 0);
	/* But not forever, and the removal is reported. */
	for (int i = 100; i < 100 + LOGS_UNCOLLECTED - 1; i++)
		make_run(i, false);
	logs_prune(&dirs, "", note_lost, &lost);
	assert_false(has_run(0) || has_run(2) || has_run(AWAITED + COLLECTED - 1));
	assert_true(has_run(100));
	assert_int_equal(lost.n, 2);
	assert_string_equal(lost.runs[0], "20260101-000002-abcdef");
	assert_string_equal(lost.runs[1], "20260101-000000-abcdef");
}

static void what_is_no_run_is_not_collected(void **state)
{
	char path[DIRS_MAX];

	(void)state;
	logs_note_collected(&dirs, "20260101-000000-none");
	assert_int_equal(dirs_path(&dirs, path, "logs/20260101-000000-none"), 0);
	assert_false(fs_exists(path));
	logs_note_collected(&dirs, "../modules");
	logs_note_collected(&dirs, "");
	assert_int_equal(dirs_path(&dirs, path, "modules/collected"), 0);
	assert_false(fs_exists(path));
}

static long kilobytes(const struct journal *journal)
{
	struct stat st;

	return fstat(journal->fd, &st) < 0 ? -1 : (long)st.st_blocks / 2;
}

static void room_is_set_aside_until_the_run_ends(void **state)
{
	static struct journal journal;
	outpost_Entry entry = { .which_body = outpost_Entry_survivor_tag };
	long first;

	(void)state;
	entry.body.survivor.data.size = sizeof(entry.body.survivor.data.bytes);
	assert_int_equal(journal_create(&journal, &dirs, "run-1"), 0);
	first = kilobytes(&journal);
	assert_int_equal(journal_publish(&journal, &dirs, "run-1"), 0);
	journal_close(&journal);
	if (first < 256)
		skip(); /* this file system reserves no space */
	assert_int_equal(journal_open(&journal, &dirs, "run-1", true), 0);
	assert_true(kilobytes(&journal) >= 256);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(journal_append(&journal, &entry), 0);
		assert_true(kilobytes(&journal) * 1024 >=
			    (long)journal.size + 2 * PROTO_BUFFER - 4096);
	}
	entry = (outpost_Entry){ .which_body = outpost_Entry_run_end_tag };
	assert_int_equal(journal_append(&journal, &entry), 0);
	assert_true(kilobytes(&journal) * 1024 < (long)journal.size + 16 * 1024);
	journal_close(&journal);
}

static void a_file_of_the_kernels_can_be_copied(void **state)
{
	char path[DIRS_MAX];
	struct strbuf version = STRBUF_INIT;

	(void)state;
	snprintf(path, sizeof(path), "%s/version", dirs.home);
	assert_int_equal(fs_copy("/proc/version", path), 0);
	assert_int_equal(fs_read("/proc/version", &version, 0), 0);
	assert_content(path, version.buf);
	strbuf_release(&version);
}

static void a_cut_connection_leaves_no_file(void **state)
{
	struct blob_receiver receiver;
	outpost_Blob blob = { .hash.size = HASH_SIZE, .size = 400, .packed = 400 };
	char **left = NULL, dir[DIRS_MAX];

	(void)state;
	blob_init(&receiver, &dirs);
	assert_int_equal(blob_begin(&receiver, &blob), 0);
	assert_int_equal(blob_data(&receiver, (const uint8_t *)"half", 4), 0);
	dirs_path(&dirs, dir, "blobs");
	assert_int_equal(fs_list(dir, &left), 0);
	if (*left)
		fail_msg("%s would be left behind", *left);
	strv_free(left);
	close(receiver.fd);
}

/* Root works below the home of a user who planted a link to a folder of root. */
static void root_is_not_led_out_of_a_home(void **state)
{
	static struct journal journal;
	char dir[DIRS_MAX], link_path[DIRS_MAX], victim[DIRS_MAX];
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	dirs.uid = dirs.gid = 65534;
	assert_int_equal(chown(dirs.home, 65534, 65534), 0);
	assert_int_equal(journal_create(&journal, &dirs, "run-1"), 0);
	assert_int_equal(fstat(journal.fd, &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(journal_publish(&journal, &dirs, "run-1"), 0);
	journal_close(&journal);

	snprintf(victim, sizeof(victim), "%s-victim", dirs.home);
	assert_int_equal(mkdir(victim, 0755), 0);
	dirs_path(&dirs, dir, "logs/run-2");
	assert_int_equal(symlink(victim, dir), 0);
	assert_int_equal(journal_create(&journal, &dirs, "run-2"), -EACCES);
	dirs_path(&dirs, link_path, "logs/run-1/journal");
	unlink(link_path);
	snprintf(victim + strlen(victim), sizeof(victim) - strlen(victim), "/file");
	assert_int_equal(fs_write_atomic(victim, "root's", 6, 0644), 0);
	assert_int_equal(symlink(victim, link_path), 0);
	assert_int_equal(journal_open(&journal, &dirs, "run-1", true), -EACCES);
	assert_content(victim, "root's");
	/* Afterwards, root is root again. */
	assert_int_equal(unlink(victim), 0);
	*strrchr(victim, '/') = '\0';
	assert_int_equal(rmdir(victim), 0);
}

static void names_that_leave_their_folder_are_refused(void **state)
{
	static struct journal journal;

	(void)state;
	assert_int_equal(journal_create(&journal, &dirs, "../x"), -EINVAL);
	assert_int_equal(journal_open(&journal, &dirs, "", false), -EINVAL);
	assert_false(dirs_plain(".hidden"));
	assert_false(dirs_plain("a/b"));
	assert_true(dirs_plain("v4l2loopback"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_blob_arrives_in_pieces),
		TEST(a_blob_is_packed_against_an_earlier_one),
		TEST(a_blob_that_is_not_what_it_says_is_refused),
		TEST(deploying_keeps_a_bounded_number_of_earlier_ones),
		TEST(a_torn_journal_ends_at_its_last_whole_frame),
		TEST(a_refused_entry_is_no_torn_end),
		TEST(a_journal_can_be_read_while_it_is_read),
		TEST(a_write_that_fails_tears_nothing),
		TEST(the_oldest_runs_go),
		TEST(what_is_no_run_is_not_collected),
		TEST(half_a_plan_is_no_run),
		TEST(room_is_set_aside_until_the_run_ends),
		TEST(a_file_of_the_kernels_can_be_copied),
		TEST(a_cut_connection_leaves_no_file),
		TEST(root_is_not_led_out_of_a_home),
		TEST(names_that_leave_their_folder_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
