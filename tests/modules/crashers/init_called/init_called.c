// SPDX-License-Identifier: GPL-2.0-only
/* A device whose write operation is an init function: it is freed before it is called. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

static ssize_t __init init_called_write(struct file *file, const char __user *from, size_t len,
					loff_t *pos)
{
	return len;
}

/* __refconst keeps modpost from noticing. */
static const struct file_operations init_called_fops __refconst = {
	.owner = THIS_MODULE,
	.write = init_called_write,
};

static struct miscdevice init_called_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "init_called",
	.fops = &init_called_fops,
};

static int __init init_called_init(void)
{
	return misc_register(&init_called_misc);
}

static void __exit init_called_exit(void)
{
	misc_deregister(&init_called_misc);
}

module_init(init_called_init);
module_exit(init_called_exit);

MODULE_DESCRIPTION("Outpost crasher: an init function is called after init");
MODULE_LICENSE("GPL");
