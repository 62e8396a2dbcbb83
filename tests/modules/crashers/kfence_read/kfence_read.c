// SPDX-License-Identifier: GPL-2.0-only
/* Reads freed memory: an object that KFENCE guards. */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kfence.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

static int __init kfence_read_init(void)
{
	unsigned long end = jiffies + 10 * HZ;

	/* KFENCE guards the first object allocated after each interval: try to be that one. */
	while (time_before(jiffies, end)) {
		char *p = kmalloc(100, GFP_KERNEL);
		bool guarded = is_kfence_address(p);

		kfree(p);
		if (guarded) {
			(void)READ_ONCE(*p);
			return 0;
		}
		cond_resched();
	}
	return -ENODEV;
}

static void __exit kfence_read_exit(void)
{
}

module_init(kfence_read_init);
module_exit(kfence_read_exit);

MODULE_DESCRIPTION("Outpost crasher: use after free of a guarded object in init");
MODULE_LICENSE("GPL");
