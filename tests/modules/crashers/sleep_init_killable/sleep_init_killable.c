// SPDX-License-Identifier: GPL-2.0-only
/* Init never ends by itself, but can be killed. */
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/sched.h>

static int __init sleep_init_killable_init(void)
{
	schedule_timeout_killable(MAX_SCHEDULE_TIMEOUT);
	return -EINTR;
}

static void __exit sleep_init_killable_exit(void)
{
}

module_init(sleep_init_killable_init);
module_exit(sleep_init_killable_exit);

MODULE_DESCRIPTION("Outpost crasher: init sleeps forever, killable");
MODULE_LICENSE("GPL");
