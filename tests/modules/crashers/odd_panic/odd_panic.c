// SPDX-License-Identifier: GPL-2.0-only
/* Panics with text that no terminal should see. */
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/string.h>

static char odd_panic_long[901];

static int __init odd_panic_init(void)
{
	memset(odd_panic_long, 'x', sizeof(odd_panic_long) - 1);
	panic("odd_panic: \033[31mred\033[2J\007 \xff\xfe \xc3( %s", odd_panic_long);
	return 0;
}

static void __exit odd_panic_exit(void)
{
}

module_init(odd_panic_init);
module_exit(odd_panic_exit);

MODULE_DESCRIPTION("Outpost crasher: panic with odd bytes");
MODULE_LICENSE("GPL");
