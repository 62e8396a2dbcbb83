/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells systemd (sd_notify(3)) and people about the state. Without systemd it does nothing. */
#ifndef OUTPOST_AGENT_NOTIFY_H
#define OUTPOST_AGENT_NOTIFY_H

/* Sends "READY=1", "WATCHDOG=1" or "STATUS=...". What goes wrong is ignored. */
void notify_send(const char *text);

/* Half the time, in ms, within which systemd expects WATCHDOG=1; 0: it does not expect it. */
int notify_watchdog_ms(void);

#endif
