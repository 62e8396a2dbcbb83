// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/saved_stream.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/process.h"
#include "host/vm/qmp.h"
#include "host/vm/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

DEFINE_CLEANUP(ZSTD_CCtx *, ZSTD_freeCCtx);
DEFINE_CLEANUP(ZSTD_DCtx *, ZSTD_freeDCtx);

#define PIECE (256 * 1024)

/* Time limit for one read or write on the socket: QEMU may be slow on a busy host. */
#define STALL_S 60

/* Gives QEMU one end of a socket pair, as "fd:state". Returns the other end, or -errno. */
static int give_socket(struct qmp *qmp)
{
	struct timeval limit = { .tv_sec = STALL_S };
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	r = qmp_give(qmp, fds[1], "state");
	close(fds[1]);
	if (r < 0) {
		close(fds[0]);
		return r;
	}
	setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fds[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return fds[0];
}

/*
 * Polls with `query` until its "status" is `wanted`. 0, -EIO if it is "failed", -ETIME, or
 * -errno.
 */
static int await_status(struct qmp *qmp, const char *query, const char *wanted)
{
	long long deadline = monotonic_ms() + STALL_S * 1000;

	while (monotonic_ms() < deadline && !process_interrupted) {
		json_t *answer = NULL;
		int r = qmp_execute(qmp, query, NULL, &answer);
		const char *status = json_string_value(json_object_get(answer, "status"));

		if (r == 0 && (!status || strcmp(status, "failed") == 0))
			r = -EIO;
		else if (r == 0 && strcmp(status, wanted) == 0)
			r = 1;
		json_decref(answer);
		if (r)
			return r < 0 ? r : 0;
		nanosleep(&(struct timespec){ .tv_nsec = 5 * 1000000 }, NULL);
	}
	return process_interrupted ? -EINTR : -ETIME;
}

/* --- saving --- */

static int compress(ZSTD_CCtx *zstd, const void *data, size_t n, ZSTD_EndDirective how, int out)
{
	_cleanup_free_ char *piece = xmalloc(PIECE);
	ZSTD_inBuffer from = { .src = data, .size = n };
	size_t left;
	int r;

	do {
		ZSTD_outBuffer to = { .dst = piece, .size = PIECE };

		left = ZSTD_compressStream2(zstd, &to, &from, how);
		if (ZSTD_isError(left))
			return -EIO;
		r = fs_write_all(out, piece, to.pos);
	} while (r == 0 && (how == ZSTD_e_end ? left > 0 : from.pos < from.size));
	return r;
}

static int compress_all(int in, int out)
{
	_cleanup_(ZSTD_freeCCtxp) ZSTD_CCtx *zstd = ZSTD_createCCtx();
	_cleanup_free_ char *piece = xmalloc(PIECE);
	ssize_t n;

	if (!zstd || ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, 1)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1)))
		return -ENOMEM;
	while ((n = read(in, piece, PIECE)) != 0) {
		int r = n < 0 ? -errno : compress(zstd, piece, (size_t)n, ZSTD_e_continue, out);

		if (process_interrupted)
			r = -EINTR;
		if (r < 0)
			return r;
	}
	return compress(zstd, NULL, 0, ZSTD_e_end, out);
}

int saved_stream_write(const char *dir, const char *path)
{
	_cleanup_(qmp_closep) struct qmp *qmp = NULL;
	_cleanup_close_ int fd = -1;
	_cleanup_close_ int out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r = out < 0 ? -errno : qmp_open(dir, &qmp);

	if (r == 0)
		r = qmp_execute(qmp, "stop", NULL, NULL);
	if (r == 0) /* no limit */
		r = qmp_execute(qmp, "migrate-set-parameters", "{\"max-bandwidth\":100000000000}",
				NULL);
	if (r == 0)
		r = fd = give_socket(qmp);
	if (r >= 0)
		r = qmp_execute(qmp, "migrate", "{\"uri\":\"fd:state\"}", NULL);
	if (r == 0)
		r = compress_all(fd, out);
	if (r == 0) /* QEMU closes the socket before it reports success or failure */
		r = await_status(qmp, "query-migrate", "completed");
	return r == 0 && fsync(out) < 0 ? -errno : r;
}

/* --- restoring --- */

static int send_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);

		if (process_interrupted)
			return -EINTR;
		if (sent < 0 && errno != EINTR)
			return -errno;
		if (sent > 0) {
			data += sent;
			n -= (size_t)sent;
		}
	}
	return 0;
}

/* Up to the end of the frame. -EBADMSG if it is damaged or incomplete. */
static int decompress_all(int in, int out)
{
	_cleanup_(ZSTD_freeDCtxp) ZSTD_DCtx *zstd = ZSTD_createDCtx();
	_cleanup_free_ char *packed = xmalloc(PIECE), *piece = xmalloc(PIECE);
	size_t left = 1;
	ssize_t n;

	if (!zstd)
		return -ENOMEM;
	while ((n = read(in, packed, PIECE)) > 0) {
		ZSTD_inBuffer from = { .src = packed, .size = (size_t)n };

		while (from.pos < from.size) {
			ZSTD_outBuffer to = { .dst = piece, .size = PIECE };
			int r;

			left = ZSTD_decompressStream(zstd, &to, &from);
			r = ZSTD_isError(left) ? -EBADMSG : send_all(out, piece, to.pos);
			if (r < 0)
				return r;
		}
	}
	if (n < 0)
		return -errno;
	return left == 0 ? 0 : -EBADMSG;
}

int saved_restore(const char *path, const char *dir)
{
	_cleanup_(qmp_closep) struct qmp *qmp = NULL;
	_cleanup_close_ int fd = -1;
	_cleanup_close_ int in = open(path, O_RDONLY | O_CLOEXEC);
	int r = in < 0 ? -errno : qmp_open(dir, &qmp);

	if (r == 0)
		r = fd = give_socket(qmp);
	if (r >= 0)
		r = qmp_execute(qmp, "migrate-incoming", "{\"uri\":\"fd:state\"}", NULL);
	if (r == 0)
		r = decompress_all(in, fd);
	if (r == 0) /* the state in which it was saved */
		r = await_status(qmp, "query-status", "paused");
	return r == 0 ? qmp_execute(qmp, "cont", NULL, NULL) : r;
}
