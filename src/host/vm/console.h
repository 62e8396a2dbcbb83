/* SPDX-License-Identifier: GPL-2.0-only */
/* The serial console: what a vm prints before ssh works, and a terminal on it. */
#ifndef OUTPOST_VM_CONSOLE_H
#define OUTPOST_VM_CONSOLE_H

#include <stdbool.h>
#include <sys/types.h>

/* The length of console.log in `dir`; 0 if it does not exist. */
off_t console_length(const char *dir);

/*
 * Waits until init prints `what` on the console (guest.h), after the first `from` bytes. 0;
 * -EIO if init reports a failure; -ECONNRESET if QEMU has exited; -ETIME; -EINTR; or -errno.
 * Not logged.
 */
int console_await(const char *dir, off_t from, const char *what, int timeout_ms);

/* Logs the last `n` lines, cleaned, as error messages. */
void console_show_end(const char *dir, int n);

/*
 * Connects stdin and stdout to `fd` until Ctrl-] or until the other end closes. 0 or -errno,
 * not logged.
 */
int console_attach(int fd);

#endif
