// SPDX-License-Identifier: GPL-2.0-only
/* Writes beyond the end of an array on its stack. */
#include <linux/compiler.h>
#include <linux/module.h>
#include <linux/string.h>

static unsigned int stack_smash_length = 64;

static noinline void stack_smash_fill(void)
{
	char small[16];
	char *p = small;

	/* Hides the length and the target from the compiler: no fortified memset(). */
	OPTIMIZER_HIDE_VAR(p);
	memset(p, 0x5a, READ_ONCE(stack_smash_length));
	barrier_data(small);
}

static int __init stack_smash_init(void)
{
	stack_smash_fill();
	return 0;
}

static void __exit stack_smash_exit(void)
{
}

module_init(stack_smash_init);
module_exit(stack_smash_exit);

MODULE_DESCRIPTION("Outpost crasher: overflow of an array on the stack in init");
MODULE_LICENSE("GPL");
