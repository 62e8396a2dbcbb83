// SPDX-License-Identifier: GPL-2.0-only
/* deb-changelog(5): an entry begins in the first column with "NAME (VERSION) SUITE; ...". */
#include "host/kernel/changelog.h"

#include "common/alloc.h"
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define COMMIT_LENGTH 40

static bool is_head(struct text line, struct text *version)
{
	const char *open =
		line.n && isalnum((unsigned char)*line.p) ? memchr(line.p, '(', line.n) : NULL;
	const char *close = open ? memchr(open, ')', line.n - (size_t)(open - line.p)) : NULL;

	if (!close)
		return false;
	*version = (struct text){ open + 1, (size_t)(close - open) - 1 };
	return true;
}

static bool is_commit(struct text line, char **commit)
{
	static const char words[] = "* Linux commit:";
	size_t n = 0;

	while (line.n && *line.p == ' ')
		text_skip(&line, 1);
	if (line.n < strlen(words) || strncasecmp(line.p, words, strlen(words)) != 0)
		return false;
	text_skip(&line, strlen(words));
	while (line.n && *line.p == ' ')
		text_skip(&line, 1);
	while (n < line.n && isxdigit((unsigned char)line.p[n]))
		n++;
	if (n != COMMIT_LENGTH)
		return false;
	*commit = xstrndup(line.p, n);
	return true;
}

/* Up to the last dash: "1:6.12.25" of "1:6.12.25-1+rpt1". */
static size_t upstream_length(struct text version)
{
	for (size_t i = version.n; i > 0; i--)
		if (version.p[i - 1] == '-')
			return i - 1;
	return version.n;
}

static bool same_upstream(struct text a, struct text b)
{
	size_t n = upstream_length(a);

	return n == upstream_length(b) && memcmp(a.p, b.p, n) == 0;
}

int changelog_commit(const char *text, const char *version, char **commit)
{
	struct text wanted = { version, version ? strlen(version) : 0 }, found;
	bool reached = false;
	size_t n;

	for (const char *p = text; *p; p += n + (p[n] != '\0')) {
		struct text line = { p, n = strcspn(p, "\n") };

		if (!is_head(line, &found)) {
			if (reached && is_commit(line, commit))
				return 0;
			continue;
		}
		if (reached && !same_upstream(wanted, found))
			return -ENOENT;
		if (!reached && !version)
			wanted = found;
		reached =
			reached || (wanted.n == found.n && memcmp(wanted.p, found.p, found.n) == 0);
	}
	return -ENOENT;
}
