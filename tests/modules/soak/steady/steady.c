// SPDX-License-Identifier: GPL-2.0-only
/* Nothing is wrong with it. It says on the console where it is. */
#include <linux/delay.h>
#include <linux/module.h>

static int __init steady_init(void)
{
	pr_crit("steady: loads\n");
	msleep(500);
	return 0;
}

static void __exit steady_exit(void)
{
	pr_crit("steady: unloads\n");
	msleep(500);
	pr_crit("steady: settles\n");
}

module_init(steady_init);
module_exit(steady_exit);

MODULE_DESCRIPTION("Outpost soak: nothing is wrong with it");
MODULE_LICENSE("GPL");
