// SPDX-License-Identifier: GPL-2.0-only
/* panic() in exit. */
#include <linux/module.h>
#include <linux/panic.h>

static int __init panic_exit_init(void)
{
	return 0;
}

static void __exit panic_exit_exit(void)
{
	panic("panic_exit: as it was told");
}

module_init(panic_exit_init);
module_exit(panic_exit_exit);

MODULE_DESCRIPTION("Outpost crasher: panic in exit");
MODULE_LICENSE("GPL");
