// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uses the ring module: samples the available memory every few milliseconds
 * while it is loaded, and prints the mean when it is unloaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include <outpost/ktap.h>

#include "ring.h"

#define RING_USER_SAMPLES 16

static unsigned int period_ms = 10;
module_param(period_ms, uint, 0444);
MODULE_PARM_DESC(period_ms, "milliseconds between two samples, at least 1 (default: 10)");

static void ring_user_sample(struct work_struct *work);
static DECLARE_DELAYED_WORK(ring_user_work, ring_user_sample);
static struct ring *ring_user_ring;

static s32 ring_user_available_mib(void)
{
	return si_mem_available() >> (20 - PAGE_SHIFT);
}

static void ring_user_sample(struct work_struct *work)
{
	ring_push(ring_user_ring, ring_user_available_mib());
	schedule_delayed_work(&ring_user_work, msecs_to_jiffies(period_ms));
}

static void __init ring_user_selftest(void)
{
	struct ktap ktap;
	s32 mean;

	ktap_start(&ktap, "ring_user", 2);
	ktap_test(&ktap, "has its first sample", ring_count(ring_user_ring) == 1);
	ktap_test(&ktap, "measures something", !ring_mean(ring_user_ring, &mean) && mean > 0);
	ktap_end(&ktap);
}

static int __init ring_user_init(void)
{
	if (!period_ms) {
		pr_err("period_ms=0: expected at least 1\n");
		return -EINVAL;
	}

	ring_user_ring = ring_alloc(RING_USER_SAMPLES);
	if (IS_ERR(ring_user_ring))
		return PTR_ERR(ring_user_ring);

	ring_push(ring_user_ring, ring_user_available_mib());
	ring_user_selftest();
	schedule_delayed_work(&ring_user_work, msecs_to_jiffies(period_ms));
	return 0;
}

static void __exit ring_user_exit(void)
{
	s32 mean = 0;

	/* Also works if the work is running and about to queue itself again. */
	cancel_delayed_work_sync(&ring_user_work);

	ring_mean(ring_user_ring, &mean);
	pr_info("%u samples of available memory, mean %d MiB\n", ring_count(ring_user_ring), mean);
	ring_free(ring_user_ring);
}

module_init(ring_user_init);
module_exit(ring_user_exit);

MODULE_DESCRIPTION("Outpost's example of a module that uses another");
MODULE_LICENSE("GPL");
