// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmd/config_keys.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
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
	for (; rows && rows->name; rows++) {
		unsigned int flags = rows->type == OPTION_TYPE_LIST ? INI_REPEATS : 0;

		/* WORDS may be empty, so that a project can override a user's setting. */
		if (rows->arg && strcmp(rows->arg, "WORDS") == 0)
			flags |= INI_OPTIONAL;
		if (rows->key)
			add(list, (struct ini_key){ rows->key, flags });
	}
}

struct ini_key *config_keys(const struct option_row *rows)
{
	struct key_list list = { 0 };

	add_rows(&list, rows);
	for (const struct command *const *c = commands; *c; c++)
		add_rows(&list, (*c)->options);
	add_rows(&list, container_rows);
	add_rows(&list, kernel_git_rows);
	add_rows(&list, kernel_expire_rows);
	for (const struct ini_key *key = debian_archive_keys; key->name; key++)
		add(&list, *key);
	add(&list, (struct ini_key){ NULL });
	return list.keys;
}

int config_keys_check(const struct config *config, const struct option_row *rows)
{
	_cleanup_free_ struct ini_key *keys = config_keys(rows);

	return config_check(config, keys);
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
