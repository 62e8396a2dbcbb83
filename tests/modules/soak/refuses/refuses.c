// SPDX-License-Identifier: GPL-2.0-only
/* Its test fails. Prints its progress to the console. */
#include <linux/delay.h>
#include <linux/module.h>

static int __init refuses_init(void)
{
	pr_crit("refuses: loads\n");
	msleep(500);
	return 0;
}

static void __exit refuses_exit(void)
{
	pr_crit("refuses: unloads\n");
	msleep(500);
	pr_crit("refuses: settles\n");
}

module_init(refuses_init);
module_exit(refuses_exit);

MODULE_DESCRIPTION("Outpost soak: its test fails");
MODULE_LICENSE("GPL");
