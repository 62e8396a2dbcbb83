/* SPDX-License-Identifier: GPL-2.0-only */
/* outpost-tunnel.service on this board: installs and starts it, and asks how its tunnel is. */
#ifndef OUTPOST_AGENT_TUNNEL_UNIT_H
#define OUTPOST_AGENT_TUNNEL_UNIT_H

#include <stdbool.h>

#define TUNNEL_UNIT      "outpost-tunnel.service"
#define TUNNEL_UNIT_PATH "/etc/systemd/system/" TUNNEL_UNIT

/* `root` is before each path; "" on a board. All return 0 or -errno, logged. */
int unit_install(const char *root);

/*
 * Starts it, with a new configuration. Waits until the tunnel works, or until it is connected and
 * the gateway's prober does not call, which is logged; -ETIMEDOUT if neither happens.
 */
int unit_restart(const char *root);

/* Does the tunnel of this board to this gateway work now? */
bool unit_is_up(const char *root, const char *name, const char *gateway);

#endif
