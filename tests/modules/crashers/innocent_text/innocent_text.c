// SPDX-License-Identifier: GPL-2.0-only
/* Prints text that looks like reports and results, but is neither. */
#include <linux/module.h>
#include <linux/printk.h>

static int __init innocent_text_init(void)
{
	pr_info("BUG: this is only text\n");
	pr_info("WARNING: all is well\n");
	pr_info("innocent_text: a kernel panic would be worse, oops\n");
	pr_info("ok 1\n");
	pr_info("not ok is what it would say if it failed\n");
	return 0;
}

static void __exit innocent_text_exit(void)
{
}

module_init(innocent_text_init);
module_exit(innocent_text_exit);

MODULE_DESCRIPTION("Outpost crasher: text that looks like a report");
MODULE_LICENSE("GPL");
