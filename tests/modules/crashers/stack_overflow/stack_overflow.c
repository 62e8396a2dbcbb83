// SPDX-License-Identifier: GPL-2.0-only
/* Calls itself until its stack is used up. */
#include <linux/compiler.h>
#include <linux/module.h>

/* Using the frame after the call keeps the compiler from making it a loop. */
static noinline int stack_overflow_recurse(int depth)
{
	volatile char frame[256];

	frame[depth % sizeof(frame)] = 1;
	return depth < 0 ? 0 : stack_overflow_recurse(depth + 1) + frame[depth % sizeof(frame)];
}

static int __init stack_overflow_init(void)
{
	return stack_overflow_recurse(1);
}

static void __exit stack_overflow_exit(void)
{
}

module_init(stack_overflow_init);
module_exit(stack_overflow_exit);

MODULE_DESCRIPTION("Outpost crasher: endless recursion in init");
MODULE_LICENSE("GPL");
