// SPDX-License-Identifier: GPL-2.0-only
/* Writing to its device dereferences a NULL pointer. Prints its progress to the console. */
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

static int *dies_nowhere;

static ssize_t dies_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	WRITE_ONCE(*dies_nowhere, 1);
	return len;
}

static const struct file_operations dies_fops = {
	.owner = THIS_MODULE,
	.write = dies_write,
};

static struct miscdevice dies_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "dies",
	.fops = &dies_fops,
};

static int __init dies_init(void)
{
	pr_crit("dies: loads\n");
	msleep(500);
	return misc_register(&dies_misc);
}

static void __exit dies_exit(void)
{
	pr_crit("dies: unloads\n");
	msleep(500);
	misc_deregister(&dies_misc);
	pr_crit("dies: settles\n");
}

module_init(dies_init);
module_exit(dies_exit);

MODULE_DESCRIPTION("Outpost soak: oopses in its test");
MODULE_LICENSE("GPL");
