// SPDX-License-Identifier: GPL-2.0-only
/* A licence that taints the kernel, on purpose. */
#include <linux/init.h>
#include <linux/module.h>

static int __init proprietary_init(void)
{
	return 0;
}

static void __exit proprietary_exit(void)
{
}

module_init(proprietary_init);
module_exit(proprietary_exit);

MODULE_DESCRIPTION("Outpost crasher: a licence that is not GPL");
MODULE_LICENSE("Proprietary");
