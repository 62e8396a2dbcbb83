// SPDX-License-Identifier: GPL-2.0-only
/*
 * outpost-agent: the program that runs on a board.
 *
 *	serve [production]                serves one connection: speaks proto/outpost.proto on
 *	                                  stdin and stdout
 *	supervise HOME RUN ATTEMPT N...   supervises a run; started by serve
 *	rollback                          undoes a step of provision that was not confirmed; started
 *	                                  by outpost-rollback.service
 *	tunnel VERB...                    keeps the board reachable behind NAT
 *	build-id                          prints the build-id of this program
 */
#include "agent/base/build_id.h"
#include "agent/provision/provision.h"
#include "agent/serve/serve.h"
#include "agent/run/supervisor.h"
#include "agent/tunnel/tunnel.h"
#include "common/log.h"
#include "common/process.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (process_open_standard() < 0)
		return 1;
	log_set_name("outpost-agent");
	if (strcmp(command, "serve") == 0 && argc == 2)
		return serve(false);
	/* What a login may do depends on the words that sudoers names: see agent/serve/production.c. */
	if (strcmp(command, "serve") == 0 && argc == 3 && strcmp(argv[2], "production") == 0)
		return serve(true);
	if (strcmp(command, "supervise") == 0)
		return supervise(argc - 2, argv + 2);
	if (strcmp(command, "rollback") == 0 && argc == 2)
		return provision_rollback(
			&(struct dirs){ .uid = 0 }); /* these steps touch no home */
	if (strcmp(command, "tunnel") == 0)
		return tunnel(argc - 1, argv + 1);
	if (strcmp(command, "build-id") == 0 && argc == 2)
		return puts(build_id()) < 0;
	log_error("usage: outpost-agent serve [production] | tunnel | build-id");
	return 2;
}
