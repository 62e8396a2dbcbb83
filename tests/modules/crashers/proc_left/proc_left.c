// SPDX-License-Identifier: GPL-2.0-only
/* Leaves a directory in /proc behind. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/proc_fs.h>

static int __init proc_left_init(void)
{
	char name[32];

	/* A new name for every load: a duplicate name causes a warning. */
	snprintf(name, sizeof(name), "proc_left.%llx", ktime_get_ns());

	/* Empty, and created by the core kernel: looking into it later does no harm. */
	return proc_mkdir(name, NULL) ? 0 : -ENOMEM;
}

static void __exit proc_left_exit(void)
{
}

module_init(proc_left_init);
module_exit(proc_left_exit);

MODULE_DESCRIPTION("Outpost crasher: a /proc entry left behind");
MODULE_LICENSE("GPL");
