// SPDX-License-Identifier: GPL-2.0-only
/* Packages, by apt-get: only what is missing, unless the host asks for an upgrade. */
#include "agent/provision/step.h"

#include "common/cleanup.h"
#include "common/process.h"
#include "common/strv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static const struct package {
	const char *name;
	const char *program; /* who has it needs no package */
	const char *use;
} wanted[] = {
	{ "kmod", "modprobe", "loads the modules that a module needs" },
	{ "sudo", "sudo", "lets a login start the agent" },
	{ "nftables", "nft", "for step firewall" },
};

static const char *skip(struct provision *p)
{
	if (!dpkg_is_there(p->dirs) || !provision_has_program(p, "apt-get"))
		return provision_skip(p, "no apt-get");
	if (p->undo)
		return provision_skip(p, "packages stay installed");
	return NULL;
}

/* Waits for another apt-get, and completes what an interrupted one left. */
static int apt(struct provision *p, char *const *words)
{
	_cleanup_strv_ char **argv = NULL;

	strv_add(&argv, "apt-get");
	strv_add(&argv, "-qy");
	strv_add(&argv, "--no-install-recommends");
	strv_add(&argv, "-oDPkg::Lock::Timeout=600");
	/* A configuration file that was changed stays as it is; nobody can be asked. */
	strv_add(&argv, "-oDpkg::Options::=--force-confdef");
	strv_add(&argv, "-oDpkg::Options::=--force-confold");
	strv_foreach (word, words)
		strv_add(&argv, *word);
	return provision_must(p, argv);
}

static int install(struct provision *p, char **packages)
{
	_cleanup_strv_ char **words = NULL;
	int r;

	strv_add(&words, "install");
	strv_foreach (package, packages)
		strv_add(&words, *package);
	r = provision_must(p, ARGV("dpkg", "--configure", "-a"));
	if (r == 0)
		r = apt(p, ARGV("update"));
	return r < 0 || !packages ? r : apt(p, words);
}

static int change(struct provision *p)
{
	_cleanup_strv_ char **missing = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(wanted) && !p->undo; i++) {
		if (provision_has_program(p, wanted[i].program) ||
		    dpkg_installed(p->dirs, wanted[i].name, NULL, 0))
			continue;
		provision_note(p, "install %s (%s)", wanted[i].name, wanted[i].use);
		strv_add(&missing, wanted[i].name);
	}
	if (p->request->upgrade)
		provision_note(p, "upgrade all packages");
	if (p->look || !p->changed)
		return 0;
	r = install(p, missing);
	return r < 0 || !p->request->upgrade ? r : apt(p, ARGV("full-upgrade"));
}

static int prove(struct provision *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!provision_has_program(p, wanted[i].program))
			return provision_fail(p, -ENOENT, "The program %s is missing",
					      wanted[i].program);
	return 0;
}

const struct board_step step_packages = {
	.name = "packages",
	.skip = skip,
	.change = change,
	.prove = prove,
};

/* --- headers ---------------------------------------------------------------------- */

static bool has_headers(const struct provision *p)
{
	struct utsname un;
	char path[256];

	uname(&un);
	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", un.release);
	return provision_exists(p, path);
}

/* The archive only has those of the newest kernel. */
static void add_advice(struct provision *p)
{
	size_t n = strlen(p->reply->why);

	snprintf(p->reply->why + n, sizeof(p->reply->why) - n,
		 "; if the archive has a newer kernel only: --upgrade, and restart the board");
}

static int change_headers(struct provision *p)
{
	_cleanup_strv_ char **packages = NULL;
	struct utsname un;
	char name[128];
	int r;

	if (has_headers(p) || p->undo)
		return 0;
	uname(&un);
	/* One package for all kernels, until Raspberry Pi OS bookworm. */
	if (dpkg_installed(p->dirs, "raspberrypi-kernel", NULL, 0))
		snprintf(name, sizeof(name), "raspberrypi-kernel-headers");
	else
		snprintf(name, sizeof(name), "linux-headers-%s", un.release);
	provision_note(p, "install %s", name);
	if (p->look)
		return 0;
	strv_add(&packages, name);
	r = install(p, packages);
	if (r < 0)
		add_advice(p);
	return r;
}

static int prove_headers(struct provision *p)
{
	return has_headers(p) ? 0 : provision_fail(p, -ENOENT, "The running kernel has no headers");
}

const struct board_step step_headers = {
	.name = "headers",
	.skip = skip,
	.change = change_headers,
	.prove = prove_headers,
};
