// SPDX-License-Identifier: GPL-2.0-only
/* Writes through a NULL pointer in a timer. */
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/time64.h>
#include <linux/timer.h>

static int *null_timer_nowhere;

static void null_timer_expired(struct timer_list *timer)
{
	WRITE_ONCE(*null_timer_nowhere, 1);
}

static DEFINE_TIMER(null_timer_timer, null_timer_expired);

static int __init null_timer_init(void)
{
	mod_timer(&null_timer_timer, jiffies + 1);

	/* It happens here, still during the load. */
	msleep(MSEC_PER_SEC);
	return 0;
}

static void __exit null_timer_exit(void)
{
}

module_init(null_timer_init);
module_exit(null_timer_exit);

MODULE_DESCRIPTION("Outpost crasher: NULL dereference in a timer");
MODULE_LICENSE("GPL");
