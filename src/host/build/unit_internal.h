/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps of unit_build(). */
#ifndef OUTPOST_UNIT_INTERNAL_H
#define OUTPOST_UNIT_INTERNAL_H

#include "host/build/unit.h"

/* Replaces *error by one line. Returns -EINVAL. */
int unit_fail(char **error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As unit_fail(), ending with the reason. Returns r if it is trouble of this machine. */
int unit_fail_errno(char **error, int r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Updates the copy and its neighbours; sets *changed if they were not current. 0 or -errno,
 * logged.
 */
int unit_update_copy(const struct unit *unit, bool *changed);

/* Lists for ccache all headers that a compiler may find. 0 or -errno, logged. */
int unit_list_headers(const struct unit *unit);

/* Makes the next build copy and build everything again. */
void unit_forget_copy(const struct unit *unit);

/* Makes stripped versions of all modules that exist. 0, or -errno with *error. */
int unit_strip_all(const struct unit *unit, char **error);

#endif
