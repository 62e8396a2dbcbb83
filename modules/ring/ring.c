// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring of samples for other modules: shows how to export symbols, and how to
 * test them at load.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <outpost/ktap.h>

#include "ring.h"

struct ring {
	spinlock_t lock;	/* protects everything below */
	unsigned int size;
	unsigned int count;
	unsigned int next;	/* where the next sample goes */
	s64 sum;
	s32 samples[];
};

struct ring *ring_alloc(unsigned int size)
{
	struct ring *ring;

	if (!size || size > RING_SIZE_MAX)
		return ERR_PTR(-EINVAL);

	ring = kzalloc(struct_size(ring, samples, size), GFP_KERNEL);
	if (!ring)
		return ERR_PTR(-ENOMEM);

	spin_lock_init(&ring->lock);
	ring->size = size;
	return ring;
}
EXPORT_SYMBOL_GPL(ring_alloc);

void ring_free(struct ring *ring)
{
	kfree(ring);
}
EXPORT_SYMBOL_GPL(ring_free);

void ring_push(struct ring *ring, s32 sample)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	if (ring->count == ring->size)
		ring->sum -= ring->samples[ring->next];
	else
		ring->count++;
	ring->samples[ring->next] = sample;
	ring->sum += sample;
	ring->next = (ring->next + 1) % ring->size;
	spin_unlock_irqrestore(&ring->lock, flags);
}
EXPORT_SYMBOL_GPL(ring_push);

unsigned int ring_count(struct ring *ring)
{
	return READ_ONCE(ring->count);
}
EXPORT_SYMBOL_GPL(ring_count);

int ring_mean(struct ring *ring, s32 *mean)
{
	unsigned long flags;
	int r = 0;

	spin_lock_irqsave(&ring->lock, flags);
	if (ring->count)
		*mean = div_s64(ring->sum, ring->count);
	else
		r = -ENODATA;
	spin_unlock_irqrestore(&ring->lock, flags);
	return r;
}
EXPORT_SYMBOL_GPL(ring_mean);

static void __init ring_selftest_use(struct ktap *ktap, struct ring *ring)
{
	s32 mean;
	int i;

	ktap_test(ktap, "starts empty",
		  ring_count(ring) == 0 && ring_mean(ring, &mean) == -ENODATA);

	ring_push(ring, -1);
	ring_push(ring, -2);
	ktap_test(ktap, "computes the mean, rounded towards 0",
		  !ring_mean(ring, &mean) && mean == -1);

	for (i = 0; i < 4; i++)
		ring_push(ring, S32_MAX);
	ktap_test(ktap, "drops the oldest", ring_count(ring) == 4);
	ktap_test(ktap, "does not overflow", !ring_mean(ring, &mean) && mean == S32_MAX);
}

static int __init ring_selftest(void)
{
	struct ring *ring = ring_alloc(4);
	struct ktap ktap;

	if (IS_ERR(ring))
		return PTR_ERR(ring);

	ktap_start(&ktap, "ring", 6);
	ktap_test(&ktap, "rejects size 0", ring_alloc(0) == ERR_PTR(-EINVAL));
	ktap_test(&ktap, "rejects a size that is too large",
		  ring_alloc(RING_SIZE_MAX + 1) == ERR_PTR(-EINVAL));
	ring_selftest_use(&ktap, ring);
	ktap_end(&ktap);

	ring_free(ring);
	return 0;
}

static int __init ring_init(void)
{
	return ring_selftest();
}

static void __exit ring_exit(void)
{
}

module_init(ring_init);
module_exit(ring_exit);

MODULE_DESCRIPTION("Outpost's example of a module that others use");
MODULE_LICENSE("GPL");
