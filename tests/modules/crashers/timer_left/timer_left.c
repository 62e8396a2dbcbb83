// SPDX-License-Identifier: GPL-2.0-only
/* A timer that fires when its code is gone. */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timer.h>

static void timer_left_expired(struct timer_list *timer)
{
	kfree(timer);
}

static int __init timer_left_init(void)
{
	return 0;
}

static void __exit timer_left_exit(void)
{
	/* Outside the module's memory, so that only the call goes wrong. */
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;

	timer_setup(timer, timer_left_expired, 0);
	mod_timer(timer, jiffies + msecs_to_jiffies(300));
}

module_init(timer_left_init);
module_exit(timer_left_exit);

MODULE_DESCRIPTION("Outpost crasher: a timer outlives the module");
MODULE_LICENSE("GPL");
