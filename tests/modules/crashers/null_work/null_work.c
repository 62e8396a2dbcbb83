// SPDX-License-Identifier: GPL-2.0-only
/* Writes through a NULL pointer on a workqueue. */
#include <linux/compiler.h>
#include <linux/module.h>
#include <linux/workqueue.h>

static int *null_work_nowhere;

static void null_work_work(struct work_struct *work)
{
	WRITE_ONCE(*null_work_nowhere, 1);
}

static DECLARE_WORK(null_work_item, null_work_work);

static int __init null_work_init(void)
{
	schedule_work(&null_work_item);
	flush_work(&null_work_item);
	return 0;
}

static void __exit null_work_exit(void)
{
}

module_init(null_work_init);
module_exit(null_work_exit);

MODULE_DESCRIPTION("Outpost crasher: NULL dereference on a workqueue");
MODULE_LICENSE("GPL");
