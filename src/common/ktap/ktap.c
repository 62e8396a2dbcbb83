// SPDX-License-Identifier: GPL-2.0-only
#include "common/ktap/line.h"

#include "common/klog/klog.h"
#include "common/ktap/ktap.h"

void ktap_init(struct ktap *k, enum ktap_source source)
{
	memset(k, 0, sizeof(*k));
	k->source = source;
}

/* --- explaining errors, without stdio ---------------------------------------- */

static void add(char *to, size_t size, const char *text)
{
	size_t n = strlen(to);

	text_copy(to + n, size - n, (struct text){ text, strlen(text) });
}

static void add_number(char *to, size_t size, unsigned int value)
{
	char digits[12];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	add(to, size, digits + at);
}

/* Starts `why` with the suite's name; false if it is already set. */
static bool explain(struct ktap *k, const struct ktap_level *level)
{
	if (*k->result.why)
		return false;
	if (level && *level->name) {
		add(k->result.why, sizeof(k->result.why), level->name);
		add(k->result.why, sizeof(k->result.why), ": ");
	}
	return true;
}

static void explain_counts(struct ktap *k, const struct ktap_level *level, unsigned int planned)
{
	char *why = k->result.why;
	size_t size = sizeof(k->result.why);

	k->result.plan_broken = true;
	if (!explain(k, level))
		return;
	add_number(why, size, level->results);
	add(why, size, level->results == 1 ? " result of " : " results of ");
	add_number(why, size, planned);
	add(why, size, " planned");
}

/* --- levels ------------------------------------------------------------------- */

static struct ktap_level *top(struct ktap *k)
{
	return k->depth ? &k->levels[k->depth - 1] : NULL;
}

static void check_plan(struct ktap *k, const struct ktap_level *level)
{
	if (level->has_plan && level->results != level->planned) {
		explain_counts(k, level, level->planned);
	} else if (!level->has_plan && level->highest > level->results) {
		explain_counts(k, level, level->highest);
	} else if (!level->has_plan && !level->results) {
		k->result.seen = k->result.plan_broken = true;
		if (explain(k, level))
			add(k->result.why, sizeof(k->result.why), "started, but has no results");
	}
}

/* A suite ended without its own result line. */
static void drop_child(struct ktap *k)
{
	if (!k->has_child)
		return;
	k->has_child = false;
	k->result.plan_broken = true;
	if (explain(k, &k->child))
		add(k->result.why, sizeof(k->result.why),
		    "the result of the suite itself is missing");
}

static struct ktap_level *push(struct ktap *k, size_t indent)
{
	struct ktap_level *level;

	if (k->depth == KTAP_MAX_DEPTH) {
		k->result.too_deep = true;
		return top(k);
	}
	drop_child(k);
	level = &k->levels[k->depth++];
	memset(level, 0, sizeof(*level));
	level->indent = indent;
	return level;
}

static void pop(struct ktap *k)
{
	struct ktap_level *level = &k->levels[--k->depth];

	drop_child(k);
	check_plan(k, level);
	if (!k->depth)
		return;
	k->child = *level;
	k->has_child = true;
}

/* The level of a line with this indentation; begins it if necessary. */
static struct ktap_level *level_at(struct ktap *k, size_t indent)
{
	while (k->depth > 1 && top(k)->indent > indent)
		pop(k);
	if (!k->depth)
		return push(k, indent);
	if (indent < top(k)->indent)
		top(k)->indent = indent;
	return indent > top(k)->indent ? push(k, indent) : top(k);
}

static void end_document(struct ktap *k)
{
	while (k->depth)
		pop(k);
	drop_child(k);
	k->in_document = false;
}

/* --- lines -------------------------------------------------------------------- */

/* Records the names of the levels and of the test, joined by dots. */
static void note_failed(struct ktap *k, struct text name, unsigned int number)
{
	char *to;

	if (k->result.n_failed == KTAP_MAX_FAILED)
		return;
	to = k->result.failed[k->result.n_failed++];
	for (size_t i = 0; i < k->depth; i++) {
		if (!*k->levels[i].name)
			continue;
		add(to, KTAP_NAME_SIZE, k->levels[i].name);
		add(to, KTAP_NAME_SIZE, ".");
	}
	if (name.n) {
		text_copy(to + strlen(to), KTAP_NAME_SIZE - strlen(to), name);
	} else {
		add(to, KTAP_NAME_SIZE, "test ");
		add_number(to, KTAP_NAME_SIZE, number);
	}
}

static void count(struct ktap *k, const struct ktap_line *line)
{
	struct ktap_result *r = &k->result;

	switch (line->outcome) {
	case KTAP_PASS: r->pass++; break;
	case KTAP_SKIP: r->skip++; break;
	case KTAP_TODO: r->todo++; break;
	case KTAP_FAIL:
		r->fail++;
		r->error += line->error;
		r->timeout += line->timeout;
		note_failed(k, line->name, line->number ? line->number : top(k)->results);
		break;
	}
}

/* The result line of a suite whose tests have been counted. */
static void check_suite(struct ktap *k, const struct ktap_line *line)
{
	unsigned int failed = k->child.failed;

	k->has_child = false;
	if (line->outcome == KTAP_FAIL && !failed)
		count(k, line); /* it failed outside its tests */
	if (line->outcome != KTAP_PASS || !failed)
		return;
	k->result.contradiction = true;
	if (!explain(k, NULL))
		return;
	text_copy(k->result.why, sizeof(k->result.why) / 2, line->name);
	add(k->result.why, sizeof(k->result.why), " is ok although one of its tests failed");
}

static void handle_result(struct ktap *k, size_t indent, const struct ktap_line *line)
{
	struct ktap_level *level;
	unsigned int failed_before = k->result.fail;

	level = level_at(k, indent);
	k->result.seen = true;
	level->results++;
	if (line->number > level->highest)
		level->highest = line->number;
	if (k->has_child && k->child.results) {
		level->failed += k->child.failed;
		check_suite(k, line);
	} else {
		k->has_child = false; /* a suite without tests: its own line counts */
		count(k, line);
	}
	level->failed += k->result.fail - failed_before;
	/* In a log, what follows the last planned result is not the test's. */
	if (k->source == KTAP_KERNEL_LOG && k->depth == 1 && level->has_plan &&
	    level->results >= level->planned) {
		k->last_number = line->number;
		end_document(k);
	}
}

static bool handle_plan(struct ktap *k, size_t indent, struct text t)
{
	struct ktap_level *level;
	unsigned int planned;

	if (!ktap_parse_plan(t, &planned))
		return false;
	level = level_at(k, indent);
	if (level->has_plan) { /* the next document, without a version line */
		end_document(k);
		k->in_document = true;
		level = level_at(k, indent);
	}
	k->result.seen = true;
	level->has_plan = true;
	level->planned = planned;
	if (planned || k->depth > 1)
		return true;
	k->result.skip++;
	if (k->source == KTAP_KERNEL_LOG)
		end_document(k);
	return true;
}

static void handle_version(struct ktap *k, size_t indent)
{
	k->last_number = 0;
	/* A version line at the level of the outermost results begins another document. */
	if (k->depth && indent <= k->levels[0].indent)
		end_document(k);
	k->in_document = true;
	level_at(k, indent);
	/* A second suite at the same depth, although the first has no result line. */
	if (top(k)->results && top(k)->indent == indent) {
		pop(k);
		push(k, indent);
	}
}

static void handle_bail_out(struct ktap *k, struct text reason)
{
	k->result.bailed = k->result.seen = true;
	if (!explain(k, NULL))
		return;
	add(k->result.why, sizeof(k->result.why), "bailed out: ");
	text_skip_blanks(&reason);
	text_copy(k->result.why + strlen(k->result.why),
		  sizeof(k->result.why) - strlen(k->result.why), reason);
}

/* A result right after a complete document that continues its numbers: the plan was too small. */
static void check_surplus(struct ktap *k, struct text t)
{
	struct ktap_line line;

	if (!k->last_number || !ktap_parse_result(t, &line) || line.number != k->last_number + 1)
		return;
	k->last_number = line.number;
	k->result.plan_broken = true;
	if (explain(k, NULL))
		add(k->result.why, sizeof(k->result.why), "more results than planned");
	if (line.outcome == KTAP_FAIL)
		k->result.fail++;
}

void ktap_feed(struct ktap *k, const char *line, size_t n)
{
	struct text t = klog_strip_prefix((struct text){ line, n }, NULL);
	size_t indent = ktap_take_indent(&t);
	struct ktap_line result;

	text_trim_end(&t);
	if (ktap_is_version(t)) {
		handle_version(k, indent);
		return;
	}
	if (!k->in_document && k->source == KTAP_KERNEL_LOG) {
		check_surplus(k, t);
		return;
	}
	k->in_document = true;
	if (text_take(&t, "# Subtest: ") || text_take(&t, "Subtest: "))
		text_copy(level_at(k, indent)->name, KTAP_NAME_SIZE, t);
	else if (text_take(&t, "Bail out!"))
		handle_bail_out(k, t);
	else if (!handle_plan(k, indent, t) && ktap_parse_result(t, &result) &&
		 (result.number || k->source == KTAP_STDOUT))
		handle_result(k, indent, &result);
}

const struct ktap_result *ktap_finish(struct ktap *k)
{
	end_document(k);
	return &k->result;
}

bool ktap_passed(const struct ktap_result *r)
{
	return r->seen && !r->fail && !r->plan_broken && !r->contradiction && !r->bailed &&
	       !r->too_deep;
}
