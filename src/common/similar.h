/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the word that the user may have meant. */
#ifndef OUTPOST_SIMILAR_H
#define OUTPOST_SIMILAR_H

#include <stddef.h>

/*
 * How many letters must be changed, added, removed or swapped with their neighbour to turn one
 * word into the other; more than `most`: most + 1.
 */
unsigned int similar_distance(const char *a, const char *b, unsigned int most);

/*
 * The word most similar to `word` among those seen so far, for "did you mean"; .found is NULL
 * if none is similar.
 */
struct similar {
	const char *word;
	const char *found;
	unsigned int distance;
};

void similar_try(struct similar *similar, const char *candidate);

#endif
