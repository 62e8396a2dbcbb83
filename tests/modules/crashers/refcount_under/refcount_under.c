// SPDX-License-Identifier: GPL-2.0-only
/* Drops a reference that it does not have. */
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/refcount.h>

static refcount_t refcount_under_count = REFCOUNT_INIT(0);

static int __init refcount_under_init(void)
{
	return refcount_dec_and_test(&refcount_under_count) ? -EINVAL : 0;
}

static void __exit refcount_under_exit(void)
{
}

module_init(refcount_under_init);
module_exit(refcount_under_exit);

MODULE_DESCRIPTION("Outpost crasher: a reference count below zero in init");
MODULE_LICENSE("GPL");
