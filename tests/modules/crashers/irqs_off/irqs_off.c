// SPDX-License-Identifier: GPL-2.0-only
/* Keeps interrupts off on all processors forever. */
#include <linux/module.h>
#include <linux/processor.h>
#include <linux/stop_machine.h>

static int irqs_off_stop(void *unused)
{
	for (;;)
		cpu_relax();
	return 0;
}

/*
 * on_each_cpu() would leave a gap: an interrupt before this processor turns its own off may wait for a
 * lock whose holder spins already, and the soft lockup detector would report that.
 */
static int __init irqs_off_init(void)
{
	return stop_machine(irqs_off_stop, NULL, cpu_online_mask);
}

static void __exit irqs_off_exit(void)
{
}

module_init(irqs_off_init);
module_exit(irqs_off_exit);

MODULE_DESCRIPTION("Outpost crasher: interrupts off on all processors forever");
MODULE_LICENSE("GPL");
