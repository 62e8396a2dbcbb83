// SPDX-License-Identifier: GPL-2.0-only
/* Writes to user space memory directly. */
#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

static ssize_t user_pointer_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	/* copy_to_user() would return EFAULT. */
	WRITE_ONCE(*(char __force *)to, 'x');
	return 1;
}

static const struct file_operations user_pointer_fops = {
	.owner = THIS_MODULE,
	.read = user_pointer_read,
};

static struct miscdevice user_pointer_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "user_pointer",
	.fops = &user_pointer_fops,
};

static int __init user_pointer_init(void)
{
	return misc_register(&user_pointer_misc);
}

static void __exit user_pointer_exit(void)
{
	misc_deregister(&user_pointer_misc);
}

module_init(user_pointer_init);
module_exit(user_pointer_exit);

MODULE_DESCRIPTION("Outpost crasher: a user space pointer used directly");
MODULE_LICENSE("GPL");
