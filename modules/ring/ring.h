/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps the latest samples for other modules: if a ring is full, a new sample
 * replaces the oldest. (For data that must not be lost, use <linux/kfifo.h>.)
 */
#ifndef OUTPOST_RING_H
#define OUTPOST_RING_H

#include <linux/types.h>

#define RING_SIZE_MAX 4096

struct ring;

/*
 * A ring of `size` samples, 1 to RING_SIZE_MAX; free it with ring_free(). Returns
 * ERR_PTR(-EINVAL) for any other size, or ERR_PTR(-ENOMEM). May sleep.
 */
struct ring *ring_alloc(unsigned int size);
void ring_free(struct ring *ring); /* must not be in use; may be NULL */

/* Can be called from any context, including interrupts. */
void ring_push(struct ring *ring, s32 sample);
unsigned int ring_count(struct ring *ring);

/* The mean of the samples, rounded towards 0. 0, or -ENODATA if the ring is empty. */
int ring_mean(struct ring *ring, s32 *mean);

#endif
