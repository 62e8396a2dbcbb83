// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmd/config_keys.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "host/cmd/command.h"
#include "host/container/container.h"
#include "host/debian/debian.h"
#include "host/kernel/kernel.h"

#include <string.h>

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

int config_keys_check(const struct config *config, const struct option_row *rows)
{
	struct key_list list = { 0 };
	int r;

	add_rows(&list, rows);
	for (const struct command *const *c = commands; *c; c++)
		add_rows(&list, (*c)->options);
	add_rows(&list, container_rows);
	add_rows(&list, kernel_git_rows);
	add_rows(&list, kernel_expire_rows);
	for (const struct ini_key *key = debian_archive_keys; key->name; key++)
		add(&list, *key);
	add(&list, (struct ini_key){ NULL });
	r = config_check(config, list.keys);
	free(list.keys);
	return r;
}
