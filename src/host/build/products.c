// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/products.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "common/text.h"
#include "host/base/paths.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 64 /* with more changes, as after a switch of branches, nothing stays */
#define FILE_MAX  (8 * 1024 * 1024)

struct drop {
	int copy;
	const struct inventory *sources;
	struct products_change *change;
	bool all;
};

static bool fits(const char *const *patterns, const char *name)
{
	for (; *patterns; patterns++)
		if (fnmatch(*patterns, name, 0) == 0)
			return true;
	return false;
}

/* kbuild compares these files: it lists them as an object's dependencies. */
static bool is_code(const char *name)
{
	return fits((const char *const[]){ "*.c", "*.h", "*.S", "*.rs", NULL }, name);
}

/*
 * make reads these each time. They affect an object only through its command, which kbuild
 * compares.
 */
static bool is_makefile(const char *name)
{
	return fits((const char *const[]){ "Makefile*", "Kbuild*", "*.mk", NULL }, name);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void note_name(struct products_change *change, const char *path)
{
	const char *name = last_part(path);

	change->any = true;
	if (!is_makefile(name) && !strv_contains(change->names, name) &&
	    strv_length(change->names) <= NAMES_MAX)
		strv_add(&change->names, name);
}

void products_note_path(struct products_change *change, const char *path)
{
	note_name(change, path);
}

void products_note_content(struct products_change *change, const char *path)
{
	if (!is_code(last_part(path)))
		note_name(change, path);
}

void products_change_release(struct products_change *change)
{
	strv_free(change->names);
	*change = (struct products_change){ 0 };
}

/* --- dependencies ------------------------------------------------------------------------ */

/* Does the text contain the name as a complete path component? */
static bool mentions(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = text; (p = strstr(p, name)); p++)
		if ((p == text || strchr("/ \t\n\"<", p[-1])) &&
		    (!p[n] || strchr("/ \t\n\\\">):", p[n])))
			return true;
	return false;
}

static bool mentions_any(const char *text, char *const *names)
{
	strv_foreach (name, names)
		if (mentions(text, *name))
			return true;
	return false;
}

/*
 * A new header may be found before the one of that name that is used now, or be tested by
 * __has_include; and no list has files that .incbin includes. So files that mention a name
 * count like that name.
 */
static void add_readers(const struct drop *d)
{
	_cleanup_strv_ char **readers = NULL;

	for (size_t i = 0; i < d->sources->n; i++) {
		const char *path = d->sources->list[i].path;
		_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (d->sources->list[i].type != 'd' && is_code(path) &&
		    beneath_read_linked(d->copy, path, &text, FILE_MAX) == 0 &&
		    mentions_any(text.buf, d->change->names))
			strv_add(&readers, last_part(path));
	}
	strv_foreach (name, readers)
		if (!strv_contains(d->change->names, *name))
			strv_add(&d->change->names, *name);
}

/* --- what stays -------------------------------------------------------------------------- */

/* The value of "source_OBJECT := SOURCE" in kbuild's .cmd file. */
static char *source_of(const char *cmd)
{
	const char *line = strstr(cmd, "\nsource_"), *value = line ? strstr(line, ":= ") : NULL;

	if (!value)
		return NULL;
	value += 3;
	return xstrndup(value, strcspn(value, " \t\n"));
}

/* Does the object have the name of a source next to it, so that kbuild's own rule makes it? */
static bool is_of_source(const struct drop *d, const char *rel, const char *source)
{
	const char *name = last_part(source), *dot = strrchr(name, '.');
	const char *object = last_part(rel);
	size_t n = strlen(object) - strlen(".o");
	_cleanup_free_ char *path = xasprintf("%.*s%s", (int)(object - rel), rel, name);

	return dot && is_code(name) && (size_t)(dot - name) == n && strncmp(name, object, n) == 0 &&
	       inventory_find(d->sources, path);
}

/* `rel` is an object. */
static bool stays(const struct drop *d, const char *rel)
{
	const char *object = last_part(rel);
	_cleanup_free_ char *cmd = xasprintf("%.*s.%s.cmd", (int)(object - rel), rel, object);
	_cleanup_free_ char *source = NULL;
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (d->all || !beneath_exists(d->copy, rel) ||
	    beneath_read(d->copy, cmd, &text, FILE_MAX) < 0)
		return false;
	source = source_of(text.buf);
	return source && is_of_source(d, rel, source) && !mentions_any(text.buf, d->change->names);
}

static bool is_object(const char *name)
{
	return strlen(name) > 2 && text_ends_with(name, ".o");
}

/* A ".x.o.cmd" stays if its object stays. */
static bool stays_with(const struct drop *d, const char *rel)
{
	const char *name = last_part(rel);
	bool is_cmd = *name == '.' && text_ends_with(name, ".o.cmd");
	_cleanup_free_ char *object =
		is_cmd ? xasprintf("%.*s%.*s", (int)(name - rel), rel,
				   (int)(strlen(name) - 1 - strlen(".cmd")), name + 1)
		       : xstrdup(rel);

	return is_object(last_part(object)) && stays(d, object);
}

/* --- walking ----------------------------------------------------------------------------- */

/* Other files were made by a rule of the module's own makefile. */
static bool is_of_kbuild(const char *name)
{
	return fits((const char *const[]){ "*.o", "*.ko", "*.mod", "*.mod.c", "*.a", ".*.cmd",
					   ".*.d", "modules.order", "Module.symvers", NULL },
		    name);
}

/*
 * Generated files are removed, and made again if a rule still exists. Objects that depend on
 * them are removed, too.
 */
static int note_generated(const struct drop *d, const char *rel)
{
	const char *name = last_part(rel);

	if (!is_of_kbuild(name) && !strv_contains(d->change->names, name))
		strv_add(&d->change->names, name);
	return 0;
}

static int drop_product(const struct drop *d, const char *rel)
{
	int r = stays_with(d, rel) ? 0 : beneath_remove(d->copy, rel);

	return r < 0 ? log_error_errno(r, "Cannot remove %s from the copy", rel) : 0;
}

/* Calls `fn` for each file that is not a source. */
static int walk(const struct drop *d, const char *dir,
		int (*fn)(const struct drop *d, const char *rel))
{
	_cleanup_strv_ char **names = NULL;
	int r = beneath_list(d->copy, dir, &names);

	if (r < 0)
		return log_error_errno(r, "Cannot read the folder %s of the copy", dir);
	strv_foreach (name, names) {
		_cleanup_free_ char *rel = *dir ? path_join(dir, *name, NULL) : xstrdup(*name);
		const struct inventory_entry *source = inventory_find(d->sources, rel);

		if (!source)
			r = fn(d, rel);
		else if (source->type == 'd')
			r = walk(d, rel, fn);
		if (r < 0)
			return r;
	}
	return 0;
}

int products_drop(int copy, const struct inventory *sources, struct products_change *change)
{
	struct drop d = { .copy = copy, .sources = sources, .change = change };
	int r = 0;

	if (!change->any)
		return 0;
	d.all = change->all || strv_length(change->names) > NAMES_MAX;
	if (!d.all) {
		add_readers(&d);
		r = walk(&d, "", note_generated);
	}
	return r < 0 ? r : walk(&d, "", drop_product);
}
