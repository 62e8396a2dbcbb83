// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/tasks.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/paths.h"

#include <string.h>

#define SYMVERS_MAX (64 << 20)

/* Finds another folder that exports an undefined symbol, and that depends= should have named. */
static const char *find_exporter(const struct tasks *t, const struct unit *unit, const char *symbol)
{
	_cleanup_free_ char *entry = xasprintf("\t%s\t", symbol);

	for (size_t i = 0; i < t->n; i++) {
		const struct unit *other = &t->list[i].unit;
		_cleanup_close_ int copy = unit_open_copy(other);
		_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (other != unit && other->tree == unit->tree && copy >= 0 &&
		    beneath_read(copy, "Module.symvers", &text, SYMVERS_MAX) == 0 &&
		    strstr(text.buf, entry))
			return *other->provides;
	}
	return NULL;
}

static void hint_undefined(const struct tasks *t, const struct unit *unit, const char *messages)
{
	const char *start = strstr(messages, "modpost: \""), *end;
	_cleanup_free_ char *symbol = NULL;
	const char *exporter;

	if (!start || !(end = strchr(start + 10, '"')) || !strstr(end, "undefined!"))
		return;
	symbol = xstrndup(start + 10, (size_t)(end - start - 10));
	exporter = find_exporter(t, unit, symbol);
	if (exporter)
		log_hint("%s is exported by %s: add 'depends = %s' to %s/test.conf", symbol,
			 exporter, exporter, unit->shown);
	else
		log_hint("The kernel does not export %s to modules. If another module does, build "
			 "its folder too, and name it in 'depends =' of %s/test.conf.",
			 symbol, unit->shown);
}

/* See LEVELS in neighbours.c. */
static void hint_too_far(const char *messages)
{
	if (strstr(messages, "../../../"))
		log_hint("Of what is outside a module's folder, a build has only what the sources "
			 "name as ../NAME or ../../NAME");
}

static void count_warnings(struct tasks *t, const struct unit *unit, const char *text)
{
	struct messages messages = MESSAGES_INIT;
	struct path_map map = unit_path_map(unit);

	messages_read(&messages, &map, text, false);
	t->counts.warnings += messages.warnings;
	messages_release(&messages);
}

void tasks_say(struct tasks *t, const struct unit *unit)
{
	_cleanup_free_ char *path = unit_file(unit, "messages"),
			    *log = unit_file(unit, "build.log");
	_cleanup_free_ char *name = tasks_name(t, unit);
	_cleanup_(strbuf_release) struct strbuf messages = STRBUF_INIT;

	(void)fs_read_trimmed(path, &messages, 0);
	count_warnings(t, unit, messages.buf);
	if (unit->error) {
		log_lines(LOG_LEVEL_ERROR, messages.buf, "%s: %s", name, unit->error);
		hint_undefined(t, unit, messages.buf);
		hint_too_far(messages.buf);
		if (messages.len && fs_exists(log))
			log_hint("See %s for the full build output", log);
	} else if (messages.len) {
		log_lines(LOG_LEVEL_WARN, messages.buf, "%s:", name);
	}
}
