/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last samples of something, for other modules: when a ring is full, a new
 * sample takes the place of the oldest. (What must not be lost goes into a
 * <linux/kfifo.h>.)
 */
#ifndef OUTPOST_RING_H
#define OUTPOST_RING_H

#include <linux/types.h>

#define RING_SIZE_MAX 4096

struct ring;

/*
 * A ring of `size` samples, 1 to RING_SIZE_MAX; ring_free() it. ERR_PTR():
 * -EINVAL for another size, -ENOMEM. May sleep.
 */
struct ring *ring_alloc(unsigned int size);
void ring_free(struct ring *ring); /* NULL is allowed; nobody may use it any more */

/* From any context, interrupts too. */
void ring_push(struct ring *ring, s32 sample);
unsigned int ring_count(struct ring *ring);

/* The mean of what is in the ring, rounded towards 0. -ENODATA: nothing is. */
int ring_mean(struct ring *ring, s32 *mean);

#endif
