// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmd/config_keys.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/similar.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/base/trust.h"
#include "host/cmd/command.h"
#include "host/container/container.h"
#include "host/debian/debian.h"
#include "host/kernel/kernel.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

/*
 * What an outpost.conf in a source tree may set. Everything in a tree may come from somebody else,
 * and the user did not look at it: so only what changes nothing but how a module is built in the
 * container and tested on the board that the user chose. A key that is not here is restricted.
 */
static const struct {
	const char *key; /* a glob(7) pattern */
	bool is_free;
	const char *why;
} decisions[] = {
	{ "archive.*", false, "packages, and the keys that they are signed with" },
	{ "board.default", false, "the machine that is taken over" },
	{ "board.return_timeout", true, "a time limit" },
	{ "build.clang", true, "one of two compilers of the distribution" },
	{ "build.compiler_wrapper", false, "a program" },
	{ "build.in", false, "this machine instead of the container" },
	{ "build.jobs", true, "no more than the sources can do to the container's processors" },
	{ "build.kernel", true,
	  "a release; trees come from signed packages, or the user added them" },
	{ "build.no_ccache", true, "slower" },
	{ "build.sparse", true, "more warnings" },
	{ "build.w1", true, "more warnings" },
	{ "container.*", false, "the engine, its arguments, and what is in the image" },
	{ "kernel.git.*", false, "sources whose makefiles are run" },
	{ "kernel.keep", false, "removes trees of other projects" },
	{ "test.no_reboot", true, "what happens on the board that the user chose" },
	{ "test.repeat", true, "what happens on the board that the user chose" },
	{ "test.timeout", true, "a time limit" },
	{ "vm.boot", true, "slower" },
	{ "vm.cpus", true, "the size of a vm" },
	{ "vm.debug", true, "slower" },
	{ "vm.kaslr", true, "slower" },
	{ "vm.kernel", true, "a release; it comes from a signed package" },
	{ "vm.memory", true, "the size of a vm" },
	{ "vm.timeout", true, "a time limit" },
};

struct key_list {
	struct ini_key *keys; /* ends with an entry without a name */
	size_t n;
};

static void add(struct key_list *list, struct ini_key key)
{
	GROW(list->keys, list->n);
	list->keys[list->n++] = key;
}

static void add_rows(struct key_list *list, const struct option_row *rows)
{
	for (; rows->name; rows++) {
		unsigned int flags = rows->type == OPTION_TYPE_LIST ? INI_REPEATS : 0;

		if (options_may_be_empty(rows))
			flags |= INI_OPTIONAL;
		if (rows->key)
			add(list, (struct ini_key){ rows->key, flags });
	}
}

/* All rows; `rows` itself comes first. The caller frees the array, which ends with NULL. */
static const struct option_row **all_rows(const struct option_row *rows)
{
	const struct option_row **all = NULL;
	size_t n = 0;

	for (const struct command *const *c = commands; *c; c++)
		n++;
	all = xcalloc(n + 5, sizeof(*all));
	n = 0;
	all[n++] = rows;
	all[n++] = container_rows;
	all[n++] = kernel_git_rows;
	all[n++] = kernel_expire_rows;
	for (const struct command *const *c = commands; *c; c++)
		if ((*c)->options)
			all[n++] = (*c)->options;
	return all;
}

struct ini_key *config_keys(const struct option_row *rows)
{
	_cleanup_free_ const struct option_row **all = all_rows(rows);
	struct key_list list = { 0 };

	for (size_t i = 0; all[i]; i++)
		add_rows(&list, all[i]);
	for (const struct ini_key *key = debian_archive_keys; key->name; key++)
		add(&list, *key);
	add(&list, (struct ini_key){ NULL });
	return list.keys;
}

/* --- values ---------------------------------------------------------------------------------- */

/* Of a command that is not run, the values are only checked. */
static int check_values(const struct config *config, const struct option_row *rows)
{
	_cleanup_free_ char *dest = NULL;
	size_t size = 0;
	int r;

	for (const struct option_row *row = rows; row->name; row++)
		if (row->offset + sizeof(void *) > size)
			size = row->offset + sizeof(void *);
	dest = xcalloc(1, size);
	r = config_apply(config, rows, dest);
	options_release(rows, dest);
	return r;
}

static int check_archives(const struct config *config)
{
	struct debian_archives archives = { 0 };
	int r = debian_archives_load(config, &archives);

	debian_archives_release(&archives);
	return r;
}

/* A misspelt variable is no error: others may use the same prefix. */
static void check_variable(const char *entry, const struct ini_key *keys)
{
	_cleanup_free_ char *name = xstrndup(entry, strcspn(entry, "="));
	_cleanup_strv_ char **known = NULL;
	struct similar similar = { .word = name };

	strv_add(&known, OPTIONS_VARIABLE "YES"); /* --yes, which has no key */
	for (; keys->name; keys++) {
		_cleanup_free_ char *variable = options_variable(keys->name);

		strv_add(&known, variable);
	}
	if (strv_contains(known, name))
		return;
	strv_foreach (variable, known)
		similar_try(&similar, *variable);
	log_warn("Unknown environment variable %s%s%s%s", name,
		 similar.found ? " (did you mean " : "", similar.found ? similar.found : "",
		 similar.found ? "?)" : "");
}

static void check_environment(const struct ini_key *keys)
{
	strv_foreach (entry, environ)
		if (strncmp(*entry, OPTIONS_VARIABLE, strlen(OPTIONS_VARIABLE)) == 0)
			check_variable(*entry, keys);
}

int config_keys_check(const struct config *config, const struct option_row *rows)
{
	_cleanup_free_ const struct option_row **all = all_rows(rows);
	_cleanup_free_ struct ini_key *keys = config_keys(rows);
	int r = config_check(config, keys);

	for (size_t i = 0; all[i] && r == 0; i++)
		r = check_values(config, all[i]);
	check_environment(keys);
	return r == 0 ? check_archives(config) : r;
}

/* --- keys that need trust ------------------------------------------------------------------- */

bool config_key_is_decided(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(decisions); i++)
		if (fnmatch(decisions[i].key, key, 0) == 0)
			return true;
	return false;
}

bool config_key_is_restricted(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(decisions); i++)
		if (fnmatch(decisions[i].key, key, 0) == 0)
			return !decisions[i].is_free;
	return true;
}

void config_keys_ignore_untrusted(struct config *config)
{
	const char *file = config_project_file(config);

	if (file && !trust_has(file))
		config_ignore_project_keys(config, config_key_is_restricted);
}

int config_keys_require_trust(const struct config *config)
{
	const char *file = config_project_file(config);
	_cleanup_free_ char *own = path_configuration("outpost.conf", NULL);
	_cleanup_free_ char *why = NULL, *otherwise = NULL;
	_cleanup_(strbuf_release) struct strbuf names = STRBUF_INIT;
	_cleanup_strv_ char **keys = NULL;

	config_project_keys(config, config_key_is_restricted, &keys);
	if (!keys)
		return 0;
	strv_foreach (key, keys)
		strbuf_addf(&names, "%s%s", key == keys ? "" : ", ", *key);
	why = xasprintf("%s sets what runs here, and where: %s", file, names.buf);
	otherwise = xasprintf("Or set what you want of it in %s", own);
	return trust_require(config, file, why, otherwise);
}
