// SPDX-License-Identifier: GPL-2.0-only
/* Stays in a read-side critical section forever. */
#include <linux/module.h>
#include <linux/nmi.h>
#include <linux/rcupdate.h>

static int __init rcu_stall_init(void)
{
	rcu_read_lock();
	for (;;)
		touch_softlockup_watchdog();
	rcu_read_unlock();
	return 0;
}

static void __exit rcu_stall_exit(void)
{
}

module_init(rcu_stall_init);
module_exit(rcu_stall_exit);

MODULE_DESCRIPTION("Outpost crasher: an RCU stall in init");
MODULE_LICENSE("GPL");
