// SPDX-License-Identifier: GPL-2.0-only
/* What dpkg knows: deb-control(5), and dpkg(1) for the states. */
#include "agent/provision/step.h"

#include "common/cleanup.h"
#include "common/fs.h"

#include <stdio.h>
#include <string.h>

static void status_path(const struct dirs *dirs, char path[DIRS_MAX])
{
	snprintf(path, DIRS_MAX, "%s/var/lib/dpkg/status", dirs->root);
}

bool dpkg_is_there(const struct dirs *dirs)
{
	char path[DIRS_MAX];

	status_path(dirs, path);
	return fs_exists(path);
}

/* The value of a field, without the newline; NULL if the line is another one. */
static const char *field(char *line, const char *name)
{
	size_t n = strlen(name);

	line[strcspn(line, "\n")] = '\0';
	return strncmp(line, name, n) == 0 ? line + n : NULL;
}

bool dpkg_installed(const struct dirs *dirs, const char *package, char *version, size_t size)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[DIRS_MAX], line[512];
	bool here = false, installed = false;

	status_path(dirs, path);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		const char *value = field(line, "Package: ");

		if (value && here)
			break;
		if (value)
			here = strcmp(value, package) == 0;
		if (!here)
			continue;
		value = field(line, "Status: ");
		if (value) /* "install ok installed", "hold ok installed" */
			installed = strstr(value, " ok installed") != NULL;
		value = field(line, "Version: ");
		if (value && version)
			snprintf(version, size, "%s", value);
	}
	return installed;
}
