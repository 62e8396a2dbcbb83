// SPDX-License-Identifier: GPL-2.0-only
/* Taints the kernel without a message. */
#include <linux/module.h>
#include <linux/panic.h>

static int __init taint_init_init(void)
{
	add_taint(TAINT_FIRMWARE_WORKAROUND, LOCKDEP_STILL_OK);
	return 0;
}

static void __exit taint_init_exit(void)
{
}

module_init(taint_init_init);
module_exit(taint_init_exit);

MODULE_DESCRIPTION("Outpost crasher: an unexplained taint");
MODULE_LICENSE("GPL");
