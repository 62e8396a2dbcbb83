// SPDX-License-Identifier: GPL-2.0-only
/* A /proc file that is being read while the module is unloaded. */
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/time64.h>

static bool proc_used_gone;
static bool proc_used_reading;
module_param_named(reading, proc_used_reading, bool, 0444);

static ssize_t proc_used_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	WRITE_ONCE(proc_used_reading, true);
	while (!READ_ONCE(proc_used_gone))
		msleep(20);
	msleep(2 * MSEC_PER_SEC);
	return 0; /* returns to code that no longer exists */
}

static const struct proc_ops proc_used_ops = {
	.proc_read = proc_used_read,
};

static int __init proc_used_init(void)
{
	return proc_create("proc_used", 0444, NULL, &proc_used_ops) ? 0 : -ENOMEM;
}

static void __exit proc_used_exit(void)
{
	WRITE_ONCE(proc_used_gone, true);
}

module_init(proc_used_init);
module_exit(proc_used_exit);

MODULE_DESCRIPTION("Outpost crasher: a /proc file is read after unload");
MODULE_LICENSE("GPL");
