// SPDX-License-Identifier: GPL-2.0-only
/* Overwrites the whole kernel log many times while nobody can read it. */
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/smp.h>

#define LOG_FLOOD_LINES 2048

static void log_flood_fill(void *unused)
{
	unsigned int i;

	/*
	 * Not pr_debug(), which is compiled out. At this level consoles stay
	 * silent: 2 MB for each processor on a serial console would take minutes.
	 */
	for (i = 0; i < LOG_FLOOD_LINES; i++)
		printk(KERN_DEBUG "log_flood: %0900u\n", i);
}

static int __init log_flood_init(void)
{
	/* With interrupts off everywhere, no reader can run. */
	on_each_cpu(log_flood_fill, NULL, true);
	return 0;
}

static void __exit log_flood_exit(void)
{
}

module_init(log_flood_init);
module_exit(log_flood_exit);

MODULE_DESCRIPTION("Outpost crasher: log records lost");
MODULE_LICENSE("GPL");
