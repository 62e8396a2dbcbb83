// SPDX-License-Identifier: GPL-2.0-only
/* Keeps a processor busy for longer than the kernel allows. */
#include <linux/module.h>
#include <linux/processor.h>

static int __init soft_lockup_init(void)
{
	for (;;)
		cpu_relax();
	return 0;
}

static void __exit soft_lockup_exit(void)
{
}

module_init(soft_lockup_init);
module_exit(soft_lockup_exit);

MODULE_DESCRIPTION("Outpost crasher: a soft lockup in init");
MODULE_LICENSE("GPL");
