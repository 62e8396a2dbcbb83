// SPDX-License-Identifier: GPL-2.0-only
/* panic() in init. */
#include <linux/module.h>
#include <linux/panic.h>

static int __init panic_init_init(void)
{
	panic("panic_init: as it was told");
	return 0;
}

static void __exit panic_init_exit(void)
{
}

module_init(panic_init_init);
module_exit(panic_init_exit);

MODULE_DESCRIPTION("Outpost crasher: panic in init");
MODULE_LICENSE("GPL");
