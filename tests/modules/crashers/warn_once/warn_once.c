// SPDX-License-Identifier: GPL-2.0-only
/* WARN_ONCE in init. */
#include <linux/bug.h>
#include <linux/module.h>

static int __init warn_once_init(void)
{
	WARN_ONCE(1, "warn_once: only once\n");
	return 0;
}

static void __exit warn_once_exit(void)
{
}

module_init(warn_once_init);
module_exit(warn_once_exit);

MODULE_DESCRIPTION("Outpost crasher: WARN_ONCE in init");
MODULE_LICENSE("GPL");
