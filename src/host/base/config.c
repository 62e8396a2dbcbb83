// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/config.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>

struct entry {
	char *key; /* "section.name" */
	char *value;
	char *where; /* "file:line" */
};

struct config {
	struct entry *entries;
	size_t n;
	char *files[2];
};

static int add_entry(const struct ini_entry *e, void *arg)
{
	struct config *config = arg;

	if (!e->key)
		return 0;
	GROW(config->entries, config->n);
	config->entries[config->n++] = (struct entry){
		.key = xstrdup(e->name),
		.value = xstrdup(e->value),
		.where = xasprintf("%s:%d", e->path, e->line),
	};
	return 0;
}

static int read_files(const struct config *config, const struct ini_key *keys, ini_fn fn, void *arg)
{
	const struct ini_syntax syntax = { .keys = keys };

	for (size_t i = 0; i < ARRAY_SIZE(config->files); i++) {
		int r = config->files[i] ? ini_read(config->files[i], &syntax, fn, arg) : 0;

		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}

/* outpost.conf in this folder or the nearest one above it; NULL if there is none. */
static char *project_file(void)
{
	_cleanup_free_ char *dir = realpath(".", NULL);

	while (dir) {
		_cleanup_free_ char *file = path_join(dir, "outpost.conf", NULL);
		char *slash = strrchr(dir, '/');

		if (fs_exists(file))
			return TAKE_PTR(file);
		if (!*slash || slash == dir)
			return NULL;
		*slash = '\0';
	}
	return NULL;
}

int config_load(struct config **config)
{
	_cleanup_(config_freep) struct config *c = xcalloc(1, sizeof(*c));
	int r;

	c->files[0] = path_configuration("outpost.conf", NULL);
	c->files[1] = project_file();
	r = read_files(c, NULL, add_entry, c);
	if (r < 0)
		return r;
	*config = TAKE_PTR(c);
	return 0;
}

static int ignore(const struct ini_entry *e, void *arg)
{
	(void)e;
	(void)arg;
	return 0;
}

int config_check(const struct config *config, const struct ini_key *keys)
{
	return read_files(config, keys, ignore, NULL);
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->n; i++) {
		free(config->entries[i].key);
		free(config->entries[i].value);
		free(config->entries[i].where);
	}
	for (size_t i = 0; i < ARRAY_SIZE(config->files); i++)
		free(config->files[i]);
	free(config->entries);
	free(config);
}

int config_apply(const struct config *config, const struct option_row *rows, void *dest)
{
	for (size_t i = 0; config && i < config->n; i++) {
		const struct entry *e = &config->entries[i];
		const struct option_row *row = options_find_key(rows, e->key);
		const char *why = "";

		if (!row || options_set(row, dest, e->value, &why) == 0)
			continue;
		log_error("%s: %s = %s is not valid: %s", e->where, e->key, e->value, why);
		return -EINVAL;
	}
	return options_from_environment(rows, dest);
}

int config_each(const struct config *config,
		int (*fn)(const char *key, const char *value, const char *where, void *arg),
		void *arg)
{
	for (size_t i = 0; config && i < config->n; i++) {
		const struct entry *e = &config->entries[i];
		int r = fn(e->key, e->value, e->where, arg);

		if (r)
			return r;
	}
	return 0;
}
