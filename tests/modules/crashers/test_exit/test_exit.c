// SPDX-License-Identifier: GPL-2.0-only
/* Does nothing: the test program misbehaves. */
#include <linux/init.h>
#include <linux/module.h>

static int __init test_exit_init(void)
{
	return 0;
}

static void __exit test_exit_exit(void)
{
}

module_init(test_exit_init);
module_exit(test_exit_exit);

MODULE_DESCRIPTION("Outpost crasher: a test program that fails");
MODULE_LICENSE("GPL");
