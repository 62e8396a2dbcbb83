// SPDX-License-Identifier: GPL-2.0-only
/* Writes through a NULL pointer in a tasklet. */
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/time64.h>

static int *null_tasklet_nowhere;

static void null_tasklet_run(struct tasklet_struct *tasklet)
{
	WRITE_ONCE(*null_tasklet_nowhere, 1);
}

static DECLARE_TASKLET(null_tasklet_tasklet, null_tasklet_run);

static int __init null_tasklet_init(void)
{
	tasklet_schedule(&null_tasklet_tasklet);

	/* It happens here, still during the load. */
	msleep(MSEC_PER_SEC);
	return 0;
}

static void __exit null_tasklet_exit(void)
{
}

module_init(null_tasklet_init);
module_exit(null_tasklet_exit);

MODULE_DESCRIPTION("Outpost crasher: NULL dereference in a tasklet");
MODULE_LICENSE("GPL");
