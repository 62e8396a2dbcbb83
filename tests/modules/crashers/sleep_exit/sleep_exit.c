// SPDX-License-Identifier: GPL-2.0-only
/* Exit never ends, and cannot be killed. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/time64.h>

static int __init sleep_exit_init(void)
{
	return 0;
}

static void __exit sleep_exit_exit(void)
{
	/* See sleep_init. */
	for (;;)
		msleep(MSEC_PER_SEC);
}

module_init(sleep_exit_init);
module_exit(sleep_exit_exit);

MODULE_DESCRIPTION("Outpost crasher: exit sleeps forever");
MODULE_LICENSE("GPL");
