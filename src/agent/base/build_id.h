/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_AGENT_BUILD_ID_H
#define OUTPOST_AGENT_BUILD_ID_H

/* The GNU build-id of this program, in hexadecimal; "" if it was linked without one. */
const char *build_id(void);

#endif
