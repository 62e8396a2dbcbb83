// SPDX-License-Identifier: GPL-2.0-only
/* Delayed work that runs when its code is gone. */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

static void work_left_work(struct work_struct *work)
{
	kfree(to_delayed_work(work));
}

static int __init work_left_init(void)
{
	return 0;
}

static void __exit work_left_exit(void)
{
	/* Outside the module's memory, so that only the call goes wrong. */
	struct delayed_work *dwork = kzalloc(sizeof(*dwork), GFP_KERNEL);

	if (!dwork)
		return;

	INIT_DELAYED_WORK(dwork, work_left_work);
	schedule_delayed_work(dwork, msecs_to_jiffies(300));
}

module_init(work_left_init);
module_exit(work_left_exit);

MODULE_DESCRIPTION("Outpost crasher: work outlives the module");
MODULE_LICENSE("GPL");
