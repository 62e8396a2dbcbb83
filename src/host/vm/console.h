/* SPDX-License-Identifier: GPL-2.0-only */
/* The serial console: what a vm says before it can be spoken to, and a terminal on it. */
#ifndef OUTPOST_VM_CONSOLE_H
#define OUTPOST_VM_CONSOLE_H

#include <stdbool.h>
#include <sys/types.h>

/* How long console.log in `dir` is; 0 when there is none. */
off_t console_length(const char *dir);

/*
 * Waits until init says `what` on the console (guest.h), after the first `from`
 * bytes. 0; -EIO when init says that it failed; -ECONNRESET when QEMU has ended;
 * -ETIME; -EINTR; -errno. Not logged.
 */
int console_await(const char *dir, off_t from, const char *what, int timeout_ms);

/* Shows the last `n` lines, cleaned, as error messages. */
void console_show_end(const char *dir, int n);

/* Connects standard input and output to `fd` until ctrl-] or the other end closes. 0 or -errno, not
 * said. */
int console_attach(int fd);

#endif
