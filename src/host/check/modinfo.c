// SPDX-License-Identifier: GPL-2.0-only
/* What a module says about itself: check_modinfo() in the kernel. */
#include "host/check/internal.h"

#include "common/alloc.h"
#include "common/strv.h"

#include <string.h>

static char **split(const char *text)
{
	_cleanup_free_ char *copy = xstrdup(text);
	char **words = NULL, *rest = copy;

	for (char *word; (word = strsep(&rest, " "));)
		if (*word)
			strv_add(&words, word);
	return words;
}

static char *hint_of(const struct check *check)
{
	return xasprintf("Build it for this kernel: outpost build -k %s", check->kernel->release);
}

/* Compares the words after the release. */
static void compare_words(struct check *check, char *const *wanted, char *const *found)
{
	strv_foreach (word, wanted)
		if (!strv_contains(found, *word))
			check_add(check, CHECK_REFUSED, NULL, xstrdup(*word), xstrdup("missing"),
				  hint_of(check));
	strv_foreach (word, found)
		if (!strv_contains(wanted, *word))
			check_add(check, CHECK_REFUSED, NULL, xasprintf("no '%s'", *word),
				  xstrdup(*word), hint_of(check));
}

void check_vermagic(struct check *check)
{
	const char *found = check_modinfo_value(check, "vermagic", NULL);
	const char *wanted = check->kernel->vermagic;
	_cleanup_strv_ char **words = NULL, **expected = split(wanted);
	/* With CRCs the kernel ignores the release, because they are more precise. */
	bool crcs = check_config(check->kernel, "CONFIG_MODVERSIONS") &&
		    ko_find(check->ko, "__versions");
	size_t before = check->result->n;

	if (!found) {
		check_add(check, check_force(check), NULL, xstrdup(wanted), xstrdup("none"),
			  hint_of(check));
		return;
	}
	if (strcmp(found, wanted) == 0)
		return;
	words = split(found);
	if (!words || strcmp(*words, *expected) != 0)
		check_add(check, crcs ? CHECK_NOTED : CHECK_REFUSED, NULL, xstrdup(*expected),
			  xstrdup(words ? *words : ""), hint_of(check));
	compare_words(check, expected + 1, words ? words + 1 : NULL);
	/* The same words, but in another order, or with different blanks. */
	if (check->result->n == before ||
	    (crcs && check->result->n == before + 1 &&
	     strcmp(found + strcspn(found, " "), wanted + strcspn(wanted, " ")) != 0 &&
	     !check->result->problems[before].fatal))
		check_add(check, CHECK_REFUSED, NULL, xstrdup(wanted), xstrdup(found),
			  hint_of(check));
}

void check_livepatch(struct check *check)
{
	if (check_modinfo_value(check, "livepatch", NULL) &&
	    !check_config(check->kernel, "CONFIG_LIVEPATCH"))
		check_add(check, CHECK_REFUSED, NULL, xstrdup("a kernel with CONFIG_LIVEPATCH"),
			  xstrdup("a kernel without it"),
			  xstrdup("Use a live patch only on the kernel that it patches"));
}
