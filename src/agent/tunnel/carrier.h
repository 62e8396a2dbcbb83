/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What carries the bytes between board and gateway: one row each. The supervisor, the probe and the
 * status are the same for all. A carrier is a program that runs as long as its connection lives, and
 * ends when it is lost; or, as autossh, one that connects again by itself.
 */
#ifndef OUTPOST_AGENT_CARRIER_H
#define OUTPOST_AGENT_CARRIER_H

#include "agent/tunnel/config.h"
#include "common/probe.h"

#include <stdbool.h>

/* How an attempt differs from others. */
struct carrier_wish {
	int family; /* AF_UNSPEC, or AF_INET to not try IPv6 */
	unsigned int
		patience; /* 0 to CARRIER_PATIENCE: how long a gateway that answers, but slowly,
				  may take to set up the connection */
};

#define CARRIER_PATIENCE 3

struct carrier {
	const char *name;
	const char *package; /* that has it */
	bool reconnects;     /* by itself: only the pings tell whether it works */
	void (*command)(const struct tunnel_config *config, const struct carrier_wish *wish,
			char ***argv);
	/* What a line of its stderr means: why it ends; PROBE_CAUSE_NONE: nothing. */
	enum probe_cause (*meaning)(const char *line);
};

/* NULL: there is none of that name. */
const struct carrier *carrier_find(const char *name) __attribute__((pure));

/* Its environment: PATH, and what makes it find out about changes soon. Free with strv_free(). */
char **carrier_environment(void);

/* What OpenSSH's messages mean. They are in English whatever the locale. */
enum probe_cause ssh_meaning(const char *line) __attribute__((pure));

/*
 * Appends what each ssh of a board to its gateway needs: the one key, the pinned host keys, and
 * neither the user's nor the system's configuration, nor questions.
 */
void ssh_add_options(char ***argv, const char *key, const char *known_hosts);

#endif
