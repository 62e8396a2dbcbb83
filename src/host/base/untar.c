// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/untar.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/fs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Sizes of the fields in a ustar header. libarchive also accepts GNU's longer ones. */
#define NAME_LIMIT 256
#define LINK_LIMIT 100

DEFINE_CLEANUP(struct archive *, archive_read_free);

struct link {
	char *name, *target;
};

struct untar {
	struct archive *archive;
	int dir; /* all names are below this folder */
	untar_read *read;
	void *arg;
	int read_error;      /* from `read`; -errno */
	unsigned int n_made; /* files, folders and links, with folders that no entry names */
	struct link *links;
	size_t n_links;
	struct strbuf *why;
};

static int refuse(struct untar *u, const char *why)
{
	strbuf_adds(u->why, why);
	return -EBADMSG;
}

static int refuse_name(struct untar *u, const char *name, const char *why)
{
	strbuf_addf(u->why, "'%s' %s", name, why);
	return -EBADMSG;
}

static int refuse_size(struct untar *u)
{
	strbuf_adds(u->why, "it is larger than any kernel tree");
	return -EFBIG;
}

static int cannot_write(struct untar *u, int r, const char *name)
{
	if (r == -EFBIG)
		return refuse_size(u);
	if (r == -EEXIST || r == -ENOTDIR || r == -ENAMETOOLONG)
		return refuse_name(u, name, "occurs twice, or is not a valid name");
	strbuf_addf(u->why, "cannot write '%s'", name);
	return r;
}

/* libarchive cannot continue. It gives no reason if the end of a gzip stream is missing. */
static int cannot_read(struct untar *u)
{
	const char *reason = archive_error_string(u->archive);

	return u->read_error < 0 ? u->read_error : refuse(u, reason ? reason : "it is truncated");
}

static la_ssize_t read_piece(struct archive *archive, void *arg, const void **data)
{
	struct untar *u = arg;
	ssize_t n = u->read(u->arg, data);

	if (n < 0) {
		u->read_error = (int)n;
		archive_set_error(archive, (int)-n, "cannot be read");
	}
	return n < 0 ? -1 : n;
}

/* Is it relative, without an empty, "." or ".." component? */
static bool stays_below(const char *name)
{
	size_t n;

	for (const char *p = name;; p += n + 1) {
		n = strcspn(p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		if (!p[n])
			return true;
	}
}

/* 0; -errno, -EFBIG if it would be one too many. */
static int make_folder(struct untar *u, const char *name)
{
	if (mkdirat(u->dir, name, 0755) < 0)
		return errno == EEXIST ? 0 : -errno;
	return ++u->n_made > UNTAR_MAX_NAMES ? -EFBIG : 0;
}

/* Makes the folders above `name`. Links do not exist yet, so none can be followed. */
static int make_parents(struct untar *u, const char *name)
{
	_cleanup_free_ char *path = xstrdup(name);

	int r = 0;

	for (char *p = strchr(path, '/'); p && r == 0; p = strchr(p + 1, '/')) {
		*p = '\0';
		r = make_folder(u, path);
		*p = '/';
	}
	return r;
}

static int write_file(struct untar *u, const char *name, mode_t mode)
{
	_cleanup_close_ int fd =
		beneath_open(u->dir, name, O_WRONLY | O_CREAT | O_EXCL, mode & 0100 ? 0755 : 0644);
	const void *data;
	size_t n;
	la_int64_t at;
	int r, w;

	if (fd < 0)
		return cannot_write(u, fd, name);
	while ((r = archive_read_data_block(u->archive, &data, &n, &at)) == ARCHIVE_OK) {
		w = fs_write_all(fd, data, n);
		if (w < 0)
			return cannot_write(u, w, name);
	}
	if (r != ARCHIVE_EOF)
		return cannot_read(u);
	/* A full disk may be reported only now. */
	return close(TAKE_FD(fd)) < 0 ? cannot_write(u, -errno, name) : 0;
}

static int make(struct untar *u, struct archive_entry *entry, const char *name)
{
	const char *target = archive_entry_symlink(entry);
	int r = make_parents(u, name);

	if (r < 0)
		return cannot_write(u, r, name);
	switch (archive_entry_hardlink(entry) ? 0 : archive_entry_filetype(entry)) {
	case AE_IFDIR: r = make_folder(u, name); return r < 0 ? cannot_write(u, r, name) : 0;
	case AE_IFREG: return write_file(u, name, archive_entry_perm(entry));
	case AE_IFLNK:
		if (!target || strlen(target) > LINK_LIMIT)
			return refuse_name(u, name,
					   "has a link target that is missing or too long");
		GROW(u->links, u->n_links);
		u->links[u->n_links++] = (struct link){ xstrdup(name), xstrdup(target) };
		return 0;
	}
	return refuse_name(u, name, "is not a file, folder or symbolic link");
}

static int take_entry(struct untar *u, struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry);
	_cleanup_free_ char *name = xstrdup(path ? path : "");
	size_t n = strlen(name);

	if (archive_format(u->archive) != ARCHIVE_FORMAT_TAR_USTAR)
		return refuse(u, "it is not a tar archive in POSIX format");
	if (n > NAME_LIMIT)
		return refuse(u, "it contains a name that is too long");
	if (n && name[n - 1] == '/') /* a folder */
		name[n - 1] = '\0';
	if (!stays_below(name))
		return refuse_name(u, name, "leads out of the archive's folder");
	if (archive_entry_size(entry) > UNTAR_MAX_BYTES - archive_filter_bytes(u->archive, 0) ||
	    archive_file_count(u->archive) > UNTAR_MAX_NAMES)
		return refuse_size(u);
	return make(u, entry, name);
}

static int take_entries(struct untar *u)
{
	struct archive_entry *entry;
	la_int64_t end = 0;
	int r, taken;

	while ((r = archive_read_next_header(u->archive, &entry)) == ARCHIVE_OK) {
		taken = take_entry(u, entry);
		if (taken == 0 && archive_read_data_skip(u->archive) != ARCHIVE_OK)
			taken = cannot_read(u);
		if (taken < 0)
			return taken;
		end = archive_filter_bytes(u->archive, 0);
	}
	if (r != ARCHIVE_EOF)
		return cannot_read(u);
	/* libarchive does not require the block of zeroes. */
	return archive_filter_bytes(u->archive, 0) > end ? 0 : refuse(u, "its end is missing");
}

/* ".." for each folder above `name`, then the target without its leading slash. */
static char *below_top(const char *name, const char *target)
{
	struct strbuf sb = STRBUF_INIT;

	for (const char *p = strchr(name, '/'); p; p = strchr(p + 1, '/'))
		strbuf_adds(&sb, "../");
	strbuf_adds(&sb, target + strspn(target, "/"));
	return strbuf_detach(&sb);
}

static int make_link(struct untar *u, const struct link *link)
{
	_cleanup_free_ char *target =
		*link->target == '/' ? below_top(link->name, link->target) : xstrdup(link->target);

	if (symlinkat(target, u->dir, link->name) < 0)
		return cannot_write(u, -errno, link->name);
	return 0;
}

/* Asks the kernel where the link leads, now that all links exist. */
static int check_link(struct untar *u, const struct link *link)
{
	_cleanup_close_ int fd = beneath_follow(u->dir, link->name, O_PATH);

	if (fd >= 0)
		return 0;
	if (fd == -EXDEV) {
		strbuf_addf(u->why, "the link '%s' leads out of the archive's folder, to '%s'",
			    link->name, link->target);
		return -EBADMSG;
	}
	if (fd != -ENOENT && fd != -ELOOP && fd != -ENOTDIR)
		return cannot_write(u, fd, link->name);
	return unlinkat(u->dir, link->name, 0) < 0 ? cannot_write(u, -errno, link->name) : 0;
}

static int take_links(struct untar *u)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < u->n_links; i++)
		r = make_link(u, &u->links[i]);
	for (size_t i = 0; r == 0 && i < u->n_links; i++)
		r = check_link(u, &u->links[i]);
	return r;
}

int untar(const char *dir, untar_read *read, void *arg, struct strbuf *why)
{
	_cleanup_(archive_read_freep) struct archive *archive = archive_read_new();
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct untar u = { archive, fd, read, arg, .why = why };
	int r = fd < 0 ? cannot_write(&u, -errno, dir) : 0;

	archive_read_support_filter_gzip(archive);
	archive_read_support_format_tar(archive);
	if (r == 0 && archive_read_open(archive, &u, NULL, read_piece, NULL) != ARCHIVE_OK)
		r = cannot_read(&u);
	if (r == 0)
		r = take_entries(&u);
	if (r == 0)
		r = take_links(&u);
	for (size_t i = 0; i < u.n_links; i++) {
		free(u.links[i].name);
		free(u.links[i].target);
	}
	free(u.links);
	return r;
}
