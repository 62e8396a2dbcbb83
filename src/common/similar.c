// SPDX-License-Identifier: GPL-2.0-only
#include "common/similar.h"

#include <string.h>

#define LONGEST 64

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Computed row by row; `before` and `last` are the two rows above. */
unsigned int similar_distance(const char *a, const char *b, unsigned int most)
{
	unsigned int rows[3][LONGEST + 1];
	unsigned int *before = rows[0], *last = rows[1], *row = rows[2];
	size_t n = strlen(a), m = strlen(b);

	if (n > LONGEST || m > LONGEST)
		return most + 1;
	for (size_t j = 0; j <= m; j++)
		last[j] = (unsigned int)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned int *free_row = before;

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = least(least(last[j], row[j - 1]) + 1,
				       last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = free_row;
	}
	return least(last[m], most + 1);
}

void similar_try(struct similar *similar, const char *candidate)
{
	/* One letter in three may differ: "ab" is not similar to "cd". */
	unsigned int most = (unsigned int)strlen(similar->word) / 3 + 1;
	unsigned int distance;

	most = least(most, 3);
	distance = similar_distance(similar->word, candidate, most);
	if (distance > most || distance >= strlen(candidate) ||
	    (similar->found && distance >= similar->distance))
		return;
	similar->found = candidate;
	similar->distance = distance;
}
