// SPDX-License-Identifier: GPL-2.0-only
#include "common/provision.h"

#include <stddef.h>
#include <string.h>

#define QUICK_S 120  /* an emulated board needs half of it to restart a service */
#define APT_S   3600 /* slow card, slow line */

const struct provision_step provision_steps[] = {
	{ .name = "packages",
	  .summary = "the few packages that Outpost needs",
	  .patience_s = APT_S },
	{ .name = "folders",
	  .summary = "~/development and its folders",
	  .patience_s = QUICK_S,
	  .can_be_undone = true },
	{ .name = "sudo",
	  .summary = "a sudoers rule for exactly the agent",
	  .patience_s = QUICK_S,
	  .can_be_undone = true },
	{ .name = "account",
	  .summary = "an account of its own for the key of --key",
	  .patience_s = QUICK_S,
	  .can_be_undone = true },
	{ .name = "journal",
	  .summary = "the system journal survives reboots",
	  .patience_s = QUICK_S,
	  .can_be_undone = true },
	{ .name = "sysctl",
	  .summary = "restart after a panic; hide kernel addresses",
	  .patience_s = QUICK_S,
	  .can_be_undone = true },
	{ .name = "watchdog",
	  .summary = "systemd feeds the hardware watchdog",
	  .patience_s = QUICK_S,
	  .can_be_undone = true },
	{ .name = "ssh",
	  .summary = "log in with keys only",
	  .patience_s = QUICK_S,
	  .can_be_undone = true },
	{ .name = "firewall",
	  .summary = "accept nothing but what is needed",
	  .patience_s = QUICK_S,
	  .can_be_undone = true },
	{ .name = "headers",
	  .summary = "headers of the running kernel",
	  .patience_s = APT_S,
	  .on_request = true },
	{ .name = "boot",
	  .summary = "ramoops and watchdog in config.txt",
	  .patience_s = QUICK_S,
	  .can_be_undone = true,
	  .restarts = true },
	{ .name = "selftest",
	  .summary = "build, load and unload the module hello",
	  .on_host = true },
	{ .name = NULL },
};

const struct provision_step *provision_find_step(const char *name)
{
	for (const struct provision_step *step = provision_steps; step->name; step++)
		if (strcmp(step->name, name) == 0)
			return step;
	return NULL;
}
