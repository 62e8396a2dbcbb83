/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_CONSENT_H
#define OUTPOST_CONSENT_H

struct config;

/*
 * Asks a question that may be answered with yes, above the progress line. `fmt` is one or more
 * lines; " [y/N] " is added. 1: yes, also by --yes; 0: no; -ENOTTY without a terminal; -EINTR.
 */
int consent_ask(const struct config *config, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
