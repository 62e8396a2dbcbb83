/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Describes, as text, the kernel tree and the programs that a unit is built with. make does
 * not check them: it accepts an object of another compiler.
 */
#ifndef OUTPOST_TOOLCHAIN_H
#define OUTPOST_TOOLCHAIN_H

#include "common/strbuf.h"
#include "host/build/unit.h"

#include <stdbool.h>

void toolchain_describe(const struct unit *unit, struct strbuf *out);

/* The part about the wrapper; empty if there is none. */
void toolchain_describe_wrapper(const struct unit *unit, struct strbuf *out);

/* Was the unit's folder built with these tools? And note that it is from now on: 0 or -errno. */
bool toolchain_is_of_place(const struct unit *unit); /* in the container, or on this machine? */
bool toolchain_holds(const struct unit *unit);
int toolchain_write(const struct unit *unit);

#endif
