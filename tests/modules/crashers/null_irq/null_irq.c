// SPDX-License-Identifier: GPL-2.0-only
/* Writes through a NULL pointer in interrupt context. */
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/time64.h>

static int *null_irq_nowhere;

static void null_irq_handler(struct irq_work *work)
{
	WRITE_ONCE(*null_irq_nowhere, 1);
}

/* The processor interrupts itself. */
static DEFINE_IRQ_WORK(null_irq_work, null_irq_handler);

static int __init null_irq_init(void)
{
	irq_work_queue(&null_irq_work);

	/* It happens here, still during the load. */
	msleep(MSEC_PER_SEC);
	return 0;
}

static void __exit null_irq_exit(void)
{
}

module_init(null_irq_init);
module_exit(null_irq_exit);

MODULE_DESCRIPTION("Outpost crasher: NULL dereference in interrupt context");
MODULE_LICENSE("GPL");
