// SPDX-License-Identifier: GPL-2.0-only
/*
 * tests/tools/variants.c makes its variants from this module. It uses a symbol
 * without restrictions (_printk), a GPL-only one (ktime_get), and one in a
 * namespace (dma_buf_put); it has per-processor data, data that is read-only
 * after init, and exports a symbol.
 */
#include <linux/dma-buf.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/version.h>

static DEFINE_PER_CPU(int, each);

static int once __ro_after_init;

static bool never;
module_param(never, bool, 0);

/* Differs in one letter from crc_ccitt(), which the kernel exports. */
int crc_ccitx(int x);
int crc_ccitx(int x)
{
	return x + 1;
}
EXPORT_SYMBOL(crc_ccitx);

static int __init victim_init(void)
{
	once = 1;
	pr_info("victim\n");
	if (never) {
		this_cpu_inc(each);
		ktime_get();
		dma_buf_put(NULL);
	}
	return 0;
}
module_init(victim_init);

static void __exit victim_exit(void)
{
	pr_info("victim %d\n", once);
}
module_exit(victim_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("the module that the variants are made from");
MODULE_INFO(xivepatch, "Y");
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS("DMA_BUF");
#else
MODULE_IMPORT_NS(DMA_BUF);
#endif
