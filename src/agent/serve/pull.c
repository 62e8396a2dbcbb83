// SPDX-License-Identifier: GPL-2.0-only
#include "agent/serve/pull.h"

#include "common/cleanup.h"
#include "common/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK     512
#define LEVEL     3 /* of zlib: a Pi compresses faster than its network transfers */
#define DEPTH_MAX 24

/* --- out ---------------------------------------------------------------------------- */

static int send_frame(struct pull *p)
{
	uint8_t header[FRAME_HEADER];

	if (!p->used)
		return 0;
	frame_header(header, FRAME_BLOB, p->out, p->used);
	if (fs_write_all(STDOUT_FILENO, header, sizeof(header)) < 0 ||
	    fs_write_all(STDOUT_FILENO, p->out, p->used) < 0)
		p->serve->gone = true;
	p->used = 0;
	return p->serve->gone ? -EPIPE : 0;
}

/* Compresses the data and sends full frames; with Z_FINISH, everything. */
static int pack(struct pull *p, const void *data, size_t n, int flush)
{
	z_stream *z = &p->packer;
	int r;

	z->next_in = (Bytef *)(uintptr_t)data;
	z->avail_in = (uInt)n;
	do {
		z->next_out = p->out + p->used;
		z->avail_out = (uInt)(sizeof(p->out) - p->used);
		r = deflate(z, flush);
		if (r == Z_STREAM_ERROR)
			return -EIO;
		p->used = sizeof(p->out) - z->avail_out;
		if (!z->avail_out || r == Z_STREAM_END) {
			int sent = send_frame(p);

			if (sent < 0)
				return sent;
		}
	} while (z->avail_in || (flush == Z_FINISH && r != Z_STREAM_END));
	return 0;
}

static int fill_block(struct pull *p, uint64_t size)
{
	static const char zeroes[BLOCK];

	return pack(p, zeroes, (BLOCK - size % BLOCK) % BLOCK, Z_NO_FLUSH);
}

/* --- headers -------------------------------------------------------------------------- */

/* Splits the name at a slash so that it fits: at most 155 and 100 bytes. */
static int put_name(char header[BLOCK], const char *name)
{
	size_t n = strlen(name);
	const char *slash;

	if (n <= 100) {
		memcpy(header, name, n);
		return 0;
	}
	slash = strchr(name + n - 101, '/');
	if (!slash || slash - name > 155 || slash == name)
		return -ENAMETOOLONG;
	memcpy(header + 345, name, (size_t)(slash - name));
	memcpy(header, slash + 1, strlen(slash + 1));
	return 0;
}

/* Offsets of POSIX.1-1988. Owners and times are left out. */
static int send_header(struct pull *p, const char *name, char type, unsigned int mode,
		       uint64_t size, const char *link)
{
	char h[BLOCK + 1] = "";
	unsigned int sum = 0;
	int r = put_name(h, name);

	if (r < 0 || strlen(link) > 100)
		return -ENAMETOOLONG;
	snprintf(h + 100, 8, "%07o", mode & 07777);
	snprintf(h + 108, 8, "%07o", 0);
	snprintf(h + 116, 8, "%07o", 0);
	snprintf(h + 124, 12, "%011llo", (unsigned long long)size);
	snprintf(h + 136, 12, "%011o", 0);
	memset(h + 148, ' ', 8);
	h[156] = type;
	memcpy(h + 157, link, strlen(link));
	memcpy(h + 257, "ustar\00000", 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	return pack(p, h, BLOCK, Z_NO_FLUSH);
}

/* --- what is sent ---------------------------------------------------------------------- */

static int send_content(struct pull *p, int fd, uint64_t size)
{
	static uint8_t buffer[64 * 1024];
	uint64_t left = size;

	while (left) {
		size_t want = left < sizeof(buffer) ? left : sizeof(buffer);
		ssize_t n = p->symbols_only
				    ? pull_symbols_read(&p->kept, fd, buffer, want, size - left)
				    : read(fd, buffer, want);
		int r = n < 0 ? -errno : n == 0 ? -ESTALE : 0; /* the file has shrunk */

		if (r == 0)
			r = pack(p, buffer, (size_t)n, Z_NO_FLUSH);
		if (r < 0)
			return r;
		left -= (uint64_t)n;
	}
	return fill_block(p, size);
}

static int send_file(struct pull *p, int dir, const char *file, const char *name)
{
	_cleanup_close_ int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0; /* no longer a regular file */
	if (p->symbols_only)
		pull_symbols_look(&p->kept, fd, (uint64_t)st.st_size);
	r = send_header(p, name, '0', st.st_mode, (uint64_t)st.st_size, "");
	if (r == 0)
		r = send_content(p, fd, (uint64_t)st.st_size);
	p->files++;
	p->bytes += (uint64_t)st.st_size;
	return r;
}

int pull_file(struct pull *p, const char *path, const char *name)
{
	int r = send_file(p, AT_FDCWD, path, name);

	if (r < 0)
		proto_set(p->at, path);
	return r;
}

/* The next line that `take` accepts, as it leaves it; NULL at the end. */
static char *next_line(FILE *f, char *line, size_t size, bool (*take)(char *line))
{
	while (fgets(line, (int)size, f))
		if (take(line))
			return line;
	return NULL;
}

/* The header has the size, so the file is read twice, and may change in between. */
static int send_lines(struct pull *p, FILE *f, const char *name, bool (*take)(char *line))
{
	uint64_t size = 0, left;
	char line[1024];
	int r;

	while (next_line(f, line, sizeof(line), take))
		size += strlen(line);
	rewind(f);
	r = send_header(p, name, '0', 0644, size, "");
	for (left = size; r == 0 && left; left -= strlen(line)) {
		if (!next_line(f, line, sizeof(line), take))
			return -ESTALE;
		line[left < sizeof(line) ? left : sizeof(line) - 1] = '\0';
		r = pack(p, line, strlen(line), Z_NO_FLUSH);
	}
	p->files++;
	p->bytes += size;
	return r < 0 ? r : fill_block(p, size);
}

int pull_lines(struct pull *p, const char *path, const char *name, bool (*take)(char *line))
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	int r = f ? send_lines(p, f, name, take) : -errno;

	if (r < 0)
		proto_set(p->at, path);
	return r;
}

static int send_link(struct pull *p, int dir, const char *path, const char *name)
{
	char target[PULL_PATH_MAX];
	ssize_t n = p->roots ? readlinkat(dir, name, target, sizeof(target) - 1) : 0;
	int r;

	if (n <= 0)
		return n < 0 ? -errno : 0;
	target[n] = '\0';
	r = send_header(p, path + 1, '2', 0777, 0, target);
	return r < 0 ? r : pull_note_link(p->roots, path);
}

static int send_folder(struct pull *p, int parent, const char *folder, char path[PULL_PATH_MAX],
		       size_t root, int depth);

static int send_one(struct pull *p, char path[PULL_PATH_MAX], size_t root, int dir,
		    const char *name, int depth)
{
	const char *below = path + root + 1;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return p->wants_folder(below) && !(p->roots && pull_is_root(p->roots, path))
			       ? send_folder(p, dir, name, path, root, depth + 1)
			       : 0;
	if (S_ISLNK(st.st_mode))
		return send_link(p, dir, path, name);
	if (!S_ISREG(st.st_mode) || !p->wants_file(below, name))
		return 0;
	if (p->every > 1 && p->seen++ % p->every)
		return 0;
	return send_file(p, dir, name, path + 1);
}

static DIR *open_folder(int parent, const char *folder)
{
	int fd = openat(parent, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

/*
 * Opens the folder by its name in `parent`, so that a link that replaces it meanwhile leads
 * root nowhere. `path` has room for the names below it, and is restored.
 */
static int send_folder(struct pull *p, int parent, const char *folder, char path[PULL_PATH_MAX],
		       size_t root, int depth)
{
	_cleanup_closedir_ DIR *d = depth < DEPTH_MAX ? open_folder(parent, folder) : NULL;
	size_t n = strlen(path);
	const struct dirent *entry;
	int r = d ? 0 : depth < DEPTH_MAX ? -errno : -ELOOP;

	if (r < 0)
		proto_copy(p->at, sizeof(p->at), path);
	while (r == 0 && (entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(path + n, PULL_PATH_MAX - n, "/%s", entry->d_name) >=
		    (int)(PULL_PATH_MAX - n))
			r = -ENAMETOOLONG;
		else
			r = send_one(p, path, root, dirfd(d), entry->d_name, depth);
		if (r < 0 && !*p->at)
			proto_copy(p->at, sizeof(p->at), path);
		path[n] = '\0';
	}
	return r;
}

int pull_folder(struct pull *p, const char *root)
{
	char path[PULL_PATH_MAX];

	if (snprintf(path, sizeof(path), "%s", root) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return send_folder(p, AT_FDCWD, root, path, strlen(root), 0);
}

int pull_begin(struct pull *p, struct serve *s, uint32_t every)
{
	*p = (struct pull){ .serve = s, .every = every };
	/*
	 * 16: gzip's header. zlib, because zstd's compressor alone is half as large as the
	 * agent.
	 */
	return deflateInit2(&p->packer, LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK
		       ? 0
		       : -ENOMEM;
}

int pull_end(struct pull *p, int r)
{
	static const char zeroes[2 * BLOCK];

	if (r == 0)
		r = pack(p, zeroes, sizeof(zeroes), Z_FINISH);
	(void)deflateEnd(&p->packer);
	return r;
}
