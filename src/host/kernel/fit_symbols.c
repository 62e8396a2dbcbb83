// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module lists the CRC of each symbol that it uses. Modules that a kernel loads match that
 * kernel, so a Module.symvers that disagrees with them belongs to another kernel.
 */
#include "host/kernel/fit.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/fs_walk.h"
#include "common/strbuf.h"
#include "host/module/ko.h"
#include "host/base/paths.h"
#include "host/module/symvers.h"

#include <errno.h>
#include <string.h>

struct tally {
	const struct symvers *symvers;
	bool *seen; /* for each symbol in it */
	size_t modules, unread, agree, differ, missing;
	struct strbuf first; /* one that differs or is missing */
};

static void count_one(struct tally *t, const struct ko_version *v)
{
	const struct symvers_symbol *s = symvers_find(t->symvers, v->name);
	bool agrees = s && s->crc == v->crc;

	if (agrees && t->seen[s - t->symvers->symbols])
		return;
	if (s && agrees)
		t->seen[s - t->symvers->symbols] = true;
	if (!agrees && !t->first.len)
		strbuf_adds(&t->first, v->name);
	t->agree += agrees;
	t->differ += s && !agrees;
	t->missing += !s;
}

static void count_module(struct tally *t, const char *path)
{
	_cleanup_(ko_freep) struct ko *ko = NULL;
	_cleanup_free_ struct ko_version *list = NULL;
	size_t n = 0;
	int r = ko_open(path, &ko);

	t->modules++;
	if (r == 0)
		r = ko_versions(ko, KO_VERSIONS, &list, &n);
	if (r == -ENOENT)
		r = ko_versions(ko, KO_VERSIONS_EXTENDED, &list, &n);
	if (r < 0 && r != -ENOENT)
		t->unread++;
	for (size_t i = 0; r == 0 && i < n; i++)
		count_one(t, &list[i]);
}

static int see(const struct fs_entry *entry, void *tally)
{
	if (entry->kind == FS_FILE)
		count_module(tally, entry->path);
	return 0;
}

static void add_result(const struct tally *t, struct kernel_fits *fits)
{
	struct strbuf text = STRBUF_INIT;

	if (!t->agree && !t->differ && !t->missing) {
		kernel_fits_add(
			fits, "symbols", FIT_UNKNOWN,
			xasprintf("read %zu modules of the board, none has CRCs", t->modules));
		return;
	}
	strbuf_addf(&text, "%zu of %zu CRCs agree", t->agree, t->symvers->n);
	if (t->differ || t->missing)
		strbuf_addf(&text, ", %zu differ, %zu are not in Module.symvers (%s, ...)",
			    t->differ, t->missing, t->first.buf);
	else
		strbuf_adds(&text, ", none differs");
	strbuf_addf(&text, "; %zu of the board's modules read", t->modules);
	if (t->unread)
		strbuf_addf(&text, ", %zu of them damaged", t->unread);
	kernel_fits_add(fits, "symbols", t->differ || t->missing ? FIT_NO : FIT_YES,
			strbuf_detach(&text));
}

void kernel_fit_symbols(const char *build, const char *dir, struct kernel_fits *fits)
{
	_cleanup_free_ char *path = path_join(build, "Module.symvers", NULL);
	_cleanup_(symvers_freep) struct symvers *symvers = NULL;
	struct tally t = { .first = STRBUF_INIT };

	if (symvers_read(path, &symvers, NULL) < 0) {
		kernel_fits_add(fits, "symbols", FIT_NO,
				xstrdup("Module.symvers is missing or unreadable"));
		return;
	}
	t.symvers = symvers;
	t.seen = xcalloc(symvers->n + 1, sizeof(*t.seen));
	fs_walk(dir, FS_FOLDER_FIRST, see, &t);
	add_result(&t, fits);
	free(t.seen);
	strbuf_release(&t.first);
}
