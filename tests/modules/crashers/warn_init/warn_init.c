// SPDX-License-Identifier: GPL-2.0-only
/* A warning in init, which then succeeds. */
#include <linux/bug.h>
#include <linux/module.h>

static int __init warn_init_init(void)
{
	WARN_ON(1);
	return 0;
}

static void __exit warn_init_exit(void)
{
}

module_init(warn_init_init);
module_exit(warn_init_exit);

MODULE_DESCRIPTION("Outpost crasher: WARN_ON in init");
MODULE_LICENSE("GPL");
