// SPDX-License-Identifier: GPL-2.0-only
/* A device that stays open for a moment after the test. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

static const struct file_operations held_briefly_fops = {
	.owner = THIS_MODULE,
};

static struct miscdevice held_briefly_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "held_briefly",
	.fops = &held_briefly_fops,
};

static int __init held_briefly_init(void)
{
	return misc_register(&held_briefly_misc);
}

static void __exit held_briefly_exit(void)
{
	misc_deregister(&held_briefly_misc);
}

module_init(held_briefly_init);
module_exit(held_briefly_exit);

MODULE_DESCRIPTION("Outpost crasher: unload refused for a moment");
MODULE_LICENSE("GPL");
