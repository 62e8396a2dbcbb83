// SPDX-License-Identifier: GPL-2.0-only
/* Lines that occur within reports, on all architectures: they neither begin nor end one. */
#include "common/klog/internal.h"

#include "common/cleanup.h"

/* One per line would fill pages. */
/* clang-format off */
static const char *const starts[] = {
	"CPU: ", "Hardware name: ", "Modules linked in:", "Code: ", "RIP: ", "RSP: ", "RAX: ",
	"RBX: ", "RDX: ", "RBP: ", "R10: ", "R13: ", "FS: ", "CS: ", "CR2: ", "DR0: ", "DR3: ",
	"PKRU: ", "PGD ", "P4D ", "PUD ", "PMD ", "EAX: ", "ESI: ", "EFLAGS: ", "EIP: ", "IP: ",
	"Task: ", "Workqueue: ", "Stack:", "Process ", "Call Trace:", "Call trace:",
	"Backtrace:", "pc : ", "lr : ", "sp : ", "x", "pstate: ", "psr: ", "PC is at ",
	"LR is at ", "r1", "r3 : ", "r7 : ", "Flags: ", "Control: ", "Register ",
	"Exception stack", "Mem abort info:", "Data abort info:", "user pgtable: ",
	"swapper pgtable: ", "pgd = ", "Tainted: ", "Unloaded tainted modules:", "#PF: ",
	"page:", "flags: ", "raw: ", "Read of size ", "Read at ", "Write at ", "Write of size ",
	"The buggy address ", "Allocated", "Freed", "Memory state", "Dumping ftrace",
	"irq event stamp", "hardirqs last ", "softirqs last ", "Kernel Offset:", "SMP: stopping",
	"CPU features: ", "Memory Limit: ", "Rebooting in ", "note: ", "Fixing recursive fault",
	"ESR", "FAR", "Showing all locks", "preempt_count=", "Preemption disabled", "caller is ",
	"Sending NMI", "NMI backtrace", "kasan: ", "KASAN: ", "stack backtrace:",
	"other info that might", "INFO: lockdep is turned off", "rcu: ", "\"echo 0 > /proc",
	"task:", "Object ", "Redzone ", "Padding ", "Bytes b4 ",
};
/* clang-format on */

#define NONE 0xff
_Static_assert(ARRAY_SIZE(starts) < NONE, "a row's number is one byte");

/* Indexed by the first byte: most lines are compared with only a few. */
static struct {
	bool made;
	uint8_t first[256], next[ARRAY_SIZE(starts)];
} by_byte;

static void make_index(void)
{
	memset(by_byte.first, NONE, sizeof(by_byte.first));
	for (size_t i = ARRAY_SIZE(starts); i-- > 0;) {
		uint8_t *first = &by_byte.first[(unsigned char)*starts[i]];

		by_byte.next[i] = *first;
		*first = (uint8_t)i;
	}
	by_byte.made = true;
}

bool klog_belongs(struct text t)
{
	if (!t.n || *t.p == ' ' || *t.p == '\t' || *t.p == '[' || *t.p == '<')
		return true;
	if (!by_byte.made)
		make_index();
	for (uint8_t i = by_byte.first[(unsigned char)*t.p]; i != NONE; i = by_byte.next[i])
		if (text_starts(t, starts[i]))
			return true;
	return false;
}
