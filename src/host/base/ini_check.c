// SPDX-License-Identifier: GPL-2.0-only
/* Checks keys, and suggests similar ones for unknown keys. */
#include "host/base/ini_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/similar.h"
#include "common/text.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

/* The two parts of a key's name, "section.key"; the section may have dots, or be "". */
struct parts {
	char *section;
	const char *key;
};

static void parts_release(struct parts *parts)
{
	free(parts->section);
}

static struct parts take_apart(const char *name)
{
	const char *dot = strrchr(name, '.');

	return (struct parts){
		.section = dot ? xstrndup(name, (size_t)(dot - name)) : xstrdup(""),
		.key = dot ? dot + 1 : name,
	};
}

static bool is_pattern(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

static bool matches(const char *pattern, const char *text)
{
	return fnmatch(pattern, text, FNM_NOESCAPE) == 0;
}

const struct ini_key *ini_find_key(const struct ini_key *keys, const char *name)
{
	for (; keys && keys->name; keys++)
		if (matches(keys->name, name))
			return keys;
	return NULL;
}

/*
 * A section is known if it is a key's section, or the start of one up to a dot: [kernel] has
 * git.url, too.
 */
static bool knows_section(const struct ini_key *keys, const char *section)
{
	for (; keys->name; keys++) {
		_cleanup_(parts_release) struct parts parts = take_apart(keys->name);
		size_t n = strlen(section);

		if (*parts.section &&
		    (matches(parts.section, section) ||
		     (strncmp(parts.section, section, n) == 0 && parts.section[n] == '.')))
			return true;
	}
	return false;
}

static int unknown_section(const struct ini_entry *e, const struct ini_syntax *syntax)
{
	struct similar similar = { .word = e->section };
	_cleanup_free_ char *meant = NULL;
	bool any = false;

	for (const struct ini_key *k = syntax->keys; k->name; k++) {
		_cleanup_(parts_release) struct parts parts = take_apart(k->name);

		any |= *parts.section;
		if (!*parts.section || is_pattern(parts.section))
			continue;
		similar_try(&similar, parts.section);
		if (similar.found == parts.section) {
			free(meant);
			similar.found = meant = TAKE_PTR(parts.section);
		}
	}
	return ini_error(e, syntax->level, "unknown section [%s]%s%s%s", e->section,
			 meant ? " (did you mean ["
			 : any ? ""
			       : ": this file has none",
			 meant ? meant : "", meant ? "]?)" : "");
}

/* The name of the same key in another section, or in none. */
static const char *elsewhere(const struct ini_entry *e, const struct ini_key *keys)
{
	for (; keys->name; keys++) {
		_cleanup_(parts_release) struct parts parts = take_apart(keys->name);

		if (strcmp(parts.key, e->key) == 0 && !is_pattern(parts.section))
			return keys->name;
	}
	return NULL;
}

static int unknown_key(const struct ini_entry *e, const struct ini_syntax *syntax)
{
	struct similar similar = { .word = e->key };
	const char *name = elsewhere(e, syntax->keys);

	for (const struct ini_key *k = syntax->keys; k->name; k++) {
		_cleanup_(parts_release) struct parts parts = take_apart(k->name);

		if (matches(parts.section, e->section))
			similar_try(&similar, parts.key);
	}
	if (name) {
		_cleanup_(parts_release) struct parts parts = take_apart(name);

		return ini_error(e, syntax->level, "unknown key \"%s\"%s%s%s: it belongs %s%s%s",
				 e->key, *e->section ? " in [" : "", e->section,
				 *e->section ? "]" : "",
				 *parts.section ? "in [" : "before any section", parts.section,
				 *parts.section ? "]" : "");
	}
	return ini_error(e, syntax->level, "unknown key \"%s\"%s%s%s", e->key,
			 similar.found ? " (did you mean \"" : "",
			 similar.found ? similar.found : "", similar.found ? "\"?)" : "");
}

int ini_check(const struct ini_entry *e, const struct ini_syntax *syntax)
{
	const struct ini_key *key = e->key ? ini_find_key(syntax->keys, e->name) : NULL;

	if (key && !*e->value && !(key->flags & INI_OPTIONAL))
		return ini_error(e, syntax->level, "\"%s\" has no value", e->key);
	if (key || syntax->passes_unknown)
		return 0;
	if (*e->section && !knows_section(syntax->keys, e->section))
		return unknown_section(e, syntax);
	return e->key ? unknown_key(e, syntax) : 0;
}
