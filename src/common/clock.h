/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_CLOCK_H
#define OUTPOST_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in milliseconds. */
long long monotonic_ms(void);

/* CLOCK_BOOTTIME in microseconds; it continues while the machine sleeps. */
uint64_t boottime_us(void);

#endif
