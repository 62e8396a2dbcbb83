// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/config.h"

#include "common/alloc.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/base/config_file.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>

struct entry {
	char *key; /* "section.name" */
	char *value;
	char *where; /* "file:line" */
	bool is_project;
};

struct file {
	char *path; /* NULL: there is none */
	struct strbuf text;
};

struct config {
	struct entry *entries;
	size_t n;
	struct file user, project;
	char **ignored;
	bool yes;
};

struct reading {
	struct config *config;
	bool is_project;
};

static int add_entry(const struct ini_entry *e, void *arg)
{
	const struct reading *reading = arg;
	struct config *config = reading->config;

	if (!e->key)
		return 0;
	GROW(config->entries, config->n);
	config->entries[config->n++] = (struct entry){
		.key = xstrdup(e->name),
		.value = xstrdup(e->value),
		.where = xasprintf("%s:%d", e->path, e->line),
		.is_project = reading->is_project,
	};
	return 0;
}

static int read_file(const struct file *file, const struct ini_key *keys, ini_fn fn, void *arg)
{
	const struct ini_syntax syntax = { .keys = keys };

	return file->path
		       ? ini_read_text(file->path, file->text.buf, file->text.len, &syntax, fn, arg)
		       : 0;
}

static int find_files(struct config *c)
{
	_cleanup_free_ char *own = path_configuration("outpost.conf", NULL), *real = NULL;
	int r = config_file_read(own, &c->user.text);

	if (r == 0)
		c->user.path = xstrdup(own);
	if (r == 0 || r == -ENOENT || r == -EPERM)
		r = config_file_find(&c->project.path, &c->project.text);
	/* The user's own file is not a project's, even where it is. */
	real = c->user.path ? realpath(own, NULL) : NULL;
	if (real && c->project.path && strcmp(real, c->project.path) == 0)
		free(TAKE_PTR(c->project.path));
	return r;
}

int config_load(struct config **config)
{
	_cleanup_(config_freep) struct config *c = xcalloc(1, sizeof(*c));
	struct reading user = { c, false }, project = { c, true };
	int r = find_files(c);

	if (r == 0)
		r = read_file(&c->user, NULL, add_entry, &user);
	if (r == 0)
		r = read_file(&c->project, NULL, add_entry, &project);
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
	int r = read_file(&config->user, keys, ignore, NULL);

	return r < 0 ? r : read_file(&config->project, keys, ignore, NULL);
}

/* --- what a project may not set by itself ------------------------------------------------- */

const char *config_project_file(const struct config *config)
{
	return config ? config->project.path : NULL;
}

void config_project_keys(const struct config *config, bool (*is_meant)(const char *key),
			 char ***keys)
{
	for (size_t i = 0; config && i < config->n; i++) {
		const struct entry *e = &config->entries[i];

		if (e->is_project && is_meant(e->key) && !strv_contains(*keys, e->key))
			strv_add(keys, e->key);
	}
}

static void free_entry(struct entry *e)
{
	free(e->key);
	free(e->value);
	free(e->where);
}

void config_ignore_project_keys(struct config *config, bool (*is_meant)(const char *key))
{
	size_t kept = 0;

	config_project_keys(config, is_meant, &config->ignored);
	for (size_t i = 0; i < config->n; i++) {
		struct entry *e = &config->entries[i];

		if (e->is_project && is_meant(e->key))
			free_entry(e);
		else
			config->entries[kept++] = *e;
	}
	config->n = kept;
}

char *const *config_ignored(const struct config *config)
{
	return config ? config->ignored : NULL;
}

void config_answer_yes(struct config *config)
{
	config->yes = true;
}

bool config_answers_yes(const struct config *config)
{
	return config && config->yes;
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->n; i++)
		free_entry(&config->entries[i]);
	free(config->entries);
	free(config->user.path);
	free(config->project.path);
	strbuf_release(&config->user.text);
	strbuf_release(&config->project.text);
	strv_free(config->ignored);
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
