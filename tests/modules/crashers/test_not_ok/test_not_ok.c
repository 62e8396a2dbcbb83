// SPDX-License-Identifier: GPL-2.0-only
/* Does nothing: the test program misbehaves. */
#include <linux/init.h>
#include <linux/module.h>

static int __init test_not_ok_init(void)
{
	return 0;
}

static void __exit test_not_ok_exit(void)
{
}

module_init(test_not_ok_init);
module_exit(test_not_ok_exit);

MODULE_DESCRIPTION("Outpost crasher: a test program that says not ok");
MODULE_LICENSE("GPL");
