// SPDX-License-Identifier: GPL-2.0-only
/* Reboots the machine from init, without a message. */
#include <linux/module.h>
#include <linux/reboot.h>

static int __init restart_init_init(void)
{
	emergency_restart();
	return 0;
}

static void __exit restart_init_exit(void)
{
}

module_init(restart_init_init);
module_exit(restart_init_exit);

MODULE_DESCRIPTION("Outpost crasher: a reboot that nobody ordered");
MODULE_LICENSE("GPL");
