// SPDX-License-Identifier: GPL-2.0-only
/* The INI reader: what it accepts, and its messages about the rest. */
#include "unit.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/process.h"
#include "common/similar.h"
#include "host/base/ini.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct ini_key keys[] = {
	{ "program" },    { "*.program" },    { "log", INI_REPEATS }, { "words", INI_OPTIONAL },
	{ "build.jobs" }, { "build.kernel" }, { "kernel.git.url" },   { "archive.*.url" },
	{ NULL },
};
static const struct ini_key sections[] = {
	{ "build.jobs" }, { "build.kernel" }, { "kernel.git.url" }, { "archive.*.url" }, { NULL },
};
static const struct ini_key flat[] = { { "destination" }, { NULL } };

static int note(const struct ini_entry *e, void *arg)
{
	struct strbuf *sb = arg;

	if (e->key)
		strbuf_addf(sb, "%d %s=%s|", e->line, e->name, e->value);
	else
		strbuf_addf(sb, "%d [%s]|", e->line, e->section);
	return 0;
}

static void assert_read(const struct ini_syntax *syntax, const char *text, const char *expected)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	print_message("---\n%s\n", text);
	assert_int_equal(ini_read_text("t.conf", text, strlen(text), syntax, note, &sb), 0);
	assert_string_equal(sb.buf ? sb.buf : "", expected);
}

static void what_is_taken(void **state)
{
	static const struct ini_syntax known = { .keys = keys }, any = { .keys = NULL },
				       folded = { .folds_dashes = true };

	(void)state;
	assert_read(&known, "", "");
	assert_read(&known, "; a\n# b\n\n \t\n", "");
	assert_read(&known, "program = a b\r\n", "1 program=a b|");
	assert_read(&known, "program=a ; comment", "1 program=a|");
	assert_read(&known, "program = a;b", "1 program=a;b|");
	assert_read(&known, "log = a\nlog = b\nwords =\n", "1 log=a|2 log=b|3 words=|");
	/* Blanks before a key do not make it part of the value above. */
	assert_read(&known, "log = a\n   program = b\n", "1 log=a|2 program=b|");
	assert_read(&known, "program = a\n[x]\nprogram = b\n", "1 program=a|2 [x]|3 x.program=b|");
	assert_read(&known, "[build] ; of it\njobs = 1\n", "1 [build]|2 build.jobs=1|");
	assert_read(&known, "[kernel]\ngit.url = x\n", "1 [kernel]|2 kernel.git.url=x|");
	assert_read(&known, "[archive.a]\nurl = x\n[archive.b]\nurl = y\n",
		    "1 [archive.a]|2 archive.a.url=x|3 [archive.b]|4 archive.b.url=y|");
	assert_read(&any, "a = 1\na = 2\n[b]\n[c]\nd =\n", "1 a=1|2 a=2|3 [b]|4 [c]|5 c.d=|");
	assert_read(&folded, "[a-b]\nc-d = 1\n", "1 [a_b]|2 a_b.c-d=1|");
}

static void a_later_versions_keys_are_passed_over(void **state)
{
	static const struct ini_syntax later = { .keys = flat, .passes_unknown = true };

	(void)state;
	assert_read(&later, "new = 1\ndestination = a\n[new]\nx = y\n", "2 destination=a|3 [new]|");
}

struct bad {
	const struct ini_key *keys;
	const char *text, *said;
	size_t n; /* 0: up to the NUL */
};

/* Reads it, and captures the messages from standard error. */
static void say(const struct bad *bad, struct strbuf *said)
{
	const struct ini_syntax syntax = { .keys = bad->keys };
	int pipes[2], saved = dup(STDERR_FILENO), r;
	char buffer[1024];
	ssize_t n;

	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	strbuf_reset(said);
	r = ini_read_text("t.conf", bad->text, bad->n ? bad->n : strlen(bad->text), &syntax, note,
			  said);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipes[1]);
	strbuf_reset(said);
	while ((n = read(pipes[0], buffer, sizeof(buffer))) > 0)
		strbuf_add(said, buffer, (size_t)n);
	close(pipes[0]);
	if (r != -EINVAL)
		fail_msg("%d for: %s", r, bad->text);
}

#define LINE_190                                                                                     \
	"pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp" \
	"pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp" \
	"pppppppppp"

static void what_is_refused(void **state)
{
	static const struct bad cases[] = {
		{ keys, "\n\nprogam = x\n",
		  "t.conf:3: unknown key \"progam\" (did you mean \"program\"?)" },
		{ keys, "[x]\npogram = x\n",
		  "t.conf:2: unknown key \"pogram\" (did you mean \"program\"?)" },
		{ keys, "zzz = x\n", "t.conf:1: unknown key \"zzz\"\n" },
		{ keys, "jobs = 3\n", "t.conf:1: unknown key \"jobs\": it belongs in [build]" },
		{ sections, "[build]\nurl = x\n",
		  "t.conf:2: unknown key \"url\" in [build]: it belongs in [kernel.git]" },
		{ sections, "[biuld]\njobs = 3\n",
		  "t.conf:1: unknown section [biuld] (did you mean [build]?)" },
		{ sections, "[nothing]\n", "t.conf:1: unknown section [nothing]\n" },
		{ sections, "[build]\njobs = 3\n[kernel.git]\nurl = x\n[buildd]\n",
		  "t.conf:5: unknown section [buildd] (did you mean [build]?)" },
		{ flat, "[board]\ndestination = x\n",
		  "t.conf:1: unknown section [board]: this file has none" },
		{ flat, "destination = a\ndestination = b\n",
		  "t.conf:2: \"destination\" is set twice; first in line 1" },
		{ keys, "program = a\n[x]\nprogram = b\n[y]\nprogram = c\n[x]\nprogram = d\n",
		  "t.conf:7: \"program\" is set twice; first in line 3" },
		{ keys, "program =\n", "t.conf:1: \"program\" has no value" },
		{ keys, "program = ; none\n", "t.conf:1: \"program\" has no value" },
		{ keys, "= x\n", "t.conf:1: no key before '='" },
		{ keys, "program\n", "t.conf:1: this is neither [section] nor key = value" },
		{ keys, "program ; = x\n", "t.conf:1: this is neither [section] nor key = value" },
		{ keys, "\n[x\n", "t.conf:2: the ']' of the section is missing" },
		{ keys, "[]\n", "t.conf:1: the section has no name" },
		{ keys, "[x] program = y\n", "t.conf:1: unexpected text after the section [x]" },
		{ keys, "[" LINE_190 "]\n",
		  "t.conf:1: the section's name is longer than 49 bytes" },
		{ keys, "program = " LINE_190 "\n", "t.conf:1: the line is longer than 199 bytes" },
		{ keys, "; " LINE_190 "0123456789\n",
		  "t.conf:1: the line is longer than 199 bytes" },
		{ keys, "\xef\xbb\xbfprogram = x\n",
		  "t.conf:1: the file begins with a byte order mark; save it without one" },
		{ keys, "program = a\n; caf\xe9\n", "t.conf:2: the line is not valid UTF-8" },
		{ keys, "program = a\0b\n", "t.conf:1: the line has a control character (0x00)",
		  14 },
		{ keys, "log = a\nlog = a\rprogram = x\n",
		  "t.conf:2: the line has a control character (0x0d)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;

		say(&cases[i], &said);
		if (!strstr(said.buf, cases[i].said))
			fail_msg("expected\n%s\nfor\n%s\ngot\n%s", cases[i].said, cases[i].text,
				 said.buf);
		/* One message on one line. */
		assert_ptr_equal(strchr(said.buf, '\n'), said.buf + said.len - 1);
	}
}

static void a_file_that_is_not_there(void **state)
{
	static const struct ini_syntax syntax = { .keys = flat };

	(void)state;
	assert_int_equal(ini_read("/nonexistent/x.conf", &syntax, note, NULL), -ENOENT);
	assert_int_equal(ini_read("/", &syntax, note, NULL), -EISDIR);
}

/* It was treated as absent, so that a test.conf of which the target is missing was no error. */
static void a_link_to_nothing(void **state)
{
	static const struct ini_syntax syntax = { .keys = flat };
	char path[] = "/tmp/outpost-ini-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(fs_put_link(path, "/nonexistent/x.conf"), 0);
	assert_int_equal(ini_read(path, &syntax, note, NULL), -EINVAL);
	assert_int_equal(fs_put_link(path, path), 0);
	assert_int_equal(ini_read(path, &syntax, note, NULL), -ELOOP);
	unlink(path);
}

static void what_can_be_kept(void **state)
{
	static const char *const bad[] = { "",        " a",     "a ",   "a\nb",     "a ;b", ";",
					   "a\tb\t;", LINE_190, "a\rb", "a\tb ; c", "\xe9" };

	(void)state;
	assert_true(ini_can_hold("key", "a = b: \"c\" [d] #e;f"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (ini_can_hold("power_cycle", bad[i]))
			fail_msg("'%s' would not be read back", bad[i]);
}

static void words_that_are_alike(void **state)
{
	struct similar similar = { .word = "tset" };

	(void)state;
	assert_int_equal(similar_distance("program", "progam", 3), 1);
	assert_int_equal(similar_distance("tset", "test", 3), 1);
	assert_int_equal(similar_distance("abc", "abc", 3), 0);
	assert_int_equal(similar_distance("", "abc", 3), 3);
	assert_int_equal(similar_distance("abcdef", "uvwxyz", 3), 4);
	similar_try(&similar, "watch");
	assert_null(similar.found);
	similar_try(&similar, "set");
	similar_try(&similar, "test");
	similar_try(&similar, "results");
	assert_non_null(similar.found);
	similar = (struct similar){ .word = "x" };
	similar_try(&similar, "y");
	assert_null(similar.found);
}

/* Code that calls libinih directly gets none of these checks. */
static void there_is_no_other_reader(void **state)
{
	_cleanup_(strbuf_release) struct strbuf files = STRBUF_INIT;
	struct process_options options = { .output = &files };

	(void)state;
	assert_int_equal(process_run(ARGV("grep", "-rlE", "include [<\"]ini\\.h|ini_parse", "src"),
				     &options),
			 0);
	assert_string_equal(files.buf, "src/host/base/ini.c\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken),
		cmocka_unit_test(a_later_versions_keys_are_passed_over),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(a_file_that_is_not_there),
		cmocka_unit_test(a_link_to_nothing),
		cmocka_unit_test(what_can_be_kept),
		cmocka_unit_test(words_that_are_alike),
		cmocka_unit_test(there_is_no_other_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
