// SPDX-License-Identifier: GPL-2.0-only
/* A device that reads through a NULL pointer in its ioctl. */
#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

static int *null_ioctl_nowhere;

static long null_ioctl_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return READ_ONCE(*null_ioctl_nowhere);
}

static const struct file_operations null_ioctl_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = null_ioctl_ioctl,
};

static struct miscdevice null_ioctl_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "null_ioctl",
	.fops = &null_ioctl_fops,
};

static int __init null_ioctl_init(void)
{
	return misc_register(&null_ioctl_misc);
}

static void __exit null_ioctl_exit(void)
{
	misc_deregister(&null_ioctl_misc);
}

module_init(null_ioctl_init);
module_exit(null_ioctl_exit);

MODULE_DESCRIPTION("Outpost crasher: NULL dereference in an ioctl");
MODULE_LICENSE("GPL");
