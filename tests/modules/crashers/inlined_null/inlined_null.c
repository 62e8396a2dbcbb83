// SPDX-License-Identifier: GPL-2.0-only
/* Writes through a NULL pointer in a function inlined into another inlined function. */
#include <linux/compiler.h>
#include <linux/module.h>

static int *inlined_null_nowhere;

static __always_inline void inlined_null_store(int *to)
{
	WRITE_ONCE(*to, 1);
}

static __always_inline void inlined_null_clear(int *to)
{
	if (!READ_ONCE(inlined_null_nowhere))
		inlined_null_store(to);
}

static noinline void inlined_null_run(void)
{
	inlined_null_clear(inlined_null_nowhere);
}

static int __init inlined_null_init(void)
{
	inlined_null_run();
	return 0;
}

static void __exit inlined_null_exit(void)
{
}

module_init(inlined_null_init);
module_exit(inlined_null_exit);

MODULE_DESCRIPTION("Outpost crasher: NULL dereference in an inlined function");
MODULE_LICENSE("GPL");
