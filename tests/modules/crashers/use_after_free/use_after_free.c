// SPDX-License-Identifier: GPL-2.0-only
/* Writes to freed memory. */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/slab.h>

static int __init use_after_free_init(void)
{
	struct kmem_cache *cache = kmem_cache_create("use_after_free", 100, 0, SLAB_RED_ZONE | SLAB_POISON, NULL);
	char *p = cache ? kmem_cache_alloc(cache, GFP_KERNEL) : NULL;

	if (p) {
		kmem_cache_free(cache, p);
		WRITE_ONCE(p[10], 1);
	}
	kmem_cache_destroy(cache);
	return p ? 0 : -ENOMEM;
}

static void __exit use_after_free_exit(void)
{
}

module_init(use_after_free_init);
module_exit(use_after_free_exit);

MODULE_DESCRIPTION("Outpost crasher: use after free in init");
MODULE_LICENSE("GPL");
