// SPDX-License-Identifier: GPL-2.0-only
/* Writes through a NULL pointer in a kernel thread. */
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/time64.h>

static int *null_kthread_nowhere;

static int null_kthread_thread(void *data)
{
	WRITE_ONCE(*null_kthread_nowhere, 1);
	return 0;
}

static int __init null_kthread_init(void)
{
	struct task_struct *task = kthread_run(null_kthread_thread, NULL, "null_kthread");

	if (IS_ERR(task))
		return PTR_ERR(task);

	/* It happens here, still during the load. */
	msleep(MSEC_PER_SEC);
	return 0;
}

static void __exit null_kthread_exit(void)
{
}

module_init(null_kthread_init);
module_exit(null_kthread_exit);

MODULE_DESCRIPTION("Outpost crasher: NULL dereference in a kernel thread");
MODULE_LICENSE("GPL");
