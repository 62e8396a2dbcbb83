// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removes one mechanism of the verdict at a time and judges the crashers'
 * journals again: exactly those whose `expect` names the mechanism must get a
 * wrong result. A crasher that turns wrong although it does not name the mechanism
 * depends on something undocumented. One that stays right although it names the
 * mechanism is caught by something else, and the mechanism may not work at all.
 *
 *	mutate CRASHERS JOURNAL...
 *
 * CRASHERS is the folder of the crashers, and each JOURNAL comes from a run of
 * them; it may be compressed with zstd. A result is wrong if a user would see it:
 * another verdict, phase or kind of report, or a summary without the expected
 * words. (The function is not part of the verdict, and is named only if the
 * module's file is available.)
 */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/module/testconf.h"
#include "host/judge/verdict.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#define JOURNAL_LIMIT (64u << 20)

struct expect {
	char *verdict, *phase, *kind, *summary; /* NULL: not logged */
	char **mechanisms;
};

struct crasher {
	const struct evidence *evidence;
	struct expect expect;
};

struct crashers {
	struct evidence_list *runs;
	struct crasher *items;
	size_t n;
};

/* --- what is expected ---------------------------------------------------------- */

static int take_key(void *arg, const char *section, const char *name, const char *value)
{
	struct expect *e = arg;
	const struct {
		const char *name;
		char **to;
	} keys[] = {
		{ "verdict", &e->verdict },
		{ "phase", &e->phase },
		{ "kind", &e->kind },
		{ "summary", &e->summary },
	};

	(void)section;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(name, keys[i].name) == 0)
			*keys[i].to = xstrdup(value);
	if (strcmp(name, "mechanism") == 0)
		return words_split(value, &e->mechanisms) == 0;
	return 1;
}

static bool is_mechanism(const char *name)
{
	for (int m = 0; m < MECHANISM_COUNT; m++)
		if (strcmp(mechanism_name(m), name) == 0)
			return true;
	return false;
}

static int read_expect(const char *path, struct expect *e)
{
	if (ini_parse(path, take_key, e) != 0 || !e->verdict)
		return log_error_errno(-EINVAL, "%s", path);
	strv_foreach (name, e->mechanisms)
		if (!is_mechanism(*name))
			return log_error_errno(-EINVAL, "%s: %s is not a mechanism of the verdict",
					       path, *name);
	return 0;
}

/* --- journals --------------------------------------------------------------------- */

static int read_journal(const char *path, struct evidence_list *run)
{
	_cleanup_(strbuf_release) struct strbuf packed = STRBUF_INIT;
	_cleanup_free_ char *bytes = NULL;
	size_t n;
	int r;

	if (!strstr(path, ".zst"))
		return evidence_read(run, path);
	r = fs_read(path, &packed, JOURNAL_LIMIT);
	if (r < 0)
		return log_error_errno(r, "Cannot read %s", path);
	bytes = xmalloc(JOURNAL_LIMIT);
	n = ZSTD_decompress(bytes, JOURNAL_LIMIT, packed.buf, packed.len);
	if (ZSTD_isError(n))
		return log_error_errno(-EBADMSG, "%s: %s", path, ZSTD_getErrorName(n));
	return evidence_parse(run, bytes, n, NULL) < 0 ? -EBADMSG : 0;
}

static int add_run(struct crashers *c, const char *folder, const struct evidence_list *run)
{
	for (size_t i = 0; i < run->n_modules; i++) {
		_cleanup_free_ char *path = path_join(folder, run->modules[i].name, "expect", NULL);
		struct crasher crasher = { .evidence = evidence_find(run, (uint32_t)i) };
		int r;

		if (!fs_exists(path))
			continue;
		if (!crasher.evidence)
			return log_error_errno(-ENOENT, "The journal has no attempt of %s",
					       run->modules[i].name);
		r = read_expect(path, &crasher.expect);
		if (r < 0)
			return r;
		GROW(c->items, c->n);
		c->items[c->n++] = crasher;
	}
	return 0;
}

/* --- judging ------------------------------------------------------------------------- */

static bool differs(const char *wanted, const char *got)
{
	return wanted && strcmp(wanted, got) != 0;
}

static bool says(const struct result *result, const char *words)
{
	_cleanup_free_ char *summary = result_summary(result);

	return strstr(summary, words);
}

static bool is_wrong(const struct crasher *c, uint32_t off, struct result *result)
{
	const struct expect *e = &c->expect;
	const char *kind;

	verdict_judge(c->evidence, off, result);
	kind = result->n_reports ? klog_kind_name(result->reports[0].kind) : "";
	return differs(e->verdict, verdict_name(result->verdict)) ||
	       differs(e->phase, result->phase) || differs(e->kind, kind) ||
	       (e->summary && !says(result, e->summary));
}

static void print_result(const char *what, const struct crasher *c, const struct result *r)
{
	_cleanup_free_ char *summary = result_summary(r);

	printf("  %s %s: %s in %s (%s): %s\n", c->evidence->plan.name, what,
	       verdict_name(r->verdict), r->phase, r->rule, summary);
}

/* With all mechanisms, every crasher must be right; otherwise the rest is meaningless. */
static size_t check_whole(const struct crashers *c)
{
	size_t wrong = 0;

	for (size_t i = 0; i < c->n; i++) {
		struct result result;

		if (is_wrong(&c->items[i], 0, &result)) {
			print_result("is wrong with all mechanisms", &c->items[i], &result);
			wrong++;
		}
		result_release(&result);
	}
	return wrong;
}

static size_t check_without(const struct crashers *c, int m, char *cells, size_t *named)
{
	size_t wrong = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct crasher *crasher = &c->items[i];
		bool names = strv_contains(crasher->expect.mechanisms, mechanism_name(m));
		_cleanup_free_ char *without = xasprintf("without %s", mechanism_name(m));
		struct result result;
		bool turned = is_wrong(crasher, 1u << m, &result);

		*named += names;
		cells[i] = turned && names ? 'x' : turned ? '!' : names ? '?' : '.';
		if (turned != names) {
			print_result(without, crasher, &result);
			printf("    %s\n", turned ? "turns wrong, but does not name it"
						  : "names it, but stays right");
			wrong++;
		}
		result_release(&result);
	}
	return wrong;
}

static void print_matrix(const struct crashers *c, char *const *cells)
{
	printf("\n%-22s", "");
	for (int m = 0; m < MECHANISM_COUNT; m++)
		printf("%-5.4s", mechanism_name(m));
	for (size_t i = 0; i < c->n; i++) {
		printf("\n%-22s", c->items[i].evidence->plan.name);
		for (int m = 0; m < MECHANISM_COUNT; m++)
			printf("%-5c", cells[m][i]);
	}
	printf("\n\nx: turns wrong, as its `expect` says   .: stays as it is\n");
}

static size_t mutate(const struct crashers *c)
{
	char *cells[MECHANISM_COUNT];
	size_t wrong = check_whole(c);

	for (int m = 0; m < MECHANISM_COUNT; m++) {
		size_t named = 0;

		cells[m] = xcalloc(c->n + 1, 1);
		wrong += check_without(c, m, cells[m], &named);
		if (!named)
			printf("  %s: no crasher needs it; its unit tests do\n", mechanism_name(m));
	}
	print_matrix(c, cells);
	for (int m = 0; m < MECHANISM_COUNT; m++)
		free(cells[m]);
	return wrong;
}

static void crashers_release(struct crashers *c, size_t runs)
{
	for (size_t i = 0; i < c->n; i++) {
		struct expect *e = &c->items[i].expect;

		free(e->verdict);
		free(e->phase);
		free(e->kind);
		free(e->summary);
		strv_free(e->mechanisms);
	}
	free(c->items);
	for (size_t i = 0; i < runs; i++)
		evidence_list_release(&c->runs[i]);
	free(c->runs);
}

int main(int argc, char **argv)
{
	struct crashers c = { 0 };
	size_t wrong = 0;
	int r = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: mutate CRASHERS JOURNAL...\n");
		return 2;
	}
	c.runs = xcalloc((size_t)argc, sizeof(*c.runs));
	for (int i = 2; i < argc && r == 0; i++) {
		r = read_journal(argv[i], &c.runs[i]);
		if (r == 0)
			r = add_run(&c, argv[1], &c.runs[i]);
	}
	if (r == 0 && !c.n)
		r = log_error_errno(-ENOENT, "No crasher in these journals");
	if (r == 0)
		wrong = mutate(&c);
	printf("%zu crashers, %d mechanisms, %zu surprises\n", c.n, MECHANISM_COUNT, wrong);
	crashers_release(&c, (size_t)argc);
	return r < 0 || wrong ? 1 : 0;
}
