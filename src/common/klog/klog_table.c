// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's messages about faults. A row is matched at the start of a line's text; the
 * first match wins, so more specific rows come first. To detect another message, add a row.
 */
#include "common/klog/internal.h"

#include "common/cleanup.h"

#define P ROW_PROBATION
#define R (ROW_PROBATION | ROW_REFINES)
#define D (ROW_FATAL | ROW_DIES)

const struct klog_row klog_rows[] = {
	/* arm64 and arm */
	{ "Unable to handle kernel ", KLOG_OOPS, ROW_FATAL, NULL, " at virtual address" },
	{ "Unhandled fault: ", KLOG_OOPS, ROW_FATAL, " at 0x", " at 0x" },
	{ "Unhandled prefetch abort: ", KLOG_OOPS, ROW_FATAL, NULL, " at 0x" },
	{ "Alignment trap: not handling instruction", KLOG_OOPS, ROW_FATAL | ROW_PREFACE, NULL,
	  " at [" },
	{ "Insufficient stack space to handle exception!", KLOG_STACK_OVERFLOW,
	  ROW_FATAL | ROW_STALL, NULL, NULL },
	{ "Bad mode in ", KLOG_OOPS, ROW_FATAL, " handler detected", " handler detected" },
	{ "Unhandled 64-bit el1h ", KLOG_OOPS, ROW_FATAL, NULL, " on CPU" },
	{ "Internal error: UBSAN: ", KLOG_UBSAN, D, "[#", NULL },
	{ "Internal error: ", KLOG_OOPS, D, "[#", " [#" },
	{ "SError Interrupt on CPU", KLOG_OOPS, ROW_FATAL, NULL, NULL },
	{ "Unexpected kernel BRK exception at EL1", KLOG_OOPS, ROW_FATAL, NULL, NULL },

	/* x86 */
	{ "BUG: unable to handle ", KLOG_OOPS, ROW_FATAL, NULL, " at " },
	{ "BUG: Unable to handle kernel ", KLOG_OOPS, ROW_FATAL, NULL, " at 0x" },
	{ "BUG: Kernel NULL pointer dereference", KLOG_OOPS, ROW_FATAL, NULL, " at 0x" },
	{ "BUG: kernel NULL pointer dereference", KLOG_OOPS, ROW_FATAL, NULL, ", address" },
	{ "BUG: stack guard page was hit", KLOG_STACK_OVERFLOW, ROW_FATAL | ROW_STALL, NULL,
	  " at " },
	{ "BUG: TASK stack guard page was hit", KLOG_STACK_OVERFLOW, ROW_FATAL | ROW_STALL, NULL,
	  " at " },
	{ "BUG: IRQ stack guard page was hit", KLOG_STACK_OVERFLOW, ROW_FATAL | ROW_STALL, NULL,
	  " at " },
	{ "kernel stack overflow (", KLOG_STACK_OVERFLOW, D | ROW_STALL, NULL, ": " },
	{ "general protection fault", KLOG_OOPS, D, "[#", NULL },
	{ "stack segment: ", KLOG_OOPS, D, "[#", ": " },
	{ "invalid opcode: ", KLOG_OOPS, D, "[#", ": " },
	{ "divide error: ", KLOG_OOPS, D, "[#", ": " },
	{ "divide_error: ", KLOG_OOPS, D, "[#", ": " }, /* in 5.8 */
	{ "int3: ", KLOG_OOPS, D, "[#", ": " },
	{ "double fault: ", KLOG_OOPS, D, "[#", ": " },
	{ "invalid TSS: ", KLOG_OOPS, D, "[#", ": " },
	{ "segment not present: ", KLOG_OOPS, D, "[#", ": " },
	{ "alignment check: ", KLOG_OOPS, D, "[#", ": " },
	{ "bounds: ", KLOG_OOPS, D, "[#", ": " },
	{ "overflow: ", KLOG_OOPS, D, "[#", ": " },
	{ "coprocessor segment overrun: ", KLOG_OOPS, D, "[#", ": " },
	{ "simd exception: ", KLOG_OOPS, D, "[#", ": " },
	{ "fpu exception: ", KLOG_OOPS, D, "[#", ": " },
	{ "stack guard page: ", KLOG_STACK_OVERFLOW, D | ROW_STALL, "[#", ": " },
	{ "control protection fault: ", KLOG_OOPS, D, "[#", ": " },
	{ "traps: Missing ENDBR", KLOG_OOPS, ROW_FATAL | ROW_PREFACE, NULL, NULL },
	{ "PANIC: double fault", KLOG_OOPS, ROW_FATAL, NULL, "," },
	{ "PANIC: early exception", KLOG_OOPS, ROW_FATAL, NULL, NULL },
	{ "Oops: ", KLOG_OOPS, D, "[#", NULL },
	{ "Oops - ", KLOG_OOPS, D, "[#", ": " },
	{ "Oops [#", KLOG_OOPS, D, NULL, " [#" },
	{ "Oops[#", KLOG_OOPS, D, NULL, "[#" },
	{ "CFI failure at ", KLOG_OOPS, 0, NULL, NULL },
	{ "unchecked MSR access error: ", KLOG_WARNING, 0, NULL, NULL },

	/* mips, loongarch */
	{ "CPU ", KLOG_OOPS, ROW_FATAL, " Unable to handle kernel ", " at virtual address" },
	{ "Kernel bug detected[#", KLOG_BUG, D, NULL, "[#" },
	{ "KASAN: null-ptr-deref in range", KLOG_OOPS, ROW_REFINES | ROW_MINOR | P, NULL, NULL },

	{ "Kernel panic - not syncing: stack-protector: ", KLOG_STACK_CORRUPTION,
	  ROW_FATAL | ROW_PANIC, NULL, " in: " },
	{ "Kernel panic - not syncing: corrupted stack end", KLOG_STACK_OVERFLOW,
	  ROW_FATAL | ROW_PANIC | ROW_STALL, NULL, NULL },
	{ "Kernel panic - not syncing: kernel stack overflow", KLOG_STACK_OVERFLOW,
	  ROW_FATAL | ROW_PANIC, NULL, NULL },
	/* the stall detector was configured to panic; its own message may be lost */
	{ "Kernel panic - not syncing: softlockup: ", KLOG_SOFT_LOCKUP,
	  ROW_FATAL | ROW_PANIC | ROW_STALL, NULL, NULL },
	{ "Kernel panic - not syncing: hung_task: ", KLOG_HUNG_TASK, ROW_FATAL | ROW_PANIC, NULL,
	  NULL },
	{ "Kernel panic - not syncing: RCU Stall", KLOG_RCU_STALL,
	  ROW_FATAL | ROW_PANIC | ROW_STALL, NULL, NULL },
	{ "Kernel panic - not syncing: Hard LOCKUP", KLOG_HARD_LOCKUP,
	  ROW_FATAL | ROW_PANIC | ROW_STALL, NULL, NULL },
	{ "Kernel panic - not syncing: Watchdog detected hard LOCKUP", KLOG_HARD_LOCKUP,
	  ROW_FATAL | ROW_PANIC | ROW_STALL, NULL, NULL },
	{ "Kernel panic - not syncing", KLOG_PANIC, ROW_FATAL | ROW_PANIC, NULL, NULL },
	{ "kernel BUG at ", KLOG_BUG, ROW_FATAL | ROW_PREFACE, NULL, NULL },
	{ "Kernel BUG at ", KLOG_BUG, ROW_FATAL, NULL, NULL },
	{ "rust_kernel: panicked at ", KLOG_BUG, ROW_FATAL | ROW_PREFACE, NULL, NULL },
	{ "VFS: Busy inodes after unmount", KLOG_BUG, ROW_SINGLE, " Self-destruct", NULL },
	{ "VFS: Busy inodes after unmount", KLOG_BUG, ROW_SINGLE | ROW_PREFACE, NULL, NULL },
	{ "VFS: Close: file count is ", KLOG_BUG, ROW_SINGLE, NULL, NULL },
	{ "trusty: panic (", KLOG_PANIC, ROW_SINGLE, NULL, NULL },
	{ "kernel tried to execute ", KLOG_OOPS, ROW_FATAL | P | ROW_MINOR, NULL, NULL },

	/* sanitizers and debugging allocators */
	{ "BUG: KASAN: ", KLOG_KASAN, 0, NULL, " in " },
	{ "BUG: KASan: ", KLOG_KASAN, 0, NULL, " in " }, /* before 4.3 */
	{ "BUG: KMSAN: ", KLOG_KMSAN, 0, NULL, " in " },
	{ "BUG: KCSAN: ", KLOG_KCSAN, 0, NULL, " in " },
	{ "BUG: KFENCE: ", KLOG_KFENCE, 0, NULL, " in " },
	{ "UBSAN: ", KLOG_UBSAN, 0, " in ", NULL },
	{ "UBSAN: ", KLOG_UBSAN, 0, " at ", NULL },
	{ "Internal UBSAN error", KLOG_UBSAN, 0, NULL, NULL },
	{ "BUG: memory leak", KLOG_KMEMLEAK, 0, NULL, NULL },
	{ "unreferenced object 0x", KLOG_KMEMLEAK, ROW_MINOR, " (size ", " 0x" },
	{ "kmemleak: ", KLOG_KMEMLEAK, ROW_SINGLE, " new suspected memory leak", NULL },
	{ "INFO: Allocated in ", KLOG_SLUB, ROW_MINOR, " age=", " age=" },
	{ "INFO: Freed in ", KLOG_SLUB, ROW_MINOR, " age=", " age=" },
	{ "BUG ", KLOG_SLUB, 0, "): ", NULL },
	{ "BUG ", KLOG_SLUB, 0, ": Poison overwritten", NULL }, /* before 3.3 */
	{ "BUG ", KLOG_SLUB, 0, ": Redzone overwritten", NULL },
	{ "slab error in ", KLOG_SLUB, 0, "(): cache ", NULL }, /* SLAB, until 6.8 */
	{ "Slab corruption", KLOG_SLUB, ROW_BRIEF, " start=", " start=" },

	/* locks and atomic context */
	{ "WARNING: possible circular locking", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "WARNING: possible recursive locking", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "WARNING: possible irq lock inversion", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "WARNING: inconsistent ", KLOG_LOCKDEP, 0, " state", NULL },
	{ "WARNING: suspicious RCU usage", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "WARNING: bad unlock balance", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "WARNING: bad contention detected", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "WARNING: held lock freed", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "WARNING: lock held when returning", KLOG_LOCKDEP, ROW_BRIEF, NULL, NULL },
	{ "WARNING: lock held at task exit", KLOG_LOCKDEP, ROW_BRIEF, NULL, NULL },
	{ "WARNING: Nested lock was not taken", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "WARNING: nested lock was not taken", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "WARNING: ", KLOG_LOCKDEP, 0, "-unsafe lock order detected", NULL },
	{ "WARNING: ", KLOG_LOCKDEP, ROW_BRIEF, "still has locks held", NULL },
	/* before 4.11 */
	{ "[ INFO: suspicious RCU usage", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "[ INFO: ", KLOG_LOCKDEP, 0, "lock", NULL },
	{ "[ BUG: lock held ", KLOG_LOCKDEP, ROW_BRIEF, NULL, NULL },
	{ "[ BUG: ", KLOG_LOCKDEP, ROW_BRIEF, "still has locks held", NULL },
	{ "[ BUG: ", KLOG_LOCKDEP, 0, " ]", NULL },
	{ "[ WARNING: ", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "BUG: MAX_LOCK", KLOG_LOCKDEP, 0, " too low!", NULL },
	{ "BUG: MAX_STACK_TRACE_ENTRIES too low!", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "BUG: key ", KLOG_LOCKDEP, R, NULL, NULL },
	{ "BUG: looking up invalid subclass", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "BUG: Invalid wait context", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "INFO: trying to register non-static key", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "BUG: spinlock ", KLOG_LOCKDEP, 0, " on CPU", " on CPU" },
	{ "BUG: rwlock ", KLOG_LOCKDEP, 0, " on CPU", " on CPU" },
	{ "BUG: rtmutex ", KLOG_LOCKDEP, 0, NULL, NULL },
	{ "BUG: sleeping function called from ", KLOG_ATOMIC_SLEEP, 0, NULL, NULL },
	{ "BUG: scheduling while atomic", KLOG_ATOMIC_SLEEP, 0, NULL, ":" },
	{ "BUG: assuming atomic context at ", KLOG_ATOMIC_SLEEP, 0, NULL, NULL },
	{ "BUG: assuming non migratable context at ", KLOG_ATOMIC_SLEEP, 0, NULL, NULL },
	{ "BUG: using ", KLOG_ATOMIC_SLEEP, 0, " in preemptible", " [" },
	{ "BUG: workqueue leaked ", KLOG_ATOMIC_SLEEP, 0, NULL, ": " },
	{ "initcall ", KLOG_ATOMIC_SLEEP, ROW_REFINES | ROW_BRIEF, " returned with ", NULL },
	{ "DEBUG_LOCKS_WARN_ON(", KLOG_LOCKDEP, R, NULL, NULL },

	/* what does not make progress */
	{ "INFO: rcu", KLOG_RCU_STALL, ROW_STALL, " stall", NULL },
	{ "INFO: task ", KLOG_HUNG_TASK, 0, " blocked for more than ", NULL },
	{ "INFO: task ", KLOG_HUNG_TASK, 0, " can't die for more than ", NULL },
	{ "INFO: task ", KLOG_HUNG_TASK, 0, " blocked in I/O wait for more than ", NULL },
	{ "BUG: soft lockup", KLOG_SOFT_LOCKUP, ROW_STALL, NULL, NULL },
	{ "BUG: workqueue lockup", KLOG_WORKQUEUE_LOCKUP, ROW_BRIEF, NULL, NULL },
	{ "Watchdog detected hard LOCKUP", KLOG_HARD_LOCKUP, ROW_STALL, NULL, NULL },
	{ "Watchdog detected Hard LOCKUP", KLOG_HARD_LOCKUP, ROW_STALL, NULL, NULL },
	{ "CPU", KLOG_HARD_LOCKUP, ROW_STALL, ": Watchdog detected hard LOCKUP", NULL },
	{ "CPU ", KLOG_HARD_LOCKUP, ROW_STALL, "ard LOCKUP", NULL },
	{ "smp: csd: Detected non-responsive CSD lock", KLOG_SOFT_LOCKUP, ROW_STALL, NULL, NULL },

	{ "irq ", KLOG_WARNING, 0, ": nobody cared", " (try" },
	{ "genirq: Flags mismatch irq ", KLOG_WARNING, P, NULL, NULL },

	/* broken structures; a WARNING or BUG line usually follows */
	{ "list_add corruption", KLOG_LIST_CORRUPTION, R, NULL, NULL },
	{ "list_del corruption", KLOG_LIST_CORRUPTION, R, NULL, NULL },
	{ "list_add double add", KLOG_LIST_CORRUPTION, R, NULL, NULL },
	{ "list_add attempted on force-poisoned", KLOG_LIST_CORRUPTION, R, NULL, NULL },
	{ "slab: double-free", KLOG_SLUB, R, NULL, NULL },
	{ "refcount_t: ", KLOG_REFCOUNT, R, NULL, NULL },
	{ "refcount_t ", KLOG_REFCOUNT, R, " detected", NULL },
	{ "usercopy: ", KLOG_USERCOPY, R, " attempt detected ", NULL },
	{ "Bad or missing usercopy whitelist?", KLOG_USERCOPY, R, NULL, NULL },
	{ "Buffer overflow detected (", KLOG_FORTIFY, R, NULL, NULL },
	{ "detected buffer overflow in ", KLOG_FORTIFY, R, NULL, NULL },
	{ "memcpy: detected field-spanning", KLOG_FORTIFY, R, NULL, NULL },
	{ "memset: detected field-spanning", KLOG_FORTIFY, R, NULL, NULL },
	{ "memmove: detected field-spanning", KLOG_FORTIFY, R, NULL, NULL },
	{ "str", KLOG_FORTIFY, R, ": detected buffer overflow", NULL },
	{ "mem", KLOG_FORTIFY, R, ": detected buffer overflow", NULL },
	{ "ODEBUG: ", KLOG_ODEBUG, R, " object", NULL },
	{ "kobject: ", KLOG_WARNING, R, "tried to init an initialized object", NULL },
	{ "sysfs: cannot create duplicate filename", KLOG_WARNING, R, NULL, NULL },
	{ "Corrupted page table at ", KLOG_BAD_PAGE, P, NULL, NULL },
	{ "BUG: Bad page ", KLOG_BAD_PAGE, 0, NULL, " in process" },
	{ "BUG: Bad rss-counter state", KLOG_BAD_PAGE, ROW_SINGLE, NULL, " mm:" },
	{ "BUG: non-zero ", KLOG_BAD_PAGE, ROW_SINGLE, " on freeing mm", NULL },
	{ "unregister_netdevice: waiting for ", KLOG_NETDEV_WAIT, ROW_SINGLE, " to become free",
	  " Usage count" },

	/* WARN() itself: before 2025 "WARNING: CPU: 1 PID: 2 at file:1 f+0x1/0x2", then "WARNING:
	   file:1 at f+0x1/0x2" */
	{ "WARNING: CPU: ", KLOG_WARNING, 0, " at ", NULL },
	{ "WARNING: at ", KLOG_WARNING, P, ":", NULL },
	{ "WARNING: kernel stack regs at ", KLOG_WARNING, ROW_MINOR | ROW_SINGLE, NULL, NULL },
	{ "WARNING: kernel stack frame pointer at ", KLOG_WARNING, ROW_MINOR | ROW_SINGLE, NULL,
	  NULL },
	{ "WARNING: can't access registers at ", KLOG_WARNING, ROW_MINOR | ROW_SINGLE, NULL, NULL },
	{ "WARNING: can't dereference registers at ", KLOG_WARNING, ROW_MINOR | ROW_SINGLE, NULL,
	  NULL },
	{ "WARNING: stack going in the wrong direction", KLOG_WARNING, ROW_MINOR | ROW_SINGLE, NULL,
	  NULL },
	{ "WARNING: ", KLOG_WARNING, ROW_PLACED, "+0x", NULL },

	/* dumps in which the kernel reports no fault */
	{ "FAULT_INJECTION: ", KLOG_NONE, 0, NULL, NULL },
	{ "FAULT_FLAG_ALLOW_RETRY missing ", KLOG_NONE, 0, NULL, NULL },
	/* sysrq's l, p, t and w (drivers/tty/sysrq.c); its other keys print no trace */
	{ "sysrq: Show backtrace of all active CPUs", KLOG_NONE, 0, NULL, NULL },
	{ "sysrq: CPU", KLOG_NONE, 0, ":", NULL },
	{ "sysrq: Show Regs", KLOG_NONE, 0, NULL, NULL },
	{ "sysrq: Show State", KLOG_NONE, 0, NULL, NULL },
	{ "sysrq: Show Blocked State", KLOG_NONE, 0, NULL, NULL },
	{ "SysRq : Show backtrace of all active CPUs", KLOG_NONE, 0, NULL, NULL }, /* before 4.20 */
	{ "SysRq : Show Regs", KLOG_NONE, 0, NULL, NULL },
	{ "SysRq : Show State", KLOG_NONE, 0, NULL, NULL },
	{ "SysRq : Show Blocked State", KLOG_NONE, 0, NULL, NULL },
	{ "Out of memory: ", KLOG_NONE, ROW_SINGLE, NULL, NULL },
	{ "Memory cgroup out of memory: ", KLOG_NONE, ROW_SINGLE, NULL, NULL },
	{ "WARNING: The mand mount option", KLOG_NONE, ROW_SINGLE, NULL, NULL },

	/* any other line in this style, if a dump follows */
	{ "BUG: ", KLOG_BUG, P, NULL, NULL },
	{ "WARNING: ", KLOG_WARNING, P, NULL, NULL },
	{ "INFO: ", KLOG_WARNING, P, NULL, NULL },
};

const size_t klog_n_rows = ARRAY_SIZE(klog_rows);
_Static_assert(ARRAY_SIZE(klog_rows) < KLOG_MAX_ROWS, "a row's number is one byte");

const struct klog_row klog_rows_after_task[] = {
	{ ": page allocation failure", KLOG_NONE, 0, NULL, NULL }, /* until 3.0 ". order:" */
	{ ": page allocation stalls ", KLOG_NONE, 0, NULL, NULL },
	{ ": vmalloc: allocation failure", KLOG_NONE, 0, NULL, NULL },
	{ ": vmalloc error: ", KLOG_NONE, 0, NULL, NULL },
};

const size_t klog_n_rows_after_task = ARRAY_SIZE(klog_rows_after_task);

const struct klog_row klog_row_oom_killer = { " invoked oom-killer: ", KLOG_NONE, 0, NULL, NULL };
