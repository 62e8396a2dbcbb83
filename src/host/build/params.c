// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/params.h"

#include "common/alloc.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"

#include <string.h>

/* As next_arg() in Linux kernel/params.c: blanks separate words, except in double quotes. */
char *params_next(const char **params)
{
	const char *start = *params + strspn(*params, " \t\n"), *p = start;
	bool quoted = false;

	if (!*start)
		return NULL;
	for (; *p && (quoted || !strchr(" \t\n", *p)); p++)
		quoted ^= *p == '"';
	*params = p;
	start += *start == '"';
	return xstrndup(start, strcspn(start, "= \t\n\""));
}

/*
 * The kernel treats a dash in a parameter's name as an underscore. Any module has these two
 * parameters.
 */
static bool has(const struct module *m, const char *name)
{
	if (strcmp(name, "dyndbg") == 0 || strcmp(name, "async_probe") == 0)
		return true;
	strv_foreach (parameter, m->parameters) {
		const char *a = *parameter, *b = name;

		while (*a && (*a == *b || (strchr("-_", *a) && *b && strchr("-_", *b))))
			a++, b++;
		if (!*a && !*b)
			return true;
	}
	return false;
}

static void say_parameters(const struct module *m)
{
	_cleanup_(strbuf_release) struct strbuf list = STRBUF_INIT;

	strv_foreach (parameter, m->parameters)
		strbuf_addf(&list, "%s%s", list.len ? ", " : "", *parameter);
	log_hint("%s has %s%s", m->name, list.len ? "the parameters " : "no parameters",
		 list.len ? list.buf : "");
}

void params_check(const struct module_list *modules, const char *params)
{
	for (;;) {
		_cleanup_free_ char *name = params_next(&params);
		bool known = false, judged = false;

		if (!name)
			return;
		for (size_t i = 0; i < modules->n; i++) {
			judged |= !modules->modules[i]->error;
			known |= has(modules->modules[i], name);
		}
		if (known || !judged)
			continue;
		log_warn("Unknown parameter '%s'; the kernel ignores it", name);
		for (size_t i = 0; i < modules->n; i++)
			if (!modules->modules[i]->error)
				say_parameters(modules->modules[i]);
	}
}
