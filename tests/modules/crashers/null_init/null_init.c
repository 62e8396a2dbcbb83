// SPDX-License-Identifier: GPL-2.0-only
/* Writes through a NULL pointer in init. */
#include <linux/compiler.h>
#include <linux/module.h>

static int *null_init_nowhere;

static int __init null_init_init(void)
{
	WRITE_ONCE(*null_init_nowhere, 1);
	return 0;
}

static void __exit null_init_exit(void)
{
}

module_init(null_init_init);
module_exit(null_init_exit);

MODULE_DESCRIPTION("Outpost crasher: NULL dereference in init");
MODULE_LICENSE("GPL");
