/* SPDX-License-Identifier: GPL-2.0-only */
/* Words that somebody may have meant. */
#ifndef OUTPOST_SIMILAR_H
#define OUTPOST_SIMILAR_H

#include <stddef.h>

/* How many letters have to be changed, added, left out or swapped with their neighbour to make one
 * word of the other; more than `most`: most + 1. */
unsigned int similar_distance(const char *a, const char *b, unsigned int most);

/* Of the words seen so far, the one most like `word`, for a "did you mean"; .found is NULL where
 * none is like it. */
struct similar {
	const char *word;
	const char *found;
	unsigned int distance;
};

void similar_try(struct similar *similar, const char *candidate);

#endif
