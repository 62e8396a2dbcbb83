// SPDX-License-Identifier: GPL-2.0-only
/* Panics in init, if it is loaded. */
#include <linux/module.h>
#include <linux/panic.h>

static int __init skipped_init(void)
{
	panic("skipped: must not be loaded");
	return 0;
}

static void __exit skipped_exit(void)
{
}

module_init(skipped_init);
module_exit(skipped_exit);

MODULE_DESCRIPTION("Outpost crasher: not to be tested");
MODULE_LICENSE("GPL");
