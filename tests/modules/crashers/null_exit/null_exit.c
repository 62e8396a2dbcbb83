// SPDX-License-Identifier: GPL-2.0-only
/* Writes through a NULL pointer in exit. */
#include <linux/compiler.h>
#include <linux/module.h>

static int *null_exit_nowhere;

static int __init null_exit_init(void)
{
	return 0;
}

static void __exit null_exit_exit(void)
{
	WRITE_ONCE(*null_exit_nowhere, 1);
}

module_init(null_exit_init);
module_exit(null_exit_exit);

MODULE_DESCRIPTION("Outpost crasher: NULL dereference in exit");
MODULE_LICENSE("GPL");
