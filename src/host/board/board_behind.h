/* SPDX-License-Identifier: GPL-2.0-only */
/* Boards behind a gateway, on another machine than the gateway: a developer's laptop. */
#ifndef OUTPOST_BOARD_BEHIND_H
#define OUTPOST_BOARD_BEHIND_H

#include "common/strbuf.h"

/*
 * Adds a board that the gateway knows by this name (power_cycle: as in struct board): asks the gateway, over ssh, for its port, login and
 * host keys; pins the keys; and writes boards/NAME.conf, NAME.ssh_config (with ProxyJump) and
 * NAME.known_hosts. *line is a command for plain ssh. 0 or -errno, logged; as board_add().
 */
int board_add_behind(const char *name, const char *gateway, const char *power_cycle,
		     struct strbuf *line);

/* What a gateway answered: not trusted. */
struct board_behind {
	int port;
	char *login;
	struct strbuf known_hosts; /* whole lines, for the name outpost-NAME */
};

void board_behind_release(struct board_behind *behind);

/* 0 or -EBADMSG, not logged; *behind is to be released then, too. */
int board_behind_read(const char *name, const struct strbuf *answer, struct board_behind *behind);

/* Removes the files of board_add_behind(), if there are any. 0 or -errno, logged. */
int board_remove_behind(const char *name);

#endif
