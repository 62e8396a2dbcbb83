/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The progress line: redrawn in place, with elapsed time, if stderr is a terminal and neither
 * -v nor -q was given; otherwise each step is one log_debug() line. Messages of log.h are
 * printed above it; end it before you write to the terminal in another way. Starts may be
 * nested: the last end counts.
 */
#ifndef OUTPOST_PROGRESS_H
#define OUTPOST_PROGRESS_H

#include <stddef.h>

void progress_start(void);
void progress_step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void progress_fraction(size_t done, size_t total); /* of the current step; total 0: unknown */
void progress_end(void);

#endif
