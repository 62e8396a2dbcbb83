// SPDX-License-Identifier: GPL-2.0-only
/* The INI reader keeps its promises, and reads back the values that it says a file can hold. */
#include "common/alloc.h"
#include "common/log.h"
#include "fuzz.h"
#include "host/base/ini.h"

#include <errno.h>
#include <string.h>

static const struct ini_key keys[] = {
	{ "key" },
	{ "words", INI_OPTIONAL },
	{ "log", INI_REPEATS },
	{ "section.key" },
	{ "many.*.key", INI_OPTIONAL | INI_REPEATS },
	{ NULL },
};

struct found {
	int line;
	size_t entries;
};

static void check_again(const char *key, const char *value);

static int take(const struct ini_entry *e, void *arg)
{
	struct found *found = arg;

	MUST(e->line > found->line && e->section && e->name && strcmp(e->path, "fuzz.conf") == 0);
	MUST(!e->key == !e->value);
	MUST(!e->key || (*e->key && strlen(e->key) + strlen(e->value) < 200));
	MUST(!e->key || !strpbrk(e->value, "\r\n"));
	found->line = e->line;
	found->entries++;
	return 0;
}

static int take_known(const struct ini_entry *e, void *arg)
{
	MUST(!*e->section || strcmp(e->section, "section") == 0 ||
	     strncmp(e->section, "many", 4) == 0);
	MUST(!e->key || *e->value || strcmp(e->key, "words") == 0 ||
	     strncmp(e->section, "many.", 5) == 0);
	if (e->key && ini_can_hold("key", e->value))
		check_again("key", e->value);
	return take(e, arg);
}

static int compare(const struct ini_entry *e, void *arg)
{
	MUST(strcmp(e->value, arg) == 0);
	return 0;
}

static void check_again(const char *key, const char *value)
{
	const struct ini_syntax syntax = { .keys = keys };
	char *text = xasprintf("%s = %s\n", key, value);

	MUST(ini_read_text("again.conf", text, strlen(text), &syntax, compare,
			   (void *)(uintptr_t)value) == 0);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ini_syntax any = { .keys = NULL }, known = { .keys = keys };
	struct found all = { 0 }, some = { 0 };
	int r, s;

	log_set_level(LOG_LEVEL_NONE);
	r = ini_read_text("fuzz.conf", (const char *)data, size, &any, take, &all);
	s = ini_read_text("fuzz.conf", (const char *)data, size, &known, take_known, &some);
	MUST((r == 0 || r == -EINVAL) && (s == 0 || s == -EINVAL));
	MUST(s < 0 || (r == 0 && some.entries == all.entries));
	return 0;
}
