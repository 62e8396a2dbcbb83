// SPDX-License-Identifier: GPL-2.0-only
/* A device that writes through a NULL pointer when it is written to. */
#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

static int *oops_test_nowhere;

static ssize_t oops_test_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	WRITE_ONCE(*oops_test_nowhere, 1);
	return len;
}

static const struct file_operations oops_test_fops = {
	.owner = THIS_MODULE,
	.write = oops_test_write,
};

static struct miscdevice oops_test_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "oops_test",
	.fops = &oops_test_fops,
};

static int __init oops_test_init(void)
{
	return misc_register(&oops_test_misc);
}

static void __exit oops_test_exit(void)
{
	misc_deregister(&oops_test_misc);
}

module_init(oops_test_init);
module_exit(oops_test_exit);

MODULE_DESCRIPTION("Outpost crasher: NULL dereference during the test");
MODULE_LICENSE("GPL");
