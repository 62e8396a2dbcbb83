// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scores klog on a folder of logs with known answers: recall, false alarms,
 * agreement on functions; -v lists each wrong answer. A log begins with headers
 * (TITLE:, ALT:, CORRUPTED: Y) up to the first empty line. Nothing may be found in
 * a log without TITLE.
 */
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/klog/klog.h"
#include "common/strv.h"

#include <stdio.h>

#define MAX_ALTERNATIVES 8

struct answer {
	char *titles[MAX_ALTERNATIVES];
	size_t n;
	bool corrupted;
};

struct found {
	struct klog_report first;
	size_t n;
};

struct score {
	size_t logs, with_report, found, false_alarms, extra;
	size_t judged, agreed;
};

static void on_report(const struct klog_report *r, void *arg)
{
	struct found *f = arg;

	if (!f->n++ || r->start < f->first.start)
		f->first = *r;
}

static void read_header(struct answer *a, char *line)
{
	if ((strncmp(line, "TITLE: ", 7) == 0 || strncmp(line, "ALT: ", 5) == 0) &&
	    a->n < MAX_ALTERNATIVES)
		a->titles[a->n++] = xstrdup(strchr(line, ' ') + 1);
	else if (strcmp(line, "CORRUPTED: Y") == 0)
		a->corrupted = true;
}

/* Reads the headers into `a`, and feeds the rest. */
static void read_log(const char *path, struct answer *a, struct found *f)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct klog k;
	bool body = false;
	uint64_t number = 0;

	if (fs_read(path, &sb, 0) < 0)
		return;
	klog_init(&k, on_report, f);
	for (char *line = sb.buf, *nl; line < sb.buf + sb.len; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(sb.buf + sb.len - line));
		if (!nl)
			nl = sb.buf + sb.len;
		number++;
		if (body) {
			klog_feed(&k, line, (size_t)(nl - line), number);
			continue;
		}
		*nl = '\0';
		line[strcspn(line, "\r")] = '\0';
		body = !*line;
		read_header(a, line);
	}
	klog_flush(&k);
}

/* The function in a title, or NULL if it names none. */
static const char *function_of(const char *title)
{
	const char *in = NULL, *next = title;

	while ((next = strstr(next, " in ")) != NULL)
		in = next += 4;
	return in && strcmp(in, "corrupted") != 0 ? in : NULL;
}

static bool agrees(const struct answer *a, const char *function)
{
	for (size_t i = 0; i < a->n; i++) {
		const char *f = function_of(a->titles[i]);

		if (f && strcmp(f, function) == 0)
			return true;
	}
	return false;
}

static void judge(struct score *s, const char *name, const struct answer *a, const struct found *f,
		  bool verbose)
{
	const struct klog_report *r = &f->first;
	bool wrong = false;

	s->logs++;
	if (!a->n) {
		s->false_alarms += f->n > 0;
		wrong = f->n > 0;
	} else {
		s->with_report++;
		s->found += f->n > 0;
		s->extra += f->n > 1 ? f->n - 1 : 0;
		wrong = !f->n;
		if (!a->corrupted && function_of(a->titles[0])) {
			s->judged++;
			s->agreed += agrees(a, r->function);
			wrong |= !agrees(a, r->function);
		}
	}
	if (verbose && wrong)
		printf("%s: %s\n    found %zu: %s: %s in %s (%zu frames)\n", name,
		       a->n ? a->titles[0] : "(nothing)", f->n,
		       f->n ? klog_kind_name(r->kind) : "-", r->title, r->function, r->n);
}

static int score_folder(const char *dir, bool verbose)
{
	_cleanup_strv_ char **names = NULL;
	struct score s = { 0 };

	if (fs_list(dir, &names) < 0) {
		fprintf(stderr, "klog_score: cannot list %s\n", dir);
		return 2;
	}
	strv_foreach (name, names) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, *name);
		struct answer a = { 0 };
		struct found f = { 0 };

		if (strncmp(*name, "README", 6) == 0)
			continue;
		read_log(path, &a, &f);
		judge(&s, *name, &a, &f, verbose);
		for (size_t i = 0; i < a.n; i++)
			free(a.titles[i]);
	}
	printf("logs             %zu\n", s.logs);
	printf("reports found    %zu of %zu\n", s.found, s.with_report);
	printf("false alarms     %zu of %zu\n", s.false_alarms, s.logs - s.with_report);
	printf("function agrees  %zu of %zu (%.1f%%) if known and the log is not "
	       "corrupted\n",
	       s.agreed, s.judged, s.judged ? 100.0 * (double)s.agreed / (double)s.judged : 0);
	printf("further reports  %zu\n", s.extra);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: klog_score FOLDER [-v]\n");
		return 2;
	}
	return score_folder(argv[1], argc > 2);
}
