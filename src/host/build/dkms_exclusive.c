// SPDX-License-Identifier: GPL-2.0-only
/* Decides whether a dkms package is for a kernel. */
#include "host/build/dkms_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/strbuf.h"
#include "host/base/paths.h"

#include <regex.h>
#include <string.h>

bool dkms_matches(const char *text, const char *expression)
{
	regex_t regex;
	bool found;

	if (regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	found = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

/*
 * Compares the numbers in both, as far as the shorter one goes: 6.1.0-53 is neither older nor
 * newer than 6.1.
 */
static int compare_releases(const char *a, const char *b)
{
	for (;;) {
		unsigned long x, y;

		a += strcspn(a, "0123456789");
		b += strcspn(b, "0123456789");
		if (!*a || !*b)
			return 0;
		x = strtoul(a, (char **)&a, 10);
		y = strtoul(b, (char **)&b, 10);
		if (x != y)
			return x < y ? -1 : 1;
	}
}

static bool config_has(const char *config, const char *name)
{
	_cleanup_free_ char *line = xasprintf("\n%s=", name);
	const char *found = strstr(config, line);

	return found && strchr("ym", found[strlen(line)]) && found[strlen(line)];
}

/* "CONFIG_A !CONFIG_B": the first must be set, the second must not be set. */
static char *excluded_by_config(const struct kernel_tree *tree, const char *wanted)
{
	_cleanup_free_ char *path = path_join(tree->build, ".config", NULL);
	_cleanup_free_ char *words = xstrdup(wanted);
	_cleanup_(strbuf_release) struct strbuf config = STRBUF_INIT;
	char *rest = words;

	strbuf_addch(&config, '\n');
	if (fs_read(path, &config, 0) < 0)
		return NULL;
	for (char *word; (word = strsep(&rest, " \t\n"));) {
		bool unwanted = *word == '!';

		if (word[unwanted] && config_has(config.buf, word + unwanted) == unwanted)
			return xasprintf("BUILD_EXCLUSIVE_CONFIG requires %s", word);
	}
	return NULL;
}

const char *const dkms_exclusive_names[DKMS_N_EXCLUSIVE] = {
	[DKMS_KERNEL] = "BUILD_EXCLUSIVE_KERNEL",
	[DKMS_ARCH] = "BUILD_EXCLUSIVE_ARCH",
	[DKMS_KERNEL_MIN] = "BUILD_EXCLUSIVE_KERNEL_MIN",
	[DKMS_KERNEL_MAX] = "BUILD_EXCLUSIVE_KERNEL_MAX",
	[DKMS_CONFIG] = "BUILD_EXCLUSIVE_CONFIG",
	[DKMS_OBSOLETE_BY] = "OBSOLETE_BY",
};

char *dkms_excluded(const struct kernel_tree *tree, const char *const *values)
{
	const char *release = tree->release;
	const char *kernel = values[DKMS_KERNEL], *arch = values[DKMS_ARCH];
	const char *least = values[DKMS_KERNEL_MIN], *most = values[DKMS_KERNEL_MAX];
	const char *config = values[DKMS_CONFIG], *obsolete = values[DKMS_OBSOLETE_BY];

	if (kernel && !dkms_matches(release, kernel))
		return xasprintf("BUILD_EXCLUSIVE_KERNEL=\"%s\" does not match %s", kernel,
				 release);
	if (arch && !dkms_matches("aarch64", arch))
		return xasprintf("BUILD_EXCLUSIVE_ARCH=\"%s\" does not match aarch64", arch);
	if (least && compare_releases(release, least) < 0)
		return xasprintf("BUILD_EXCLUSIVE_KERNEL_MIN=\"%s\" is above %s", least, release);
	if (most && compare_releases(release, most) > 0)
		return xasprintf("BUILD_EXCLUSIVE_KERNEL_MAX=\"%s\" is below %s", most, release);
	if (obsolete && compare_releases(release, obsolete) >= 0)
		return xasprintf("OBSOLETE_BY=\"%s\": %s includes it", obsolete, release);
	return config ? excluded_by_config(tree, config) : NULL;
}
