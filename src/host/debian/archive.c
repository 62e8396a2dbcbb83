// SPDX-License-Identifier: GPL-2.0-only
/* Package archives other than Debian's, from the configuration. */
#include "host/debian/debian.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/config.h"
#include "host/debian/internal.h"
#include "host/base/paths.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct field {
	const char *name;
	size_t offset;
	bool optional;
} fields[] = {
	{ "url", offsetof(struct debian_archive, url) },
	{ "suite", offsetof(struct debian_archive, suite) },
	{ "components", offsetof(struct debian_archive, components), true },
	{ "key", offsetof(struct debian_archive, key) },
};

const struct ini_key debian_archive_keys[] = {
	{ "archive.?*.url" },
	{ "archive.?*.suite" },
	{ "archive.?*.components" },
	{ "archive.?*.key" },
	{ NULL },
};
_Static_assert(ARRAY_SIZE(debian_archive_keys) == ARRAY_SIZE(fields) + 1, "in both tables");

static char **field_of(const struct debian_archive *archive, const struct field *field)
{
	return (char **)((char *)archive + field->offset);
}

static struct debian_archive *find(struct debian_archives *list, const char *name, size_t n)
{
	for (size_t i = 0; i < list->n; i++)
		if (strlen(list->archives[i].name) == n &&
		    strncmp(list->archives[i].name, name, n) == 0)
			return &list->archives[i];
	GROW(list->archives, list->n);
	list->archives[list->n] = (struct debian_archive){ .name = xstrndup(name, n) };
	return &list->archives[list->n++];
}

/* "archive.NAME.url" and so on; the value in a later file wins. */
static int take_key(const char *key, const char *value, const char *where, void *arg)
{
	static const char section[] = "archive.";
	const char *name = key + strlen(section), *last = strrchr(key, '.');

	if (strncmp(key, section, strlen(section)) != 0)
		return 0;
	for (size_t i = 0; last > name && i < ARRAY_SIZE(fields); i++) {
		char **field;

		if (strcmp(last + 1, fields[i].name) != 0)
			continue;
		field = field_of(find(arg, name, (size_t)(last - name)), &fields[i]);
		free(*field);
		*field = xstrdup(value);
		return 0;
	}
	log_error("%s: unknown key %s; an archive has url, suite, components and key", where, key);
	return -EINVAL;
}

/* Characters that have a special meaning in sources.list. */
static bool is_one_line(const char *value, bool blanks)
{
	return *value && !strpbrk(value, blanks ? "\n[]#" : " \t\n[]#");
}

static int check(const struct debian_archive *archive)
{
	if (!path_is_plain_name(archive->name)) {
		log_error("Invalid archive name '%s': use letters, digits, dots and dashes",
			  archive->name);
		return -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *value = *field_of(archive, &fields[i]);
		bool blanks = fields[i].optional;

		if (value ? is_one_line(value, blanks) : fields[i].optional)
			continue;
		log_error("archive.%s.%s is %s", archive->name, fields[i].name,
			  value ? "not valid" : "missing");
		return -EINVAL;
	}
	if (*archive->key == '/' && fs_exists(archive->key))
		return 0;
	log_error("archive.%s.key: no such file: %s", archive->name, archive->key);
	log_hint(
		"Set it to the absolute path of the archive's public key (.gpg or .asc); the board "
		"has it in /usr/share/keyrings or /etc/apt/trusted.gpg.d");
	return -EINVAL;
}

int debian_archives_load(const struct config *config, struct debian_archives *list)
{
	int r = config_each(config, take_key, list);

	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = check(&list->archives[i]);
	return r;
}

void debian_archives_release(struct debian_archives *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->archives[i].name);
		for (size_t k = 0; k < ARRAY_SIZE(fields); k++)
			free(*field_of(&list->archives[i], &fields[k]));
	}
	free(list->archives);
	*list = (struct debian_archives){ 0 };
}

void debian_archive_format(const struct debian_archive *archive, const char *arch,
			   struct strbuf *out)
{
	size_t n = strlen(archive->suite);
	bool flat = n && archive->suite[n - 1] == '/'; /* "./" has no components */

	strbuf_addf(out, "deb [arch=%s target=Packages signed-by=%s] %s %s%s%s\n", arch,
		    archive->key, archive->url, archive->suite, flat ? "" : " ",
		    flat                  ? ""
		    : archive->components ? archive->components
					  : "main");
}
