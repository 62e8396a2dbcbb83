// SPDX-License-Identifier: GPL-2.0-only
/* A good module. Prints its progress to the console. */
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

MODULE_DESCRIPTION("Outpost soak: a good module");
MODULE_LICENSE("GPL");
