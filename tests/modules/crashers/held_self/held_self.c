// SPDX-License-Identifier: GPL-2.0-only
/* Takes a reference on itself and never drops it. */
#include <linux/errno.h>
#include <linux/module.h>

static int __init held_self_init(void)
{
	return try_module_get(THIS_MODULE) ? 0 : -EBUSY;
}

static void __exit held_self_exit(void)
{
}

module_init(held_self_init);
module_exit(held_self_exit);

MODULE_DESCRIPTION("Outpost crasher: unload refused by a reference");
MODULE_LICENSE("GPL");
