// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/inventory.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

void inventory_release(struct inventory *entries)
{
	for (size_t i = 0; i < entries->n; i++) {
		free(entries->list[i].path);
		free(entries->list[i].link);
	}
	free(entries->list);
	*entries = (struct inventory){ 0 };
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct inventory_entry *)a)->path,
		      ((const struct inventory_entry *)b)->path);
}

struct inventory_entry *inventory_find(const struct inventory *sorted, const char *path)
{
	struct inventory_entry key = { .path = (char *)path };

	if (sorted->n == 0)
		return NULL;
	return bsearch(&key, sorted->list, sorted->n, sizeof(key), compare_entries);
}

void inventory_sort(struct inventory *entries)
{
	if (entries->n)
		qsort(entries->list, entries->n, sizeof(*entries->list), compare_entries);
}

/* The letters distinguish the fields of this format from older ones, which had fewer. */
static const char *read_entry(struct inventory *entries, const char *p, const char *end)
{
	struct inventory_entry e = { 0 };
	int path_at = 0;
	const char *link;

	if (sscanf(p, "%c %o %lld c%lld %lld i%llu %n", &e.type, &e.mode, &e.mtime, &e.ctime,
		   &e.size, &e.inode, &path_at) != 6 ||
	    !path_at)
		return NULL;
	link = p + strlen(p) + 1;
	if (link >= end)
		return NULL;
	e.path = xstrdup(p + path_at);
	e.link = xstrdup(link);
	GROW(entries->list, entries->n);
	entries->list[entries->n++] = e;
	return link + strlen(link) + 1;
}

/* Follows the last entry; a truncated file does not have it. */
#define END "end"

void inventory_read(struct inventory *entries, const char *path)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const char *p, *end;

	if (fs_read(path, &sb, 0) < 0 || sb.len < sizeof(END) ||
	    memcmp(sb.buf + sb.len - sizeof(END), END, sizeof(END)) != 0)
		return;
	p = sb.buf;
	end = sb.buf + sb.len - sizeof(END);
	while (p && p < end)
		p = read_entry(entries, p, end);
	if (!p)
		inventory_release(entries);
	inventory_sort(entries);
}

int inventory_write(const struct inventory *entries, const char *path)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	_cleanup_close_ int fd = -1;

	for (size_t i = 0; i < entries->n; i++) {
		const struct inventory_entry *e = &entries->list[i];

		strbuf_addf(&sb, "%c %o %lld c%lld %lld i%llu %s", e->type, e->mode, e->mtime,
			    e->ctime, e->size, e->inode, e->path);
		strbuf_addch(&sb, '\0');
		strbuf_adds(&sb, e->link);
		strbuf_addch(&sb, '\0');
	}
	strbuf_add(&sb, END, sizeof(END));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fs_write_all(fd, sb.buf, sb.len);
}

void inventory_add(struct inventory *inventory, const struct inventory_entry *entry)
{
	struct inventory_entry copy = *entry;

	copy.path = xstrdup(entry->path);
	copy.link = xstrdup(entry->link);
	GROW(inventory->list, inventory->n);
	inventory->list[inventory->n++] = copy;
}
