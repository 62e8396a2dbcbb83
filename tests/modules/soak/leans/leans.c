// SPDX-License-Identifier: GPL-2.0-only
/* A good module that depends on steady. Prints its progress to the console. */
#include <linux/delay.h>
#include <linux/module.h>

static int __init leans_init(void)
{
	pr_crit("leans: loads\n");
	msleep(500);
	return 0;
}

static void __exit leans_exit(void)
{
	pr_crit("leans: unloads\n");
	msleep(500);
	pr_crit("leans: settles\n");
}

module_init(leans_init);
module_exit(leans_exit);

MODULE_DESCRIPTION("Outpost soak: depends on steady");
MODULE_LICENSE("GPL");
