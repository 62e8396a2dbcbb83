// SPDX-License-Identifier: GPL-2.0-only
/*
 * Init never ends, and keeps a processor busy. It yields to other tasks, so that
 * the kernel's detectors stay silent: only the time limit catches it.
 */
#include <linux/module.h>
#include <linux/sched.h>

static int __init spin_init_init(void)
{
	for (;;)
		cond_resched();
	return 0;
}

static void __exit spin_init_exit(void)
{
}

module_init(spin_init_init);
module_exit(spin_init_exit);

MODULE_DESCRIPTION("Outpost crasher: init spins forever");
MODULE_LICENSE("GPL");
