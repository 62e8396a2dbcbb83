// SPDX-License-Identifier: GPL-2.0-only
/* Loaded while another driver warns. */
#include <linux/init.h>
#include <linux/module.h>

#include "bystander.h"

static int __init beside_warning_init(void)
{
	bystander_warn();
	return 0;
}

static void __exit beside_warning_exit(void)
{
}

module_init(beside_warning_init);
module_exit(beside_warning_exit);

MODULE_DESCRIPTION("Outpost crasher: another driver warns in its window");
MODULE_LICENSE("GPL");
