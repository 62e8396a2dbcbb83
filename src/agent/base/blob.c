// SPDX-License-Identifier: GPL-2.0-only
#include "agent/base/blob.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/hex.h"

#include <blake2.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <zstd.h>

#define KEPT_BACKUPS 5

void blob_init(struct blob_receiver *receiver, const struct dirs *dirs)
{
	*receiver = (struct blob_receiver){ .dirs = dirs, .fd = -1, .dropped = true };
}

int blob_path(const struct dirs *dirs, const uint8_t hash[HASH_SIZE], char path[DIRS_MAX])
{
	char text[HEX_SIZE(HASH_SIZE)];

	hex_encode(text, hash, HASH_SIZE);
	return dirs_path(dirs, path, "blobs/%s", text);
}

bool blob_exists(const struct dirs *dirs, const uint8_t hash[HASH_SIZE])
{
	char path[DIRS_MAX];

	return blob_path(dirs, hash, path) == 0 && fs_exists(path);
}

static void drop(struct blob_receiver *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	r->dropped = true;
}

static int make_temporary(struct blob_receiver *r, const char *kind, char path[DIRS_MAX])
{
	char dir[DIRS_MAX];
	int e = dirs_path(r->dirs, dir, "blobs");
	int fd;

	if (e == 0)
		e = dirs_mkdir(r->dirs, dir);
	if (e == 0)
		e = dirs_path(r->dirs, path, "blobs/.%s.XXXXXX", kind);
	if (e < 0)
		return e;
	fd = mkostemp(path, O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int blob_begin(struct blob_receiver *r, const outpost_Blob *blob)
{
	DIRS_AS_LOGIN(r->dirs);
	char path[DIRS_MAX];

	drop(r);
	r->blob = *blob;
	r->received = 0;
	if (blob->hash.size != HASH_SIZE || blob->size > BLOB_MAX || blob->packed > BLOB_MAX ||
	    (blob->reference.size && blob->reference.size != HASH_SIZE))
		return -EBADMSG;
	if (blob->reference.size && !blob_exists(r->dirs, blob->reference.bytes))
		return 0; /* reported later as a Need */
	r->fd = make_temporary(r, "packed", path);
	if (r->fd < 0)
		return r->fd;
	unlink(path); /* immediately: the connection may drop at any time */
	r->dropped = false;
	return 0;
}

/* A whole file in memory. data is NULL and size 0 if it is empty or missing. */
struct mapping {
	void *data;
	size_t size;
};

static void unmap(struct mapping *m)
{
	if (m->data)
		munmap(m->data, m->size);
}

static int map_fd(int fd, struct mapping *m)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size == 0)
		return 0;
	m->data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (m->data == MAP_FAILED) {
		m->data = NULL;
		return -errno;
	}
	m->size = (size_t)st.st_size;
	return 0;
}

static int map_blob(const struct dirs *dirs, const uint8_t *hash, struct mapping *m)
{
	char path[DIRS_MAX];
	int r = blob_path(dirs, hash, path);
	_cleanup_close_ int fd = r < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	return r < 0 ? r : fd < 0 ? -errno : map_fd(fd, m);
}

static int unpack_into(const struct mapping *packed, const struct mapping *reference, uint8_t *out,
		       size_t size)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	size_t n;

	if (!d)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, BLOB_WINDOW_LOG_MAX);
	if (reference->data)
		ZSTD_DCtx_refPrefix(d, reference->data, reference->size);
	n = ZSTD_decompressDCtx(d, out, size, packed->data, packed->size);
	ZSTD_freeDCtx(d);
	return ZSTD_isError(n) || n != size ? -EBADMSG : 0;
}

/* Unpacks the file, verifies its hash, syncs it, and renames it to its hash. */
static int put_in_place(struct blob_receiver *r, int fd, const char *temporary)
{
	_cleanup_(unmap) struct mapping packed = { 0 };
	_cleanup_(unmap) struct mapping reference = { 0 };
	_cleanup_(unmap) struct mapping content = { 0 };
	uint8_t hash[HASH_SIZE] = { 0 };
	char path[DIRS_MAX];
	int e = map_fd(r->fd, &packed);

	if (e == 0 && r->blob.reference.size)
		e = map_blob(r->dirs, r->blob.reference.bytes, &reference);
	/* Allocate blocks first: a full disk must be an error here, not a SIGBUS. */
	if (e == 0 && r->blob.size)
		e = -posix_fallocate(fd, 0, (off_t)r->blob.size);
	if (e < 0)
		return e;
	content.size = r->blob.size;
	if (content.size) {
		content.data = mmap(NULL, content.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (content.data == MAP_FAILED) {
			content.data = NULL;
			return -errno;
		}
	}
	e = unpack_into(&packed, &reference, content.data, content.size);
	if (e < 0)
		return e;
	blake2b(hash, content.data, NULL, HASH_SIZE, content.size, 0);
	if (memcmp(hash, r->blob.hash.bytes, HASH_SIZE) != 0)
		return -EBADMSG;
	e = blob_path(r->dirs, hash, path);
	if (e < 0)
		return e;
	/* Sync: a board that crashes now must not keep the name and lose the content. */
	if (fchmod(fd, 0755) < 0 || fdatasync(fd) < 0 || rename(temporary, path) < 0)
		return -errno;
	return 0;
}

static int complete(struct blob_receiver *r)
{
	DIRS_AS_LOGIN(r->dirs);
	char temporary[DIRS_MAX];
	_cleanup_close_ int fd = make_temporary(r, "content", temporary);
	int e;

	if (fd < 0)
		return fd;
	e = put_in_place(r, fd, temporary);
	if (e < 0)
		unlink(temporary);
	return e;
}

int blob_data(struct blob_receiver *r, const uint8_t *data, size_t n)
{
	int e;

	if (n > r->blob.packed - r->received)
		return -EBADMSG;
	r->received += n;
	if (r->dropped)
		return 0;
	e = fs_write_all(r->fd, data, n);
	if (e == 0 && r->received < r->blob.packed)
		return 0;
	if (e == 0)
		e = complete(r);
	drop(r);
	return e < 0 ? e : 1;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

/* Links the deployed module into the backups, named after the time of its replacement. */
static int back_up(const struct dirs *dirs, const char *name, const char *path)
{
	char dir[DIRS_MAX], to[DIRS_MAX];
	struct timespec now;
	int r = dirs_path(dirs, dir, "backups/%s", name);

	clock_gettime(CLOCK_REALTIME, &now);
	if (r == 0)
		r = dirs_mkdir(dirs, dir);
	if (r == 0)
		r = dirs_path(dirs, to, "backups/%s/%lld.%09ld.ko", name, (long long)now.tv_sec,
			      now.tv_nsec);
	if (r < 0)
		return r;
	if (link(path, to) < 0)
		return -errno;
	(void)utimensat(AT_FDCWD, to, NULL, 0);
	blob_keep_newest(dir, KEPT_BACKUPS, NULL);
	return 0;
}

int blob_deploy(const struct dirs *dirs, const char *name, const uint8_t hash[HASH_SIZE],
		char path[DIRS_MAX])
{
	DIRS_AS_LOGIN(dirs);
	char dir[DIRS_MAX], blob[DIRS_MAX], new[DIRS_MAX];
	int r;

	if (!dirs_plain(name))
		return -EINVAL;
	r = dirs_path(dirs, dir, "modules/%s", name);
	if (r == 0)
		r = dirs_mkdir(dirs, dir);
	if (r == 0)
		r = dirs_path(dirs, path, "modules/%s/%s.ko", name, name);
	if (r == 0)
		r = dirs_path(dirs, new, "modules/%s/.%s.ko.new", name, name);
	if (r == 0)
		r = blob_path(dirs, hash, blob);
	if (r < 0)
		return r;
	if (same_file(blob, path))
		return 0;
	if (fs_exists(path)) {
		r = back_up(dirs, name, path);
		if (r < 0)
			return r;
	}
	unlink(new);
	return link(blob, new) < 0 || rename(new, path) < 0 ? -errno : 1;
}
