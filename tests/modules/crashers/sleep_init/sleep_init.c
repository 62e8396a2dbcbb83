// SPDX-License-Identifier: GPL-2.0-only
/* Init never ends, and cannot be killed. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/time64.h>

static int __init sleep_init_init(void)
{
	/*
	 * Wakes up every second: the hung task detector, which looks for tasks
	 * that do not run at all, stays silent. Only the time limit is left.
	 */
	for (;;)
		msleep(MSEC_PER_SEC);
	return 0;
}

static void __exit sleep_init_exit(void)
{
}

module_init(sleep_init_init);
module_exit(sleep_init_exit);

MODULE_DESCRIPTION("Outpost crasher: init sleeps forever");
MODULE_LICENSE("GPL");
