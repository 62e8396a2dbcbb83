// SPDX-License-Identifier: GPL-2.0-only
/* Keeps interrupts off on all processors forever. */
#include <linux/module.h>
#include <linux/processor.h>
#include <linux/smp.h>

static void irqs_off_stop(void *unused)
{
	for (;;)
		cpu_relax();
}

static int __init irqs_off_init(void)
{
	on_each_cpu(irqs_off_stop, NULL, true); /* with interrupts off */
	return 0;
}

static void __exit irqs_off_exit(void)
{
}

module_init(irqs_off_init);
module_exit(irqs_off_exit);

MODULE_DESCRIPTION("Outpost crasher: interrupts off on all processors forever");
MODULE_LICENSE("GPL");
