// SPDX-License-Identifier: GPL-2.0-only
/* Deletes an entry from a list whose neighbour points elsewhere. */
#include <linux/list.h>
#include <linux/module.h>

static LIST_HEAD(list_corrupt_list);
static struct list_head list_corrupt_one, list_corrupt_other;

static int __init list_corrupt_init(void)
{
	list_add(&list_corrupt_one, &list_corrupt_list);
	list_corrupt_list.next = &list_corrupt_other;
	list_del(&list_corrupt_one);
	return 0;
}

static void __exit list_corrupt_exit(void)
{
}

module_init(list_corrupt_init);
module_exit(list_corrupt_exit);

MODULE_DESCRIPTION("Outpost crasher: a corrupted list in init");
MODULE_LICENSE("GPL");
