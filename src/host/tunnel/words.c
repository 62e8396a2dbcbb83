// SPDX-License-Identifier: GPL-2.0-only
/* What is wrong with a tunnel, for people. */
#include "host/tunnel/status.h"

#include "common/cleanup.h"
#include "common/probe.h"

#include <string.h>

const char *tunnel_reason_clause(enum tunnel_reason reason)
{
	static const char *const clauses[TUNNEL_REASONS] = {
		[TUNNEL_STARTING] = "the prober has only just started",
		[TUNNEL_ABSENT] = "it has not connected",
		[TUNNEL_REFUSED] = "its connection has ended",
		[TUNNEL_CLOSED] = "its connection was closed",
		[TUNNEL_SILENT] = "its connection is open, but the board does not answer",
		[TUNNEL_LOST] = "it stopped answering",
		[TUNNEL_GARBAGE] = "it does not answer as a board should",
		[TUNNEL_DENIED] = "the prober cannot use its socket",
	};

	return clauses[reason];
}

/* The board's words, and those that the prober adds. */
static const struct {
	const char *word, *clause;
} causes[] = {
	{ "reboot", "the board rebooted" },
	{ "stall", "the link stalled, and went on" },
	{ "start", "the tunnel's service on the board was restarted" },
	{ "closed", "the gateway, or something on the way, closed the connection" },
	{ "silent", "the gateway no longer answered the board" },
	{ "path", "the board's address or its route to the gateway changed" },
	{ "resolve", "the board could not resolve the gateway's name" },
	{ "unreachable", "the board had no route to the gateway" },
	{ "timeout", "the gateway did not answer the board in time" },
	{ "refused", "nothing listened on the gateway's port" },
	{ "denied", "the gateway did not accept the board's key" },
	{ "hostkey", "the gateway's host key was not the pinned one" },
	{ "forward", "the gateway refused to create the board's sockets" },
	{ "carrier", "the program that carries the tunnel was killed, or could not be started" },
};

const char *tunnel_outage_clause(const struct tunnel_outage *outage)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (strcmp(causes[i].word, outage->cause) == 0)
			return causes[i].clause;
	return tunnel_reason_clause(outage->seen);
}
