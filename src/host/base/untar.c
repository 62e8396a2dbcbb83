// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/untar.h"

#include "common/alloc.h"
#include "common/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define BLOCK     512
#define AGAIN_MAX 1000

/* A header, as POSIX.1-1988 has it. Numbers are octal text. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
	char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8];
	char prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

struct link {
	char *name, *target;
};

struct untar {
	int dir;              /* all names are below */
	char block[BLOCK];    /* a header that is arriving */
	size_t have;          /* of it */
	int file;             /* being written; -1: none */
	long long left, skip; /* of its content, and of what fills its last block */
	long long bytes;      /* of all contents */
	size_t names;
	bool ended; /* by a block of zeroes */
	struct link *links;
	size_t n_links;
	char *why;
};

int untar_open(struct untar **untar, const char *dir)
{
	_cleanup_(untar_closep) struct untar *u = xcalloc(1, sizeof(*u));

	u->file = -1;
	u->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (u->dir < 0)
		return -errno;
	*untar = TAKE_PTR(u);
	return 0;
}

void untar_close(struct untar *u)
{
	for (size_t i = 0; i < u->n_links; i++) {
		free(u->links[i].name);
		free(u->links[i].target);
	}
	free(u->links);
	if (u->dir >= 0)
		close(u->dir);
	if (u->file >= 0)
		close(u->file);
	free(u->why);
	free(u);
}

const char *untar_why(const struct untar *u)
{
	return u->why ? u->why : "";
}

static int fail(struct untar *u, int r, char *why)
{
	free(u->why);
	u->why = why;
	return r;
}

/* Octal, ended by a blank, NUL or the field's end; -1. */
static long long number(const char *field, size_t size)
{
	long long value = 0;
	size_t i = 0;

	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] && field[i] != ' '; i++) {
		if (field[i] < '0' || field[i] > '7')
			return -1;
		value = value * 8 + (field[i] - '0');
	}
	return value;
}

static bool has_checksum(const struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	long long sum = 0;

	for (size_t i = 0; i < BLOCK; i++) {
		bool own =
			i >= offsetof(struct header, checksum) && i < offsetof(struct header, type);

		sum += own ? ' ' : p[i];
	}
	return sum == number(h->checksum, sizeof(h->checksum));
}

/* Relative, no empty, "." or ".." part. */
static bool stays_below(const char *name)
{
	size_t n;

	if (!*name)
		return false;
	for (const char *p = name;; p += n + 1) {
		n = strcspn(p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		if (!p[n])
			return true;
	}
}

static char *full_name(const struct header *h)
{
	_cleanup_free_ char *name = xstrndup(h->name, strnlen(h->name, sizeof(h->name)));
	size_t n = strnlen(h->prefix, sizeof(h->prefix));
	char *full = n ? xasprintf("%.*s/%s", (int)n, h->prefix, name) : xstrdup(name);
	size_t end = strlen(full);

	if (end && full[end - 1] == '/') /* a folder's */
		full[end - 1] = '\0';
	return full;
}

/* The folders above `name`; links are not there yet, so that none can be followed. */
static int make_parents(const struct untar *u, const char *name)
{
	_cleanup_free_ char *path = xstrdup(name);

	for (char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdirat(u->dir, path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return 0;
}

static int cannot_make(struct untar *u, int r, const char *name)
{
	if (r == -EEXIST || r == -ENOTDIR || r == -ENAMETOOLONG)
		return fail(u, -EBADMSG,
			    xasprintf("'%s' is in it twice, or cannot be a name", name));
	return fail(u, r, xasprintf("Cannot write '%s'", name));
}

static int make(struct untar *u, const struct header *h, const char *name)
{
	long long mode = number(h->mode, sizeof(h->mode));
	int r = make_parents(u, name);

	if (r < 0)
		return cannot_make(u, r, name);
	switch (h->type) {
	case '5':
		if (mkdirat(u->dir, name, 0755) < 0 && errno != EEXIST)
			return cannot_make(u, -errno, name);
		return 0;
	case '0':
	case '\0':
		u->file = openat(u->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				 mode & 0100 ? 0755 : 0644);
		return u->file < 0 ? cannot_make(u, -errno, name) : 0;
	case '2':
		GROW(u->links, u->n_links);
		u->links[u->n_links++] = (struct link){
			.name = xstrdup(name),
			.target = xstrndup(h->link, strnlen(h->link, sizeof(h->link))),
		};
		return 0;
	}
	return fail(u, -EBADMSG, xasprintf("'%s' is neither file, folder nor symbolic link", name));
}

static int take_header(struct untar *u)
{
	const struct header *h = (const struct header *)u->block;
	static const char zeroes[BLOCK];
	_cleanup_free_ char *name = NULL;
	long long size;

	if (memcmp(u->block, zeroes, BLOCK) == 0) {
		u->ended = true;
		return 0;
	}
	size = number(h->size, sizeof(h->size));
	if (memcmp(h->magic, "ustar", 6) != 0 || !has_checksum(h) || size < 0)
		return fail(u, -EBADMSG, xstrdup("it is not a tar archive, or damaged"));
	name = full_name(h);
	if (!stays_below(name))
		return fail(u, -EBADMSG, xasprintf("the name '%s' leads elsewhere", name));
	if (h->type == '2' || h->type == '5')
		size = 0;
	u->bytes += size;
	if (u->bytes > UNTAR_MAX_BYTES || ++u->names > UNTAR_MAX_NAMES)
		return fail(u, -EFBIG, xstrdup("it is larger than any kernel tree"));
	u->left = size;
	u->skip = (BLOCK - size % BLOCK) % BLOCK;
	return make(u, h, name);
}

static int close_file(struct untar *u)
{
	int fd = TAKE_FD(u->file);

	/* A full disk may show only now. */
	return fd >= 0 && close(fd) < 0 ? fail(u, -errno, xstrdup("Cannot write it")) : 0;
}

/* Takes up to n bytes of content or filling; how many, or -errno. */
static ssize_t take_content(struct untar *u, const char *data, size_t n)
{
	size_t take = (long long)n < u->left ? n : (size_t)u->left;
	int r;

	if (!u->left) {
		take = (long long)n < u->skip ? n : (size_t)u->skip;
		u->skip -= (long long)take;
		return (ssize_t)take;
	}
	r = fs_write_all(u->file, data, take);
	if (r < 0)
		return fail(u, r, xstrdup("Cannot write it"));
	u->left -= (long long)take;
	return (ssize_t)take;
}

int untar_feed(struct untar *u, const void *data, size_t n)
{
	const char *p = data;
	int r = 0;

	while (n && !u->ended && r == 0) {
		ssize_t taken;

		if (u->left || u->skip) {
			taken = take_content(u, p, n);
			if (taken < 0)
				return (int)taken;
		} else {
			taken = (ssize_t)(n < BLOCK - u->have ? n : BLOCK - u->have);
			memcpy(u->block + u->have, p, (size_t)taken);
			u->have += (size_t)taken;
		}
		p += taken;
		n -= (size_t)taken;
		if (u->have == BLOCK) {
			u->have = 0;
			r = take_header(u);
		}
		if (r == 0 && !u->left)
			r = close_file(u);
	}
	return r;
}

/* ".." for each folder above `name`, then the target without its slash. */
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
		return cannot_make(u, -errno, link->name);
	return 0;
}

/* A rename or mount anywhere on this machine, while the kernel follows a "..", makes it -EAGAIN. */
static int open_beneath(int dir, const char *name)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int fd, tries = 0;

	do
		fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN && ++tries < AGAIN_MAX);
	return fd;
}

/* The kernel itself says where it leads, now that all links are there. */
static int check_link(struct untar *u, const struct link *link)
{
	_cleanup_close_ int fd = open_beneath(u->dir, link->name);

	if (fd >= 0)
		return 0;
	if (errno == EXDEV)
		return fail(u, -EBADMSG,
			    xasprintf("the link '%s' leads out of it, to '%s'", link->name,
				      link->target));
	if (errno != ENOENT && errno != ELOOP && errno != ENOTDIR)
		return fail(u, -errno, xasprintf("Cannot follow the link '%s'", link->name));
	return unlinkat(u->dir, link->name, 0) < 0 ? cannot_make(u, -errno, link->name) : 0;
}

int untar_finish(struct untar *u)
{
	int r = 0;

	if (!u->ended)
		return fail(u, -EBADMSG, xstrdup("its end is missing"));
	for (size_t i = 0; r == 0 && i < u->n_links; i++)
		r = make_link(u, &u->links[i]);
	for (size_t i = 0; r == 0 && i < u->n_links; i++)
		r = check_link(u, &u->links[i]);
	return r;
}
