// SPDX-License-Identifier: GPL-2.0-only
/* Prints text that no terminal should see. */
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

static char odd_text_long[1001];

static int __init odd_text_init(void)
{
	pr_info("odd_text: \033[31mred\033[2J\007\b\b and a carriage return\rBUG: at the start of nothing\n");
	pr_info("odd_text: \xff\xfe \xc3( \xed\xa0\x80 \xf8 no UTF-8\n");
	pr_info("odd_text: a tab\t, a delete \x7f and C1 \xc2\x9b" "31m\n");
	memset(odd_text_long, 'x', sizeof(odd_text_long) - 1);
	pr_info("odd_text: %s\n", odd_text_long);
	return 0;
}

static void __exit odd_text_exit(void)
{
}

module_init(odd_text_init);
module_exit(odd_text_exit);

MODULE_DESCRIPTION("Outpost crasher: odd bytes in the kernel log");
MODULE_LICENSE("GPL");
