// SPDX-License-Identifier: GPL-2.0-only
/* A notifier that is still called after the module is gone. */
#include <linux/module.h>
#include <linux/notifier.h>

static int notifier_left_call(struct notifier_block *nb, unsigned long action, void *data)
{
	return NOTIFY_DONE;
}

static struct notifier_block notifier_left_nb = {
	.notifier_call = notifier_left_call,
};

static int __init notifier_left_init(void)
{
	return register_module_notifier(&notifier_left_nb);
}

static void __exit notifier_left_exit(void)
{
}

module_init(notifier_left_init);
module_exit(notifier_left_exit);

MODULE_DESCRIPTION("Outpost crasher: a notifier outlives the module");
MODULE_LICENSE("GPL");
