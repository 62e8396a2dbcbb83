// SPDX-License-Identifier: GPL-2.0-only
/* A warning in exit. */
#include <linux/bug.h>
#include <linux/module.h>

static int __init warn_exit_init(void)
{
	return 0;
}

static void __exit warn_exit_exit(void)
{
	WARN_ON(1);
}

module_init(warn_exit_init);
module_exit(warn_exit_exit);

MODULE_DESCRIPTION("Outpost crasher: WARN_ON in exit");
MODULE_LICENSE("GPL");
