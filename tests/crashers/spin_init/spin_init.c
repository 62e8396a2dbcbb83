// SPDX-License-Identifier: GPL-2.0-only
/* Init never ends, and keeps a processor busy. */
#include <linux/module.h>
#include <linux/processor.h>

static int __init spin_init_init(void)
{
	for (;;)
		cpu_relax();
	return 0;
}

static void __exit spin_init_exit(void)
{
}

module_init(spin_init_init);
module_exit(spin_init_exit);

MODULE_DESCRIPTION("Outpost crasher: init spins for ever");
MODULE_LICENSE("GPL");
