// SPDX-License-Identifier: GPL-2.0-only
/* A device that the test program leaves open. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

static const struct file_operations held_by_child_fops = {
	.owner = THIS_MODULE,
};

static struct miscdevice held_by_child_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "held_by_child",
	.fops = &held_by_child_fops,
};

static int __init held_by_child_init(void)
{
	return misc_register(&held_by_child_misc);
}

static void __exit held_by_child_exit(void)
{
	misc_deregister(&held_by_child_misc);
}

module_init(held_by_child_init);
module_exit(held_by_child_exit);

MODULE_DESCRIPTION("Outpost crasher: unload refused by a process");
MODULE_LICENSE("GPL");
