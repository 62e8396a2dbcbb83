// SPDX-License-Identifier: GPL-2.0-only
/* What a Raspberry Pi looks like from inside. */
#include "agent/provision/step.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"

#include <stdio.h>
#include <string.h>

/* "compatible" is a list of strings, each with its NUL: Devicetree Specification, 2.3.1. */
bool board_is_compatible(const struct dirs *dirs, const char *what)
{
	_cleanup_(strbuf_release) struct strbuf list = STRBUF_INIT;
	char path[DIRS_MAX];

	snprintf(path, sizeof(path), "%s/proc/device-tree/compatible", dirs->root);
	if (fs_read(path, &list, 4096) < 0)
		return false;
	for (const char *s = list.buf; s < list.buf + list.len; s += strlen(s) + 1)
		if (strncmp(s, what, strlen(what)) == 0)
			return true;
	return false;
}

bool board_is_pi(const struct dirs *dirs)
{
	return board_is_compatible(dirs, "raspberrypi,");
}

bool board_reserves_ramoops(const struct dirs *dirs)
{
	_cleanup_strv_ char **names = NULL;
	char path[DIRS_MAX];

	snprintf(path, sizeof(path), "%s/proc/device-tree/reserved-memory", dirs->root);
	if (fs_list(path, &names) < 0)
		return false;
	strv_foreach (name, names)
		if (strncmp(*name, "ramoops", strlen("ramoops")) == 0)
			return true;
	return false;
}

/* Raspberry Pi OS since bookworm; its /boot/config.txt only says where the file is. */
const char *board_config_txt(const struct dirs *dirs)
{
	static const char *const places[] = { "/boot/firmware/config.txt", "/boot/config.txt" };
	char path[DIRS_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), "%s%s", dirs->root, places[i]);
		if (fs_exists(path))
			return places[i];
	}
	return NULL;
}
