// SPDX-License-Identifier: GPL-2.0-only
/* BUG() in init. */
#include <linux/bug.h>
#include <linux/module.h>

static int __init bug_init_init(void)
{
	BUG();
	return 0;
}

static void __exit bug_init_exit(void)
{
}

module_init(bug_init_init);
module_exit(bug_init_exit);

MODULE_DESCRIPTION("Outpost crasher: BUG in init");
MODULE_LICENSE("GPL");
