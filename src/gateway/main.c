// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/gateway.h"
#include "gateway/probe.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"

#include <string.h>

static const struct {
	const char *name, *args, *what;
	int n;        /* of arguments */
	int optional; /* further ones */
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "keys", "USER", "print the keys of an account: sshd's AuthorizedKeysCommand", 1, 0,
	  cmd_keys },
	{ "accept", "NAME ID", "accept an invitation: the forced command of its key", 2, 0,
	  cmd_accept },
	{ "connect", "NAME", "connect to a board: ssh's ProxyCommand, with ProxyUseFdpass", 1, 0,
	  cmd_connect },
	{ "rules", "", "print nft's rules for the ports of all boards", 0, 0, cmd_rules },
	{ "probe", "[ROOT]",
	  "measure all tunnels until SIGTERM; ROOT: below this folder, for tests", 0, 1,
	  cmd_probe },
};

static void usage(FILE *out)
{
	fputs("usage: outpost-gateway COMMAND [ARG...]\n\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-7s %-8s %s\n", commands[i].name, commands[i].args,
			commands[i].what);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (process_open_standard() < 0)
		return 1;
	log_set_name("outpost-gateway");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(name, commands[i].name) == 0 && argc - 2 >= commands[i].n &&
		    argc - 2 <= commands[i].n + commands[i].optional)
			return commands[i].run(argc - 2, argv + 2);
	usage(strcmp(name, "--help") == 0 ? stdout : stderr);
	return strcmp(name, "--help") == 0 ? 0 : 2;
}
