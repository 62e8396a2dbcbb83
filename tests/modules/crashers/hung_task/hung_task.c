// SPDX-License-Identifier: GPL-2.0-only
/* Sleeps longer than a task may, then continues. */
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/time64.h>

static int __init hung_task_init(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(9 * HZ);
	return 0;
}

static void __exit hung_task_exit(void)
{
}

module_init(hung_task_init);
module_exit(hung_task_exit);

MODULE_DESCRIPTION("Outpost crasher: a task that hangs for a while in init");
MODULE_LICENSE("GPL");
