/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turns evidence into a verdict. Pure: reads no files and asks no questions. The rules are in
 * one table (verdict_rules.c), the strongest first; each looks at one kind of evidence, and
 * the first that applies decides. If none applies, the module has passed: the last rule
 * applies whenever something that a PASS requires is missing.
 */
#ifndef OUTPOST_VERDICT_H
#define OUTPOST_VERDICT_H

#include "host/judge/evidence.h"
#include "host/judge/result.h"

/*
 * The mechanisms that detect something or rightly ignore it. Each rule belongs to one;
 * result.rule has its name. The mutation test disables them one at a time.
 */
#define MECHANISMS(_)                                                                \
	_(PLAN, "plan")         /* the plan excludes it */                           \
	_(REPORT, "report")     /* reports of the kernel, in its log or in pstore */ \
	_(OWNER, "owner")       /* which module a report concerns */                 \
	_(LIMIT, "limit")       /* time limits of the steps */                       \
	_(WATCHDOG, "watchdog") /* how long the board was down before it rebooted */ \
	_(BOOT, "boot")         /* the boot: boot_id and nonce */                    \
	_(UNREACHABLE, "unreachable")                                                \
	_(CANCEL, "cancel")                                                          \
	_(PREPARE, "prepare") /* loading what the module needs */                    \
	_(RUN, "run")         /* why the run could not continue */                   \
	_(RESULT, "result")   /* the result of the load */                           \
	_(EXIT, "exit")       /* how the test program ended */                       \
	_(KTAP, "ktap")       /* test results printed by it or by the module */      \
	_(LOG, "log")         /* lines that must appear in the kernel log */         \
	_(RETRY, "retry")     /* an unload may be refused at first */                \
	_(GONE, "gone")       /* the module is no longer loaded */                   \
	_(LEFT, "left")       /* it left nothing behind */                           \
	_(TAINT, "taint")                                                            \
	_(ANNOUNCED, "announced") /* the taints that .modinfo announces */           \
	_(COUNTS, "counts")       /* warn_count and oops_count */                    \
	_(LOST, "lost")           /* kernel log records that were not read */        \
	_(SETTLE, "settle")       /* the window stays open after the unload */       \
	_(EVIDENCE, "evidence")   /* everything else that a PASS requires */

enum mechanism {
#define MECHANISM_ENUM(id, name) MECHANISM_##id,
	MECHANISMS(MECHANISM_ENUM)
#undef MECHANISM_ENUM
		MECHANISM_COUNT
};

const char *mechanism_name(enum mechanism mechanism);

/*
 * Judges one attempt. Overwrites `out`, which the caller passes to result_release(). Does not
 * fill the timings of build, check and deploy (-1) or log (NULL). `off` has bit 1 << mechanism
 * set for each mechanism to disable; it is 0 except in tests.
 */
void verdict_judge(const struct evidence *ev, uint32_t off, struct result *out);

/* Appends the kernel log of the window, including what survived a crash, in dmesg's format. */
void verdict_log(const struct evidence *ev, struct strbuf *out);

#endif
