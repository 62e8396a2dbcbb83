// SPDX-License-Identifier: GPL-2.0-only
/* Init refuses. */
#include <linux/errno.h>
#include <linux/module.h>

static int __init error_init_init(void)
{
	return -ENODEV;
}

static void __exit error_init_exit(void)
{
}

module_init(error_init_init);
module_exit(error_init_exit);

MODULE_DESCRIPTION("Outpost crasher: init returns an error");
MODULE_LICENSE("GPL");
