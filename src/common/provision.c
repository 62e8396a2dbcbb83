// SPDX-License-Identifier: GPL-2.0-only
#include "common/provision.h"

#include "common/cleanup.h"

#include <ctype.h>
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

bool provision_is_key(const char *line)
{
	static const char *const types[] = {
		"ssh-ed25519 ",
		"ecdsa-sha2-nistp256 ",
		"ecdsa-sha2-nistp384 ",
		"ecdsa-sha2-nistp521 ",
		"ssh-rsa ",
		"sk-ssh-ed25519@openssh.com ",
		"sk-ecdsa-sha2-nistp256@openssh.com ",
	};
	const char *p = NULL, *start;

	for (size_t i = 0; i < ARRAY_SIZE(types) && !p; i++)
		if (strncmp(line, types[i], strlen(types[i])) == 0)
			p = line + strlen(types[i]);
	if (!p)
		return false;
	start = p;
	while (isalnum((unsigned char)*p) || *p == '+' || *p == '/')
		p++;
	if (p - start < 40) /* the shortest, of ed25519, has 68 */
		return false;
	while (*p == '=')
		p++;
	if (*p && *p != ' ')
		return false;
	for (; *p; p++)
		if (*p < ' ' || *p > '~')
			return false;
	return true;
}
