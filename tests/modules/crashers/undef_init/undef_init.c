// SPDX-License-Identifier: GPL-2.0-only
/* Executes what is not an instruction. */
#include <linux/kernel.h>
#include <linux/module.h>

static int __init undef_init_init(void)
{
	asm volatile(".inst 0x00000000"); /* UDF #0 */
	return 0;
}

static void __exit undef_init_exit(void)
{
}

module_init(undef_init_init);
module_exit(undef_init_exit);

MODULE_DESCRIPTION("Outpost crasher: an undefined instruction in init");
MODULE_LICENSE("GPL");
