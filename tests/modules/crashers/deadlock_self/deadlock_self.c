// SPDX-License-Identifier: GPL-2.0-only
/* Takes a mutex that it already holds. */
#include <linux/module.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(deadlock_self_lock);

static int __init deadlock_self_init(void)
{
	mutex_lock(&deadlock_self_lock);
	mutex_lock(&deadlock_self_lock);
	mutex_unlock(&deadlock_self_lock);
	return 0;
}

static void __exit deadlock_self_exit(void)
{
}

module_init(deadlock_self_init);
module_exit(deadlock_self_exit);

MODULE_DESCRIPTION("Outpost crasher: a mutex taken twice in init");
MODULE_LICENSE("GPL");
