// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/probe_files.h"

#include "common/cleanup.h"
#include "common/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Both folders are for files of boards, whose names have no dot. */
static void temporary(char out[64], const char *name)
{
	snprintf(out, 64, ".%s.new", name);
}

static int replace(int dir, const char *name, const void *data, size_t n)
{
	_cleanup_close_ int fd = -1;
	char new[64];
	int r;

	temporary(new, name);
	fd = openat(dir, new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	r = fs_write_all(fd, data, n);
	if (r == 0 && renameat(dir, new, dir, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(dir, new, 0);
	return r;
}

int probe_files_write(int dir, const char *name, const struct tunnel_status *status)
{
	char text[TUNNEL_STATUS_SIZE];
	size_t n = tunnel_status_format(status, text);

	return replace(dir, name, text, n);
}

static int open_regular(int dir, const char *name, int flags)
{
	_cleanup_close_ int fd =
		openat(dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? TAKE_FD(fd) : -ENOTREGULAR;
}

int probe_files_read(int dir, const char *name, struct tunnel_status *status)
{
	_cleanup_close_ int fd = open_regular(dir, name, O_RDONLY);
	char text[TUNNEL_STATUS_SIZE];
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, text, sizeof(text));
	if (n < 0)
		return -errno;
	return tunnel_status_parse((struct text){ text, (size_t)n }, status);
}

/* Keeps the newer half, from the start of a line. */
static int drop_older_half(int dir, const char *name)
{
	_cleanup_(strbuf_release) struct strbuf all = STRBUF_INIT;
	_cleanup_close_ int fd = open_regular(dir, name, O_RDONLY);
	struct text half;
	int r = fd < 0 ? fd : fs_read_fd(fd, &all, 2 * PROBE_HISTORY_MAX);

	if (r < 0)
		return r;
	half = (struct text){ all.buf, all.len };
	text_skip(&half, all.len / 2);
	if (!text_after(half, "\n", &half))
		half.n = 0;
	return replace(dir, name, half.p, half.n);
}

int probe_files_add_outage(int dir, const char *name, const struct tunnel_outage *outage)
{
	_cleanup_close_ int fd = open_regular(dir, name, O_WRONLY | O_APPEND | O_CREAT);
	char line[TUNNEL_STATUS_SIZE];
	size_t n = tunnel_outage_format(outage, line);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = fs_write_all(fd, line, n);
	if (r == 0 && fstat(fd, &st) == 0 && st.st_size > PROBE_HISTORY_MAX)
		r = drop_older_half(dir, name);
	return r;
}
