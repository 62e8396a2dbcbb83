/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log of a vm's console, in the vm's folder: console.log, and before it console.log.1. What a
 * guest prints without end takes no more than twice CONSOLE_LOG_MAX; the end is always kept.
 */
#ifndef OUTPOST_VM_CONSOLE_LOG_H
#define OUTPOST_VM_CONSOLE_LOG_H

#include <stdbool.h>

#define CONSOLE_LOG     "console.log"
#define CONSOLE_LOG_OLD "console.log.1"
#define CONSOLE_PIPE    "console.pipe" /* QEMU writes there */

#define CONSOLE_LOG_MAX (16 * 1024 * 1024) /* bytes */

/*
 * Starts an empty log, and a process that writes to it what comes through CONSOLE_PIPE. The
 * process ends when nobody has the pipe open for writing: neither QEMU nor the caller, who
 * closes the returned descriptor when QEMU runs. Or -errno, not logged.
 */
int console_log_start(const char *dir);

/* Does that process still run? */
bool console_log_grows(const char *dir);

#endif
