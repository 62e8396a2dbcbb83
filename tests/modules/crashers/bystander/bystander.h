/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BYSTANDER_H
#define BYSTANDER_H

/* Returns after a WARNING in a kernel thread, whose trace has no function of the caller. */
void bystander_warn(void);

#endif
