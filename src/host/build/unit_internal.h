/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of unit_build(). */
#ifndef OUTPOST_UNIT_INTERNAL_H
#define OUTPOST_UNIT_INTERNAL_H

#include "host/build/unit.h"

/* Sets *error, one line, in place of what it was. -EINVAL. */
int unit_fail(char **error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Brings the copy and what stands beside it up to date; *changed is set when they were not. 0 or
 * -errno, logged. */
int unit_update_copy(const struct unit *unit, bool *changed);

/* Makes the next build copy and build everything again. */
void unit_forget_copy(const struct unit *unit);

/* Makes the stripped ones of all modules that are there. 0, or -EINVAL with *error. */
int unit_strip_all(const struct unit *unit, char **error);

#endif
