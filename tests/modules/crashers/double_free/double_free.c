// SPDX-License-Identifier: GPL-2.0-only
/* Frees the same memory twice. */
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/slab.h>

static int __init double_free_init(void)
{
	void *other = kmalloc(100, GFP_KERNEL), *p = kmalloc(100, GFP_KERNEL);

	if (!p || !other) {
		kfree(other);
		kfree(p);
		return -ENOMEM;
	}
	kfree(p);
	kfree(other); /* so that p is not the object freed last */
	kfree(p);
	return 0;
}

static void __exit double_free_exit(void)
{
}

module_init(double_free_init);
module_exit(double_free_exit);

MODULE_DESCRIPTION("Outpost crasher: a double free in init");
MODULE_LICENSE("GPL");
