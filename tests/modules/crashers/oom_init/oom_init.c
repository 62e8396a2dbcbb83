// SPDX-License-Identifier: GPL-2.0-only
/* Uses up all memory. */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>

static int __init oom_init_init(void)
{
	LIST_HEAD(pages);
	struct page *page, *next;

	/* Fails when no other process is left to kill. */
	while ((page = alloc_page(GFP_KERNEL)))
		list_add(&page->lru, &pages);
	list_for_each_entry_safe(page, next, &pages, lru)
		__free_page(page);
	return -ENOMEM;
}

static void __exit oom_init_exit(void)
{
}

module_init(oom_init_init);
module_exit(oom_init_exit);

MODULE_DESCRIPTION("Outpost crasher: out of memory in init");
MODULE_LICENSE("GPL");
