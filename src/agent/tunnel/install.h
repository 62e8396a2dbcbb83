/* SPDX-License-Identifier: GPL-2.0-only */
/* `outpost-agent tunnel install --carrier NAME`, as root: lets another program carry the tunnel. */
#ifndef OUTPOST_AGENT_TUNNEL_INSTALL_H
#define OUTPOST_AGENT_TUNNEL_INSTALL_H

/*
 * Changes tunnel.conf and restarts the unit. If the tunnel then does not work, the carrier from
 * before comes back: a board must not become unreachable. Keys and host keys stay. The exit status;
 * logs.
 */
int tunnel_install(const char *root, const char *carrier);

#endif
