// SPDX-License-Identifier: GPL-2.0-only
/* What survived a crash goes into the journal of the run that caused it; nothing else does. */
#include "unit.h"

#include "agent/guard/pstore.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "agent_dirs.h"
#include "common/strv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUN "20260102-150405-1a2b3c"

static struct dirs dirs;
static struct journal journal;

static const char *in_root(const char *path)
{
	static char full[DIRS_MAX];

	snprintf(full, sizeof(full), "%s%s", dirs.home, path);
	return full;
}

static void put(const char *path, const char *text)
{
	char folder[DIRS_MAX];

	snprintf(folder, sizeof(folder), "%s", in_root(path));
	*strrchr(folder, '/') = '\0';
	assert_int_equal(fs_mkdir_p(folder, 0755), 0);
	assert_int_equal(fs_write_atomic(in_root(path), text, strlen(text), 0644), 0);
}

static int set_up(void **state)
{
	(void)state;
	if (test_place_make(&dirs) < 0)
		return -1;
	fs_mkdir_p(in_root("/sys/fs/pstore"), 0755);
	return journal_create(&journal, &dirs, RUN);
}

static int tear_down(void **state)
{
	(void)state;
	journal_close(&journal);
	return test_place_remove(&dirs);
}

static int add_survivor(const outpost_Entry *e, void *arg)
{
	struct strbuf *sb = arg;

	if (e->which_body != outpost_Entry_survivor_tag)
		return 0;
	if (e->body.survivor.first)
		strbuf_addf(sb, "%s%s: ", sb->len ? "|" : "", e->body.survivor.name);
	strbuf_add(sb, e->body.survivor.data.bytes, e->body.survivor.data.size);
	return 0;
}

/* "name: content|name: content", in sorted order, which pstore's folder does not have. */
static void expect_journal(const char *const *pieces, size_t n)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	uint64_t size;
	size_t length = 0;

	assert_int_equal(journal_each(&journal, add_survivor, &sb, &size), 0);
	for (size_t i = 0; i < n; i++) {
		if (!strstr(sb.buf, pieces[i]))
			fail_msg("'%s' is not in '%s'", pieces[i], sb.buf);
		length += strlen(pieces[i]) + (i > 0);
	}
	if (sb.len != length)
		fail_msg("'%s' has more than that", sb.buf);
}

#define EXPECT(...)                                          \
	expect_journal((const char *const[]){ __VA_ARGS__ }, \
		       sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void records_are_journaled_and_removed(void **state)
{
	(void)state;
	assert_int_equal(pstore_set_aside(&dirs, RUN), 0);
	put("/sys/fs/pstore/dmesg-ramoops-0", "Panic#1 Part1\none");
	put("/sys/fs/pstore/console-ramoops-0", "two");
	pstore_collect(&journal, &dirs, RUN);
	EXPECT("dmesg-ramoops-0: Panic#1 Part1\none", "console-ramoops-0: two");
	assert_false(fs_exists(in_root("/sys/fs/pstore/dmesg-ramoops-0")));
	pstore_collect(&journal, &dirs, RUN);
	EXPECT("dmesg-ramoops-0: Panic#1 Part1\none", "console-ramoops-0: two");
}

static void a_long_record_comes_in_pieces(void **state)
{
	char text[10000], wanted[sizeof(text) + 64];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "Panic#1 Part1\n", 14);
	memcpy(text + sizeof(text) - 5, "end", 4);
	put("/sys/fs/pstore/dmesg-ramoops-0", text);
	snprintf(wanted, sizeof(wanted), "dmesg-ramoops-0: %s", text);
	pstore_collect(&journal, &dirs, RUN);
	EXPECT(wanted);
}

static void earlier_crashes_are_set_aside(void **state)
{
	_cleanup_strv_ char **names = NULL;

	(void)state;
	put("/sys/fs/pstore/dmesg-ramoops-0", "of another day");
	assert_int_equal(pstore_set_aside(&dirs, RUN), 0);
	pstore_collect(&journal, &dirs, RUN);
	expect_journal(NULL, 0);
	assert_int_equal(fs_list(in_root("/development/logs/earlier-crashes"), &names), 0);
	assert_int_equal(strv_length(names), 1);
	assert_non_null(strstr(names[0], "dmesg-ramoops-0"));
}

/* systemd moved them before the agent came; its own folder stays as it is. */
static void what_systemd_moved_is_found(void **state)
{
	(void)state;
	put("/var/lib/systemd/pstore/1500000000/001/dmesg.txt", "of another day");
	put("/var/lib/systemd/pstore/dmesg-ramoops-0", "of another day");
	assert_int_equal(pstore_set_aside(&dirs, RUN), 0);
	put("/var/lib/systemd/pstore/1647289371/001/dmesg.txt", "Panic#1 Part1\none");
	put("/var/lib/systemd/pstore/dmesg-ramoops-0", "another");
	pstore_collect(&journal, &dirs, RUN);
	EXPECT("1647289371/001/dmesg.txt: Panic#1 Part1\none", "dmesg-ramoops-0: another");
	assert_true(fs_exists(in_root("/var/lib/systemd/pstore/1647289371/001/dmesg.txt")));
	/* The board crashes again in the same run: only new records are added. */
	put("/var/lib/systemd/pstore/1647289400/001/dmesg.txt", "second");
	pstore_collect(&journal, &dirs, RUN);
	EXPECT("1647289371/001/dmesg.txt: Panic#1 Part1\none", "dmesg-ramoops-0: another",
	       "1647289400/001/dmesg.txt: second");
}

/* systemd creates its folder when it first stores something. */
static void systemds_first_records_are_found(void **state)
{
	(void)state;
	assert_int_equal(pstore_set_aside(&dirs, RUN), 0);
	put("/var/lib/systemd/pstore/dmesg-ramoops-0", "one");
	pstore_collect(&journal, &dirs, RUN);
	EXPECT("dmesg-ramoops-0: one");
}

/* Old records would be taken for this run's, so the run must not begin. */
static void without_room_nothing_is_set_aside(void **state)
{
	(void)state;
	put("/var/lib/systemd/pstore/dmesg-ramoops-0", "of another day");
	assert_int_equal(symlink("/dev/full", in_root("/development/logs/" RUN "/known-crashes")),
			 0);
	assert_int_equal(pstore_set_aside(&dirs, RUN), -ENOSPC);
}

static void a_link_is_not_followed(void **state)
{
	(void)state;
	fs_mkdir_p(in_root("/var/lib/systemd/pstore"), 0755);
	assert_int_equal(pstore_set_aside(&dirs, RUN), 0);
	assert_int_equal(symlink("/etc/passwd", in_root("/var/lib/systemd/pstore/dmesg-x")), 0);
	pstore_collect(&journal, &dirs, RUN);
	expect_journal(NULL, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(records_are_journaled_and_removed), TEST(a_long_record_comes_in_pieces),
		TEST(earlier_crashes_are_set_aside),     TEST(what_systemd_moved_is_found),
		TEST(systemds_first_records_are_found),  TEST(a_link_is_not_followed),
		TEST(without_room_nothing_is_set_aside),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
