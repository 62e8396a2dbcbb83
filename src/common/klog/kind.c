// SPDX-License-Identifier: GPL-2.0-only
/* Kinds of reports: their names, and the kind of a WARN() or BUG() by its source file. */
#include "common/klog/internal.h"

#include "common/cleanup.h"

enum klog_kind klog_kind_of_file(struct text path)
{
	static const struct {
		const char *file;
		enum klog_kind kind;
	} files[] = {
		{ "lib/list_debug.c", KLOG_LIST_CORRUPTION },
		{ "include/linux/list.h", KLOG_LIST_CORRUPTION },
		{ "lib/refcount.c", KLOG_REFCOUNT },
		{ "include/linux/refcount.h", KLOG_REFCOUNT },
		{ "lib/debugobjects.c", KLOG_ODEBUG },
		{ "mm/usercopy.c", KLOG_USERCOPY },
		{ "lib/string_helpers.c", KLOG_FORTIFY },
		{ "kernel/locking/lockdep.c", KLOG_LOCKDEP },
		{ "kernel/workqueue.c", KLOG_WARNING },
	};

	if (!memchr(path.p, '/', path.n))
		return KLOG_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (text_find(path, files[i].file))
			return files[i].kind;
	return KLOG_NONE;
}

const char *klog_kind_name(enum klog_kind kind)
{
	static const char *const names[KLOG_N_KINDS] = {
		[KLOG_NONE] = "none",
		[KLOG_OOPS] = "oops",
		[KLOG_BUG] = "bug",
		[KLOG_WARNING] = "warning",
		[KLOG_PANIC] = "panic",
		[KLOG_KASAN] = "kasan",
		[KLOG_KMSAN] = "kmsan",
		[KLOG_KCSAN] = "kcsan",
		[KLOG_KFENCE] = "kfence",
		[KLOG_UBSAN] = "ubsan",
		[KLOG_SLUB] = "slub",
		[KLOG_KMEMLEAK] = "kmemleak",
		[KLOG_LOCKDEP] = "lockdep",
		[KLOG_ATOMIC_SLEEP] = "atomic-sleep",
		[KLOG_RCU_STALL] = "rcu-stall",
		[KLOG_SOFT_LOCKUP] = "soft-lockup",
		[KLOG_HARD_LOCKUP] = "hard-lockup",
		[KLOG_HUNG_TASK] = "hung-task",
		[KLOG_WORKQUEUE_LOCKUP] = "workqueue-lockup",
		[KLOG_LIST_CORRUPTION] = "list-corruption",
		[KLOG_REFCOUNT] = "refcount",
		[KLOG_STACK_OVERFLOW] = "stack-overflow",
		[KLOG_STACK_CORRUPTION] = "stack-corruption",
		[KLOG_USERCOPY] = "usercopy",
		[KLOG_FORTIFY] = "fortify",
		[KLOG_BAD_PAGE] = "bad-page",
		[KLOG_ODEBUG] = "odebug",
		[KLOG_NETDEV_WAIT] = "netdev-wait",
		[KLOG_REBOOT] = "reboot",
		[KLOG_TRACE] = "trace",
	};

	return kind < KLOG_N_KINDS ? names[kind] : "none";
}
