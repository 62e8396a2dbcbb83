/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From evidence to verdict. Pure: no file is read, nothing is asked. The rules
 * stand in one table (verdict_rules.c), the strongest first; each looks at one
 * kind of evidence, and the first that speaks decides. Where none speaks the
 * module has passed: the last rule speaks whenever anything is missing that a
 * PASS needs.
 */
#ifndef OUTPOST_VERDICT_H
#define OUTPOST_VERDICT_H

#include "host/judge/evidence.h"
#include "host/judge/result.h"

/*
 * The mechanisms by which something is noticed (or rightly overlooked). A rule
 * belongs to one of them; result.rule has its name. The mutation test takes
 * them away one at a time.
 */
#define MECHANISMS(_)                                                                           \
	_(PLAN, "plan")         /* the plan says that it is not tested */                       \
	_(REPORT, "report")     /* what the kernel complained about, in the log or in pstore */ \
	_(OWNER, "owner")       /* whose report it is */                                        \
	_(LIMIT, "limit")       /* time limits of the steps */                                  \
	_(WATCHDOG, "watchdog") /* how long the board was gone before it rebooted */            \
	_(BOOT, "boot")         /* which boot it is: boot_id and nonce */                       \
	_(UNREACHABLE, "unreachable")                                                           \
	_(CANCEL, "cancel")                                                                     \
	_(PREPARE, "prepare") /* what the module needs */                                       \
	_(RUN, "run")         /* why the run could not go on */                                 \
	_(RESULT, "result")   /* what the load gave back */                                     \
	_(EXIT, "exit")       /* how the test program ended */                                  \
	_(KTAP, "ktap")       /* what it, or the module, printed */                             \
	_(LOG, "log")         /* lines that must appear in the kernel log */                    \
	_(RETRY, "retry")     /* an unload that is refused at first is not a failure */         \
	_(GONE, "gone")       /* the module is not there any more */                            \
	_(LEFT, "left")       /* nor anything of it */                                          \
	_(TAINT, "taint")                                                                       \
	_(ANNOUNCED, "announced") /* the taints that .modinfo announces */                      \
	_(COUNTS, "counts")       /* warn_count and oops_count */                               \
	_(LOST, "lost")           /* records of the kernel log that nobody read */              \
	_(SETTLE, "settle")       /* the window stays open after the unload */                  \
	_(EVIDENCE, "evidence")   /* the rest of what a PASS needs */

enum mechanism {
#define MECHANISM_ENUM(id, name) MECHANISM_##id,
	MECHANISMS(MECHANISM_ENUM)
#undef MECHANISM_ENUM
		MECHANISM_COUNT
};

const char *mechanism_name(enum mechanism mechanism);

/*
 * Judges one attempt. `out` is overwritten, for result_release(). Not filled: timings of build,
 * check and deploy (-1), log (NULL). `off` has the bit 1 << mechanism for each one to do without: 0
 * but in tests.
 */
void verdict_judge(const struct evidence *ev, uint32_t off, struct result *out);

/* Appends the kernel log of the window, with what survived, as dmesg prints it. */
void verdict_log(const struct evidence *ev, struct strbuf *out);

#endif
