/* SPDX-License-Identifier: GPL-2.0-only */
/* What every unit test includes first: cmocka, and what cmocka wants before it. */
#ifndef OUTPOST_UNIT_H
#define OUTPOST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
