/* SPDX-License-Identifier: GPL-2.0-only */
/* systemd on this machine, through systemctl(1). Errors are logged unless noted. */
#ifndef OUTPOST_TUNNEL_SYSTEMD_H
#define OUTPOST_TUNNEL_SYSTEMD_H

#include <stdbool.h>

/* Is systemd PID 1? In a chroot or container, units are only installed. */
bool systemd_runs(void);

bool systemd_is_active(const char *unit); /* not logged */

/* systemctl VERB [UNIT]. 0 or -errno; 0 if systemd does not run. */
int systemd_call(const char *verb, const char *unit);

#endif
