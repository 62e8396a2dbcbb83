// SPDX-License-Identifier: GPL-2.0-only
#include "host/kernel/crc_collector.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/fs_walk.h"
#include "common/log.h"
#include "host/kernel/exports.h"
#include "host/module/ko.h"
#include "host/base/name_tree.h"

#include <ctype.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
	char *name;       /* must be first, for name_tree.h */
	char *from;       /* the module in which its CRC was seen first */
	char *module;     /* the module that exports it; NULL: vmlinux */
	char *name_space; /* with a module */
	uint32_t crc;
	bool has_crc, gpl;
};

struct crc_collector {
	void *tree; /* struct symbol, for tsearch(3) */
	size_t modules;
};

struct crc_collector *crc_collector_new(void)
{
	return xcalloc(1, sizeof(struct crc_collector));
}

static void free_symbol(void *p)
{
	struct symbol *s = p;

	free(s->name);
	free(s->from);
	free(s->module);
	free(s->name_space);
	free(s);
}

void crc_collector_free(struct crc_collector *collector)
{
	tdestroy(collector->tree, free_symbol);
	free(collector);
}

static struct symbol *find_or_add(struct crc_collector *h, const char *name)
{
	struct symbol *s = name_tree_find(h->tree, name);

	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	s->name = xstrdup(name);
	tsearch(s, &h->tree, name_tree_compare);
	return s;
}

static int set_crc(struct symbol *s, uint32_t crc, const char *module)
{
	if (!s->has_crc) {
		s->crc = crc;
		s->from = xstrdup(module);
		s->has_crc = true;
	}
	if (s->crc == crc)
		return 0;
	log_error("Modules on the board contradict each other: the CRC of %s is 0x%08x in %s and "
		  "0x%08x in %s",
		  s->name, s->crc, s->from, crc, module);
	log_hint("They belong to different kernels. Reinstall the kernel's package on the board.");
	return -EEXIST;
}

/*
 * modpost copies these names into C files, which are then compiled, and a line of Module.symvers
 * ends at the newline.
 */
static bool is_plain(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_.,:+-/", *name))
			return false;
	return true;
}

static int take_versions(struct crc_collector *h, const struct ko *ko, const char *module)
{
	_cleanup_free_ struct ko_version *list = NULL;
	size_t n = 0;
	int r = ko_versions(ko, KO_VERSIONS, &list, &n);

	if (r == -ENOENT)
		r = ko_versions(ko, KO_VERSIONS_EXTENDED, &list, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!is_plain(list[i].name))
			r = -EBADMSG;
		else if (*list[i].name)
			r = set_crc(find_or_add(h, list[i].name), list[i].crc, module);
	return r == -ENOENT ? 0 : r;
}

static int take_exports(struct crc_collector *h, const struct ko *ko, const char *module)
{
	_cleanup_free_ struct ko_export *list = NULL;
	size_t n = ko_exports(ko, &list);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct symbol *s;

		if (!is_plain(list[i].name) || !is_plain(list[i].name_space))
			return -EBADMSG;
		s = find_or_add(h, list[i].name);
		if (!s->module) {
			s->module = xstrdup(module);
			s->name_space = xstrdup(list[i].name_space);
			s->gpl = list[i].gpl;
		}
		if (list[i].has_crc)
			r = set_crc(s, list[i].crc, module);
	}
	return r;
}

int crc_collector_module(struct crc_collector *collector, const struct ko *ko, const char *name)
{
	int r = ko_has_sections(ko) && is_plain(name) ? take_versions(collector, ko, name)
						      : -EBADMSG;

	if (r == 0)
		r = take_exports(collector, ko, name);
	if (r == -EBADMSG)
		log_error("Module %s on the board is damaged", name);
	collector->modules++;
	return r;
}

/* --- a folder of modules -------------------------------------------------------------- */

/* "drivers/net/mii" of ".../kernel/drivers/net/mii.ko.xz" */
static char *module_of(const char *path)
{
	static const char top[] = "/kernel/";
	const char *from = strstr(path, "/modules/"), *end;

	from = from ? strstr(from, top) : NULL;
	from = from ? from + strlen(top) : path;
	end = strstr(strrchr(path, '/'), ".ko");
	return end ? xstrndup(from, (size_t)(end - from)) : NULL;
}

static int see(const struct fs_entry *entry, void *arg)
{
	_cleanup_free_ char *name = entry->kind == FS_FILE ? module_of(entry->path) : NULL;
	_cleanup_(ko_freep) struct ko *ko = NULL;
	int r;

	if (!name)
		return 0;
	r = ko_open(entry->path, &ko);
	if (r < 0)
		return log_error_errno(r, "Cannot read the board's module %s", name);
	return crc_collector_module(arg, ko, name);
}

int crc_collector_folder(struct crc_collector *collector, const char *dir)
{
	/* Only this is left to log: see() logs what is wrong with a module. */
	if (!fs_is_dir(dir))
		return log_error_errno(-ENOTDIR, "Cannot read %s", dir);
	return fs_walk(dir, FS_FOLDER_FIRST, see, collector);
}

/* --- the result ----------------------------------------------------------------------- */

struct writing {
	const struct exports *exports;
	struct strbuf *out;
	struct crc_counts *counts;
};

static void write_one(const void *node, VISIT visit, void *closure)
{
	const struct symbol *s = *(struct symbol *const *)node;
	struct writing *w = closure;
	const char *name_space = s->name_space;
	bool gpl = s->gpl;

	if ((visit != postorder && visit != leaf) || !s->has_crc)
		return;
	if (!s->module) {
		const struct exported *e = exports_find(w->exports, s->name);

		gpl = !e || e->gpl;
		name_space = e ? e->name_space : "";
		w->counts->unknown += !e;
	}
	strbuf_addf(w->out, "0x%08x\t%s\t%s\tEXPORT_SYMBOL%s\t%s\n", s->crc, s->name,
		    s->module ? s->module : "vmlinux", gpl ? "_GPL" : "", name_space);
	w->counts->symbols++;
}

void crc_collector_write(const struct crc_collector *collector, const struct exports *exports,
			 struct strbuf *out, struct crc_counts *counts)
{
	struct writing w = { exports, out, counts };

	*counts = (struct crc_counts){ .modules = collector->modules };
	twalk_r(collector->tree, write_one, &w);
}
