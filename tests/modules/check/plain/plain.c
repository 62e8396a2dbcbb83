// SPDX-License-Identifier: GPL-2.0-only
/* Uses no GPL-only symbol. */
#include <linux/module.h>

static int __init plain_init(void)
{
	pr_info("plain\n");
	return 0;
}
module_init(plain_init);

static void __exit plain_exit(void)
{
}
module_exit(plain_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a module that uses nothing special");
