/* SPDX-License-Identifier: GPL-2.0-only */
/* Every unit test includes this first: cmocka, and the headers that cmocka requires before it. */
#ifndef OUTPOST_UNIT_H
#define OUTPOST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
