// SPDX-License-Identifier: GPL-2.0-only
/* Its init function warns. Prints its progress to the console. */
#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/module.h>

static int __init warns_init(void)
{
	pr_crit("warns: loads\n");
	msleep(500);
	WARN(1, "soak: on purpose\n");
	return 0;
}

static void __exit warns_exit(void)
{
	pr_crit("warns: unloads\n");
	msleep(500);
	pr_crit("warns: settles\n");
}

module_init(warns_init);
module_exit(warns_exit);

MODULE_DESCRIPTION("Outpost soak: init warns");
MODULE_LICENSE("GPL");
