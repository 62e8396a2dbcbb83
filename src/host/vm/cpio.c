// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/cpio.h"

#include "common/cleanup.h"
#include "common/fs.h"

#include <string.h>
#include <sys/stat.h>

/* The header with the name, and the data, are each padded to a multiple of four bytes. */
static void pad(struct strbuf *archive)
{
	strbuf_add(archive, "\0\0\0", -archive->len & 3);
}

static void add(struct strbuf *archive, const char *name, mode_t mode, const void *data, size_t n)
{
	/* The offset serves as the inode number: unique and reproducible. */
	unsigned int inode = (unsigned int)archive->len;
	unsigned int links = S_ISDIR(mode) ? 2 : 1;

	strbuf_addf(archive, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", inode,
		    mode, 0, 0, links, 0, (unsigned int)n, 0, 0, 0, 0,
		    (unsigned int)strlen(name) + 1, 0);
	strbuf_add(archive, name, strlen(name) + 1);
	pad(archive);
	strbuf_add(archive, data, n);
	pad(archive);
}

void cpio_add_dir(struct strbuf *archive, const char *name, mode_t mode)
{
	add(archive, name, S_IFDIR | mode, "", 0);
}

void cpio_add_link(struct strbuf *archive, const char *name, const char *target)
{
	add(archive, name, S_IFLNK | 0777, target, strlen(target));
}

void cpio_add_data(struct strbuf *archive, const char *name, mode_t mode, const void *data,
		   size_t n)
{
	add(archive, name, S_IFREG | mode, data, n);
}

int cpio_add_file(struct strbuf *archive, const char *name, mode_t mode, const char *path)
{
	_cleanup_(strbuf_release) struct strbuf content = STRBUF_INIT;
	int r = fs_read(path, &content, 0);

	if (r == 0)
		cpio_add_data(archive, name, mode, content.buf, content.len);
	return r;
}

void cpio_end(struct strbuf *archive)
{
	add(archive, "TRAILER!!!", 0, "", 0);
}
