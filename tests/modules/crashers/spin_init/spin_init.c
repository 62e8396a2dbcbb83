// SPDX-License-Identifier: GPL-2.0-only
/*
 * Init never ends, and keeps a processor busy. It gives way to others, and so
 * to the kernel's detectors, which have nothing to say: only the clock knows.
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

MODULE_DESCRIPTION("Outpost crasher: init spins for ever");
MODULE_LICENSE("GPL");
