// SPDX-License-Identifier: GPL-2.0-only
/* Warns when another module asks it to: a driver that complains at the wrong time. */
#include <linux/bug.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include "bystander.h"

static void bystander_work_warns(struct work_struct *work)
{
	WARN_ON(1);
}

static DECLARE_WORK(bystander_work, bystander_work_warns);

void bystander_warn(void)
{
	schedule_work(&bystander_work);
	flush_work(&bystander_work);
}
EXPORT_SYMBOL_GPL(bystander_warn);

static int __init bystander_init(void)
{
	return 0;
}

static void __exit bystander_exit(void)
{
}

module_init(bystander_init);
module_exit(bystander_exit);

MODULE_DESCRIPTION("Outpost crasher: another driver that warns");
MODULE_LICENSE("GPL");
