// SPDX-License-Identifier: GPL-2.0-only
#include "agent/provision/provision.h"

#include "agent/guard/guard.h"
#include "agent/provision/config_txt.h"
#include "agent/provision/step.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"

#include <ctype.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool list(const struct dirs *dirs, const char *path, char ***names)
{
	char full[DIRS_MAX];

	snprintf(full, sizeof(full), "%s%s", dirs->root, path);
	return fs_list(full, names) == 0;
}

/* --- kernels ------------------------------------------------------------------------ */

/* The running release, from the kernel itself. */
static void running(const struct dirs *dirs, char release[68])
{
	guard_read(dirs, "/proc/sys/kernel/osrelease", release, 68);
	release[strcspn(release, "\n")] = '\0';
}

/* The kind of kernel: what follows the version, "-rpi-v8" of 6.6.51+rpt-rpi-v8. */
static const char *kind(const char *release)
{
	for (const char *p = release; *p; p++)
		if (*p == '-' && isalpha((unsigned char)p[1]))
			return p;
	return "";
}

static void find_newer(const struct dirs *dirs, const char *release, outpost_Condition *c)
{
	_cleanup_strv_ char **names = NULL;

	if (!list(dirs, "/lib/modules", &names))
		return;
	strv_foreach (name, names) {
		char path[DIRS_MAX];

		/* Packages leave folders with other people's modules behind; this file is the kernel's. */
		snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", *name);
		if (strcmp(kind(*name), kind(release)) == 0 && guard_exists(dirs, path) &&
		    strverscmp(*name, *c->newer ? c->newer : release) > 0)
			proto_set(c->newer, *name);
	}
}

/*
 * The package that brings this kernel may have another version by now, under the same release. A
 * kernel of Debian's or Raspberry Pi's names its own: "#1 SMP Debian 6.1.140-1 (2025-05-22)".
 */
static void find_installed(const struct dirs *dirs, const char *release, outpost_Condition *c)
{
	char version[256], package[128], installed[80] = "";
	char *mine;

	guard_read(dirs, "/proc/version", version, sizeof(version));
	mine = strstr(version, " Debian ");
	snprintf(package, sizeof(package), "linux-image-%s", release);
	if (!mine || !dpkg_installed(dirs, package, installed, sizeof(installed)))
		return;
	mine += strlen(" Debian ");
	mine[strcspn(mine, " \n")] = '\0';
	if (strcmp(mine, installed) != 0)
		proto_set(c->installed, installed);
}

static void kernel_facts(const struct dirs *dirs, outpost_Condition *c)
{
	char release[68], path[DIRS_MAX];

	running(dirs, release);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", release);
	c->modules = guard_exists(dirs, path);
	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", release);
	c->headers = guard_exists(dirs, path);
	find_newer(dirs, release, c);
	find_installed(dirs, release, c);
}

/* --- the rest -------------------------------------------------------------------------- */

static uint32_t program_bits(const struct dirs *dirs)
{
	_cleanup_fclose_ FILE *f = NULL;
	unsigned char ident[EI_NIDENT];
	char path[DIRS_MAX];

	snprintf(path, sizeof(path), "%s/bin/sh", dirs->root);
	f = fopen(path, "re");
	if (!f || fread(ident, sizeof(ident), 1, f) != 1 || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return 0;
	return ident[EI_CLASS] == ELFCLASS32 ? 32 : ident[EI_CLASS] == ELFCLASS64 ? 64 : 0;
}

static void ramoops_facts(const struct dirs *dirs, outpost_Condition *c)
{
	const struct provision p = { .dirs = dirs };
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, ours = STRBUF_INIT;
	_cleanup_strv_ char **moved = NULL;
	const char *config = board_config_txt(dirs);

	if (config && provision_read(&p, config, &text) == 0) {
		config_txt_block(text.buf, &ours);
		c->ramoops_wanted = config_txt_has(text.buf, "dtoverlay=ramoops") ||
				    strstr(ours.buf, "dtoverlay=ramoops");
	}
	c->ramoops_memory = board_reserves_ramoops(dirs);
	if (list(dirs, "/var/lib/systemd/pstore", &moved))
		c->records_moved = (uint32_t)strv_length(moved);
}

/* The firmware's driver: soc:firmware, or soc@107c000000:firmware on a Pi 5. In hexadecimal. */
static void power_facts(const struct dirs *dirs, outpost_Condition *c)
{
	_cleanup_strv_ char **socs = NULL;

	if (!list(dirs, "/sys/devices/platform", &socs))
		return;
	strv_foreach (soc, socs) {
		char path[DIRS_MAX], text[32];

		if (strncmp(*soc, "soc", 3) != 0)
			continue;
		snprintf(path, sizeof(path), "/sys/devices/platform/%s/%s:firmware/get_throttled",
			 *soc, *soc);
		guard_read(dirs, path, text, sizeof(text));
		if (!*text)
			continue;
		c->power_known = true;
		c->power = (uint32_t)strtoul(text, NULL, 16);
	}
}

void provision_condition(const struct dirs *dirs, outpost_Condition *c)
{
	const struct provision p = { .dirs = dirs };

	c->pi = board_is_pi(dirs);
	kernel_facts(dirs, c);
	c->program_bits = program_bits(dirs);
	if (guard_has_watchdog(dirs) && provision_has_systemd(&p)) {
		c->watchdog_ask_s = provision_systemd_watchdog_s(&p);
		c->watchdog_max_s = guard_watchdog_limit_s(dirs);
	}
	ramoops_facts(dirs, c);
	power_facts(dirs, c);
}
