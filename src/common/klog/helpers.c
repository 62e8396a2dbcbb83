// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions of a trace that are not the location of the fault: those that report it, check for
 * it, take locks, copy memory or wait on behalf of others. A name matches all functions that
 * begin with it; with '*' before it, all that contain it; '$' marks the end of the function's
 * name.
 */
#include "common/klog/internal.h"

#include "common/cleanup.h"

/* One name per line would fill pages. */
/* clang-format off */

/* For every kind. */
static const char *const helpers[] = {
	/* reporting */
	"dump_stack", "__dump_stack", "dump_backtrace", "show_stack", "show_regs", "show_trace", "print_", "debug_print_",
	"panic", "vpanic", "*_panic", "__stack_chk_fail", "__bug$", "rust_helper_BUG", "*rust_begin_unwind", "*9panicking", "assfail$",
	"_dev_", "__dev_printk", "dev_printk", "dev_vprintk", "dev_info", "dev_warn", "dev_err", "netdev_printk", "va_format",
	"warn_alloc", "note_interrupt", "nmi_panic", "__warn", "warn_slowpath", "warn_bogus", "report_bug", "report_",
	"__report_bug", "fixup_bug", "handle_bug", "bug_handler", "bug_brk_handler", "call_break_hook",
	"brk_handler", "die$", "__die", "die_", "oops", "bust_spinlocks", "printk", "_printk", "vprintk",
	"console_unlock", "check_preemption_disabled", "debug_smp_processor_id", "__this_cpu_preempt_check",
	"__might_", "___might_", "might_", "__cant_", "__schedule_bug", "should_fail", "fail_dump",
	"check_bytes", "check_pad", "check_slab", "object_err", "slab_err", "slab_bug", "object_", "check_object", "slab_fix", "on_freelist", "*_consistency_checks$",
	"free_debug_processing", "free_to_partial_list", "free_partial", "alloc_debug_processing", "bad_page", "free_page_is_bad",
	"free_pcp", "free_one_page", "__free_one_page", "free_frozen", "__free_frozen", "free_the_page",
	"free_tail_page", "check_free_page", "kernel_init_free_pages", "check_new_page", "free_pages_check", "dump_page", "vm_normal_",
	/* traps */
	"do_error_trap", "do_trap", "do_invalid_op", "invalid_op", "exc_", "asm_exc_", "asm_sysvec",
	"sysvec_", "do_general_protection", "general_protection", "do_page_fault", "__do_page_fault",
	"page_fault", "async_page_fault", "page_fault_oops", "no_context",
	"do_user_addr_fault", "do_kern_addr_fault", "handle_page_fault", "do_mem_abort",
	"do_translation_fault", "do_bad_area", "do_alignment_fault", "do_tag_check_fault",
	"do_debug_exception", "do_undefinstr", "do_el1_", "do_sp_pc_abort", "el1_", "el1h_", "el1t_",
	"__el1_", "error_entry", "do_double_fault", "double_fault", "df_debug",
	"__irq_svc", "do_DataAbort", "do_PrefetchAbort", "do_int3", "int3", "irqentry_", "idtentry", "ex_handler_",
	"do_interrupt_handler", "early_brk64", "__do_kernel_fault", "call_el1_break_hook", "do_sea$", "do_kernel_fault", "arm_notify_die", "do_bad$", "do_serror",
	/* sanitizers */
	"kasan", "__kasan", "____kasan", "poison_slab_object", "__asan", "__hwasan", "hwasan", "kmsan", "__kmsan", "__msan", "kcsan",
	"__kcsan", "__tsan", "tsan", "kfence_", "ubsan", "__ubsan", "__sanitizer", "check_memory_region",
	"check_region", "check_heap", "__check_heap", "__check_object_size", "check_stack_object",
	"handle_overflow", "val_to_string", "end_report", "start_report", "memory_is_", "bytes_is_",
	"kcov_", "write_comp_data", "check_panic_on_warn", "set_in_report", "instrument_",
	/* locks and lock checking */
	"lock_acquire", "__lock_acquire", "lock_release", "__lock_release", "lockdep", "lock_is_held",
	"register_lock_class", "mark_lock", "mark_held_locks", "mark_usage", "validate_chain", "check_prev",
	"check_noncircular", "check_usage", "check_irq_usage", "check_deadlock", "check_wait_context",
	"save_trace", "valid_state$", "assign_lock_key", "lookup_chain_cache", "add_chain_", "__lockdep", "debug_check_no_locks", "check_flags", "hlock_class", "lock_", "__lock_",
	"look_up_lock_class", "trace_hardirqs", "trace_softirqs", "_raw_", "__raw_", "do_raw_", "raw_spin",
	"rt_spin_", "rt_read_", "rt_write_", "rtlock_", "rwbase_", "__rt_", "task_blocks_on_rt",
	"spin_", "__spin", "_spin", "queued_", "native_queued", "__pv_queued", "pv_queued", "arch_spin",
	"arch_local_irq", "spin_bug", "rwlock_bug", "rwsem_", "mutex_", "__mutex", "ww_mutex", "rt_mutex",
	"down_read", "down_write", "__down", "down_", "down$", "up_read", "up_write", "up$", "__up",
	"percpu_down", "percpu_up", "cpus_read", "local_bh_", "__local_bh_", "lock_sock", "release_sock",
	"try_to_grab_pending", "irq_work_", "osq_", "owner_on_cpu", "reacquire_held_locks", "lock_page$", "unlock_page",
	"folio_unlock", "cleanup_srcu_struct", "seqprop_",
	/* memory */
	"__pi_", "memcpy", "__memcpy", "memmove", "__memmove", "memset", "__memset", "memcmp", "__memcmp", "memchr",
	"memscan", "memparse", "bcmp", "strlen", "strcmp", "strcpy", "strncpy", "strscpy", "sized_strscpy",
	"strlcpy", "strlcat", "strncat", "strncmp", "strnlen", "strchr", "strrchr", "strcat", "strstr", "strsep",
	"strspn", "strpbrk", "strim", "skip_spaces", "strcasecmp", "strncasecmp", "read_word_at_a_time",
	"string_nocheck", "string$", "vsnprintf", "snprintf", "sprintf", "scnprintf", "vscnprintf", "pointer",
	"number", "format_decode", "kstrto", "_kstrto", "simple_strto", "sscanf", "vsscanf", "seq_printf",
	"seq_vprintf", "seq_puts", "seq_putc", "seq_write", "hex_dump_to_buffer", "bitmap_", "__bitmap_",
	"csum_partial", "do_csum", "crc32", "crc16", "memdup_user", "strndup_user", "clear_user", "__clear_user",
	"copy_struct_from_user", "copy_mc_", "fault_in_",
	"copy_user", "copy_to_user", "copy_from_user", "_copy_", "__copy_", "copy_page_to", "copyout",
	"copyin", "copy_from_", "raw_copy", "__arch_copy", "arm64_", "put_user", "get_user", "__put_user",
	"__get_user", "__put_get", "clear_page", "copy_page$", "rep_", "kmalloc", "__kmalloc", "kzalloc",
	"kcalloc", "krealloc", "kmem_cache_", "__kmem_cache", "kmemdup", "kstrdup", "kvmalloc", "kvfree",
	"kfree$", "__kfree", "kfree_", "kfree_sensitive", "kzfree", "vfree", "__vfree", "vmalloc", "__vmalloc",
	"vunmap", "__vunmap", "slab_", "__slab", "___slab", "__slub", "slob_", "cache_alloc", "cache_free",
	"____cache", "___cache", "qlist_", "new_slab", "allocate_slab", "get_partial", "get_freepointer", "prefetch_freepointer", "deactivate_slab", "ksize$", "fixup_", "kmemleak", "__netdev_alloc_skb", "netdev_alloc_skb", "free_pages",
	"__free_pages", "__free_slab", "free_unref", "__alloc_pages", "alloc_pages", "alloc_slab",
	"do_kmem_cache", "__do_kmalloc", "__do_kmem", "__do_cache", "check_poison", "mempool_alloc",
	"get_page_from_freelist", "rmqueue", "__rmqueue", "prep_new_page", "post_alloc_hook", "free_large", "get_free_pages",
	"__get_free_pages", "build_skb", "__build_skb", "alloc_skb", "__alloc_skb", "kfree_skb",
	"skb_release", "consume_skb", "sk_prot_alloc", "sk_alloc", "__set_page_owner", "set_page_owner",
	"__page_cache_alloc", "usercopy", "fortify", "__fortify", "free_unref_", "folio_alloc", "put_page",
	"__folio_put", "percpu_", "pcpu_", "free_percpu", "__alloc_percpu", "kasprintf", "kvasprintf",
	"devm_k", "alloc_workqueue", "__phys_addr", "__virt_to_phys", "virt_to_", "phys_to_virt", "compound_head",
	"*folio_alloc", "*alloc_folio", "__filemap_get_folio", "find_or_create_page", "do_read_cache_", "read_cache_page",
	"pagecache_get_page", "grab_cache_page", "truncate_inode_pages", "find_lock_entries", "*malloc", "*zalloc", "*calloc",
	"extract_user_to_sg", "extract_iter_to_sg", "copy_to_iter", "copy_folio_to", "crc_itu_t", "crc64", "crc_t10dif",
	"readb$", "readw$", "readl$", "readq$", "writeb$", "writew$", "writel$", "writeq$", "logic_in", "logic_out",
	"folio_put", "alloc_frozen", "__alloc_frozen", "native_read_msr", "native_write_msr",
	/* lists, counters, trees, objects */
	"__list_", "list_", "__hlist", "hlist_", "llist_", "rb_", "__rb_", "plist_", "timerqueue_$",
	"refcount_", "__refcount", "kref_", "atomic_", "arch_atomic", "kobject_", "__kobject", "kset_",
	"kobj", "debug_object", "__debug_object", "debug_check_no_obj", "__debug_check", "debug_timer",
	"debug_work", "debug_hrtimer", "debug_rcu", "lookup_object", "idr_", "ida_", "radix_tree", "xas_",
	"__xa_", "xa_", "find_next_bit", "_find_", "test_bit", "set_bit", "clear_bit", "constant_test_bit",
	"variable_test_bit", "rht_", "dst_release", "sock_put", "sk_free", "sysfs_", "kernfs_", "__kernfs_create",
	"klist_", "ref_tracker", "rhashtable_lookup", "__rhashtable_lookup", "raw_atomic", "atomic64_", "*assertfail",
	"drop_nlink", "iput$", "iput_final$", "ihold$", "dput$", "__dput", "fast_dput",
	/* the driver core and registration functions: they warn about what their callers do */
	"create_dir$", "device_del", "device_add", "device_destroy", "devres_release", "tty_unregister_device",
	"hwrng_unregister", "add_uevent_var", "device_remove_", "device_register", "device_create",
	"device_release", "device_for_each", "put_device", "dpm_sysfs", "class_register", "__class_", "class_create",
	"class_unregister", "class_destroy", "bus_register", "bus_add_", "bus_remove_", "driver_register",
	"__platform_driver", "platform_device_", "i2c_del_adapter", "__unregister_client", "i2c_unregister_",
	"spi_unregister_", "proc_register", "proc_create", "proc_mkdir", "_proc_mkdir", "remove_proc_",
	"__register_chrdev", "module_put",
	/* interrupts, DMA, clocks, USB: the same, by checks in their APIs */
	"__setup_irq", "request_threaded_irq", "__request_", "devm_request_", "free_irq", "__free_irq",
	"devm_free_irq", "enable_irq", "__enable_irq", "disable_irq", "__disable_irq", "check_unmap", "check_sync$",
	"check_for_", "debug_dma_", "add_dma_entry", "err_printk", "dma_map_", "dma_unmap_", "dma_sync_", "dma_free_",
	"dma_alloc_", "clk_core_", "clk_disable", "clk_unprepare", "_regulator_put", "regulator_put",
	"usb_submit_urb", "usb_start_wait_urb", "usb_bulk_msg", "usb_control_msg", "usb_internal_control_msg",
	"usb_interrupt_msg", "usb_hcd_submit_urb", "usb_kill_urb", "usb_kill_anchored", "dummy_urb_enqueue",
	/* timers, waiting */
	"del_timer", "timer_delete", "try_to_del_timer", "__try_to_del_timer", "timer_shutdown", "__timer_delete", "timer_fixup", "init_timer",
	"timer_is_static", "work_is_static", "work_fixup", "mod_timer", "__mod_timer", "add_timer",
	"schedule$", "__schedule", "schedule_", "preempt_schedule", "__preempt", "io_schedule",
	"context_switch", "__cond_resched", "_cond_resched", "dynamic_cond_resched", "__might_resched",
	"wait_for_common", "__wait_for_common", "do_wait_for_common", "wait_for_completion",
	"finish_wait", "insert_work", "sk_stop_timer", "unregister_netdev$", "complete$", "complete_all", "swake_up", "__wake_up", "try_to_wake_up", "wake_up_",
	"call_rcu", "__call_rcu", "kvfree_call_rcu", "rcu_read", "rcu_note", "rcu_is_watching",
	"__synchronize_hardirq", "usleep_range", "msleep", "udelay", "__udelay", "__delay", "__const_udelay",
	"delay_", "__x86_indirect_thunk", "__x86_return", "retint_", "restore_regs", "restore_all", "perf_trace_", "trace_event_raw",
	"trace_", "__traceiter", "__bpf_trace", "__fget",
	"get_signal$", "__queue_work", "queue_work", "queue_delayed", "__queue_delayed", "mod_delayed_work", "__flush_work",
	"flush_work", "flush_delayed", "cancel_work", "__cancel_work", "cancel_delayed", "drain_workqueue",
	"__drain_work", "destroy_workqueue", "create_object", "handle_bad_stack", "__bad_stack",
	"get_device_parent", "device_unregister", "rollback_registered", "unregister_netdevice_many",
	"unregister_netdevice_queue", "page_pool_", "__page_pool", "stack_trace_", "arch_stack_walk", "save_stack", "unwind_", "stack_depot",
};

/* For tasks that wait: the functions that they wait in do not matter. */
static const char *const waiters[] = {
	"wait_", "__wait_", "bit_wait", "__filemap", "filemap_", "fdatawait", "__lock_page", "__folio_lock",
	"folio_wait", "wb_wait", "flush_work", "__flush_work", "flush_workqueue", "__flush_workqueue",
	"exp_funnel", "_synchronize_rcu", "synchronize_rcu_normal", "synchronize_rcu_expedited_wait", "read_bio", "out_of_line_wait",
	"__switch_to", "refrigerator", "__refrigerator", "blk_mq_freeze", "kthread_stop", "jbd2_log_wait",
	"request_wait_answer", "futex_wait", "rcu_barrier", "kthread_", "*_wait$", "*_lock$", "*_lock_nested$", "*_slowlock",
	"*_lock_killable$", "*_lock_interruptible$", "*rwsem", "*_completion",
};

/* Locks known by name: a task that waits for one is a victim. */
static const char *const big_locks[] = { "rtnl_lock" };

/* For endless loops: the code that detected them, and the smallest steps of the loop. */
static const char *const stall_helpers[] = {
	"sched_show_task", "_sched_show", "print_other_cpu", "check_cpu_stall", "rcu_", "update_process_times",
	"tick_", "__hrtimer", "hrtimer_", "smp_apic", "smp_trace_apic", "apic_timer", "local_apic", "nmi_",
	"lapic_", "trigger_", "arch_trigger", "csd_lock", "cpu_relax", "native_safe_halt", "native_",
	"default_idle", "watchdog_", "dump_cpu_task", "handle_percpu", "arch_timer", "__switch_to",
	"ret_from_fork",
};

/* Their BUG()s are about their callers' requests. */
static const char *const bug_helpers[] = { "skb_" };

/* To lockdep, a work item and its queue are locks, held on behalf of the item. */
static const char *const lockdep_helpers[] = {
	"process_one_work", "process_scheduled_works", "touch_wq_lockdep", "touch_work_lockdep", "start_flush_work",
};

/* For leaked memory: functions that allocate on behalf of others. */
static const char *const leak_helpers[] = {
	"*alloc", "*kmem", "*slab", "*mmap", "*strdup", "*strndup", "*memdup", "idr_get", "list_lru_init", "pcpu_create",
};

/* For uninitialized memory: functions that only pass it on. */
static const char *const uninit_helpers[] = {
	"*alloc_skb", "netlink_ack", "netlink_rcv_skb", "*_encrypt$", "crypto_", "cipher_", "drbg_", "rng_",
};

/* For objects such as timers and work items: their own functions. */
static const char *const odebug_helpers[] = {
	"*debug_", "*rcu", "*hrtimer_", "*timer_", "*work_", "*percpu_", "*kobject_", "__free_",
};

/* Functions on the way to a page. */
static const char *const page_helpers[] = {
	"*alloc", "*page_owner", "*free_page", "*put_page", "*get_page", "*update_page", "*release_page", "*free_unref",
	"*vmap", "folio", "_folio", "__folio", "page_frag_",
};

static const char *const dispatchers[] = {
	"process_one_work", "process_scheduled_works", "worker_thread", "bh_worker", "workqueue_softirq",
	"kthread_worker_fn", "irq_thread", "irq_forced_thread", "kthread$", "ret_from_fork", "do_syscall", "do_fast_syscall",
	"__do_fast_syscall", "do_int80", "do_SYSENTER", "entry_SYSCALL", "entry_SYSENTER", "entry_INT80",
	"sysenter_", "tracesys", "ia32_", "system_call", "el0_", "el0t_", "invoke_syscall", "ret_fast_syscall",
	"x64_sys_call", "ia32_sys_call", "__do_softirq", "handle_softirqs", "__softirqentry", "do_softirq",
	"run_ksoftirqd", "smpboot_thread", "call_timer_fn", "expire_timers", "__run_timer", "run_timer",
	"__hrtimer_run", "hrtimer_run", "irq_exit", "__irq_exit", "invoke_softirq", "handle_irq",
	"__handle_irq", "generic_handle", "gic_handle", "do_IRQ", "common_interrupt", "asm_",
	"netif_receive_skb", "__netif_receive_skb", "process_backlog", "napi_poll", "__napi_poll",
	"net_rx_action", "vfs_write", "__vfs_write", "vfs_read", "__vfs_read", "new_sync_", "__do_fault",
	"do_page_mkwrite", "do_fault", "vfs_ioctl", "do_vfs_ioctl",
	"__x64_sys_ioctl", "__se_sys_ioctl", "__arm64_sys_ioctl", "SyS_ioctl", "compat_SyS_ioctl", "ksys_ioctl",
	"ksys_write", "ksys_read", "SyS_write", "SyS_read", "sock_common_setsockopt", "sock_common_getsockopt",
	"__sys_setsockopt", "__sys_getsockopt", "SyS_setsockopt", "do_sock_setsockopt", "netlink_rcv_skb",
	"rtnetlink_rcv", "genl_rcv", "genl_family_rcv", "netlink_unicast", "netlink_sendmsg", "call_read_iter",
	"sock_sendmsg", "__sock_sendmsg", "sock_recvmsg", "____sys_", "___sys_", "__sys_", "do_one_initcall",
	"do_init_module", "__fput", "____fput", "task_work_run", "exit_to_user", "cpu_startup_entry",
	"start_secondary", "start_kernel", "rest_init", "do_idle", "call_write_iter", "tasklet_action", "tasklet_hi_action",
	"do_mmap", "mmap_region", "call_mmap", "do_dentry_open", "vfs_open", "do_iter_read", "do_iter_write", "vfs_iter_",
	"blkdev_ioctl", "compat_blkdev_ioctl", "blkdev_driver_ioctl", "*compat_ioctl", "compat_sys_ioctl",
	"__ia32_sys_ioctl", "__ia32_compat_sys_ioctl", "sock_ioctl", "sock_do_ioctl", "compat_sock_ioctl", "sock_mmap",
	"sock_release", "__sock_release", "sk_common_release", "kernel_setsockopt", "kernel_listen", "kernel_accept",
	"*sys_connect", "*sys_socketpair", "nfnetlink_rcv_msg", "netlink_dump", "exit_to_usermode",
	"asm_exc",
};

static const char *const entries[] = {
	"el1_irq", "el1_interrupt", "el1h_64_irq", "el1h_64_sync", "el1_sync", "__irq_svc", "__dabt_svc",
	"apic_timer_interrupt", "asm_sysvec_apic", "handle_bad_stack", "__bad_stack", "asm_exc_nmi",
	"end_repeat_nmi", "nmi$", "asm_exc_page_fault", "page_fault$", "async_page_fault",
};

/* Functions in the interrupt that detects a stall, or that asks a CPU for its trace. */
static const char *const detectors[] = {
	"update_process_times", "tick_", "watchdog_timer_fn", "rcu_sched_clock", "rcu_check_callbacks",
	"check_cpu_stall", "dump_cpu_task", "nmi_cpu_backtrace", "nmi_handle", "handle_bad_stack",
	"panic_bad_stack",
};

/* clang-format on */

static bool stands_for(const char *name, const char *function)
{
	bool anywhere = *name == '*';
	size_t n = strlen(name += anywhere), length = strlen(function);
	bool whole = name[n - 1] == '$';

	n -= whole;
	if (n > length)
		return false;
	if (whole)
		return (anywhere || n == length) && memcmp(function + length - n, name, n) == 0;
	return anywhere ? strstr(function, name) != NULL : memcmp(function, name, n) == 0;
}

static bool listed(const char *const *names, size_t n, const char *function)
{
	for (size_t i = 0; i < n; i++)
		if ((*names[i] == *function || *names[i] == '*') && stands_for(names[i], function))
			return true;
	return false;
}

#define LISTED(names, function) listed(names, ARRAY_SIZE(names), function)

bool klog_is_helper(enum klog_kind kind, const struct klog_frame *frame)
{
	char name[KLOG_FUNCTION_SIZE];

	/* The lists apply to the kernel's own functions: a module may use the same names. */
	if (*frame->module)
		return false;
	klog_plain_name(name, sizeof(name), frame->function);
	if (LISTED(helpers, name))
		return true;
	switch (kind) {
	case KLOG_HUNG_TASK: return LISTED(waiters, name) && !LISTED(big_locks, name);
	case KLOG_RCU_STALL:
	case KLOG_SOFT_LOCKUP:
	case KLOG_HARD_LOCKUP: return LISTED(stall_helpers, name);
	case KLOG_LOCKDEP: return LISTED(lockdep_helpers, name);
	case KLOG_BUG: return LISTED(bug_helpers, name);
	case KLOG_KMEMLEAK: return LISTED(leak_helpers, name);
	case KLOG_KMSAN: return LISTED(uninit_helpers, name);
	case KLOG_ODEBUG: return LISTED(odebug_helpers, name);
	default: return false;
	}
}

bool klog_is_page_helper(const struct klog_frame *frame)
{
	return klog_is_helper(KLOG_BAD_PAGE, frame) ||
	       (!*frame->module && LISTED(page_helpers, frame->function));
}

bool klog_is_entry(const char *function)
{
	return LISTED(entries, function);
}

bool klog_is_detector(const char *function)
{
	return LISTED(detectors, function);
}

bool klog_is_dispatcher(const char *function)
{
	return LISTED(dispatchers, function);
}
