// SPDX-License-Identifier: GPL-2.0-only
/* Two threads take two mutexes in opposite orders. */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(deadlock_abba_a);
static DEFINE_MUTEX(deadlock_abba_b);
static atomic_t deadlock_abba_ready = ATOMIC_INIT(0);

/* Both hang in here, so that it does not matter which one the kernel names first. */
static noinline void deadlock_abba_take(struct mutex *first, struct mutex *second)
{
	mutex_lock(first);
	atomic_inc(&deadlock_abba_ready);
	while (atomic_read(&deadlock_abba_ready) < 2)
		msleep(1);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
}

static int deadlock_abba_thread(void *data)
{
	deadlock_abba_take(&deadlock_abba_b, &deadlock_abba_a);
	return 0;
}

static int __init deadlock_abba_init(void)
{
	struct task_struct *task = kthread_run(deadlock_abba_thread, NULL, "deadlock_abba");

	if (IS_ERR(task))
		return PTR_ERR(task);
	deadlock_abba_take(&deadlock_abba_a, &deadlock_abba_b);
	return 0;
}

static void __exit deadlock_abba_exit(void)
{
}

module_init(deadlock_abba_init);
module_exit(deadlock_abba_exit);

MODULE_DESCRIPTION("Outpost crasher: two mutexes taken in opposite orders");
MODULE_LICENSE("GPL");
