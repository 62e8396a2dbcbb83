/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a unit is built for and with, the kernel tree and the programs, as text:
 * that of a build with others differs. make does not see them: an object of
 * another compiler is as good to it as one that it made itself.
 */
#ifndef OUTPOST_TOOLCHAIN_H
#define OUTPOST_TOOLCHAIN_H

#include "common/strbuf.h"
#include "host/build/unit.h"

#include <stdbool.h>

void toolchain_describe(const struct unit *unit, struct strbuf *out);

/* The part of it that is the program before the compiler; nothing where there is none. */
void toolchain_describe_wrapper(const struct unit *unit, struct strbuf *out);

/* Was what is in the unit's folder built with these? And that it is from now on: 0 or -errno. */
bool toolchain_holds(const struct unit *unit);
int toolchain_write(const struct unit *unit);

#endif
