// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/config.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/paths.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

struct entry {
	char *key;
	char *value;
	const char *file; /* one of config->files */
};

struct config {
	struct entry *entries;
	size_t n;
	char *files[2];
};

/* What the parser's callback needs to know. */
struct reader {
	struct config *config;
	const char *file;
};

static int add_entry(void *arg, const char *section, const char *name, const char *value)
{
	struct reader *reader = arg;
	struct config *config = reader->config;

	GROW(config->entries, config->n);
	config->entries[config->n++] = (struct entry){
		.key = *section ? xasprintf("%s.%s", section, name) : xstrdup(name),
		.value = xstrdup(value),
		.file = reader->file,
	};
	return 1;
}

static int read_file(struct config *config, const char *file)
{
	struct reader reader = { .config = config, .file = file };
	int r = ini_parse(file, add_entry, &reader);

	if (r > 0) {
		log_error("%s:%d: this is neither [section] nor name = value.", file, r);
		return -EINVAL;
	}
	/* libinih: -1 is "cannot open", -2 "no memory". */
	return r == -1 && fs_exists(file) ? log_error_errno(-EACCES, "Cannot read %s", file) : 0;
}

/* outpost.conf here or in the nearest folder above; NULL when there is none. */
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

	c->files[0] = path_configuration("outpost.conf", NULL);
	c->files[1] = project_file();
	for (size_t i = 0; i < ARRAY_SIZE(c->files); i++) {
		int r = c->files[i] ? read_file(c, c->files[i]) : 0;

		if (r < 0)
			return r;
	}
	*config = TAKE_PTR(c);
	return 0;
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->n; i++) {
		free(config->entries[i].key);
		free(config->entries[i].value);
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
		log_error("%s: %s = %s is not valid: %s.", e->file, e->key, e->value, why);
		return -EINVAL;
	}
	return options_from_environment(rows, dest);
}

int config_each(const struct config *config,
		int (*fn)(const char *key, const char *value, const char *file, void *arg),
		void *arg)
{
	for (size_t i = 0; config && i < config->n; i++) {
		const struct entry *e = &config->entries[i];
		int r = fn(e->key, e->value, e->file, arg);

		if (r)
			return r;
	}
	return 0;
}
