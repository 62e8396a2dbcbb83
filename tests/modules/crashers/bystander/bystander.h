/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BYSTANDER_H
#define BYSTANDER_H

/* A WARNING in a kernel thread, with no function of the caller in its trace. Returns after it. */
void bystander_warn(void);

#endif
