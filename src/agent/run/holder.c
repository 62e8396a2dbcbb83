// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/holder.h"

#include "common/cleanup.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

static int open_lock(const struct dirs *dirs)
{
	char path[DIRS_MAX];
	int r = dirs_runtime(dirs, path, "lock");
	/* 0600: with a read lock another user could block the board. */
	int fd = r < 0 ? r : open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	return r < 0 ? r : fd < 0 ? -errno : fd;
}

static bool is_held(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Takes the rest of the line and its newline. */
static struct text take_line(struct text *t)
{
	struct text line = *t;

	while (t->n && *t->p != '\n')
		text_skip(t, 1);
	line.n -= t->n;
	(void)text_take(t, "\n");
	return line;
}

/*
 * "run pid since user", where the user extends to the end of the line; then the home, which
 * older agents did not write.
 */
bool holder_read(int fd, struct holder *holder)
{
	char buffer[sizeof(*holder) + 64];
	ssize_t n = pread(fd, buffer, sizeof(buffer), 0);
	struct text t = { buffer, n > 0 ? (size_t)n : 0 }, run = t;
	uint64_t pid;

	while (t.n && *t.p != ' ')
		text_skip(&t, 1);
	run.n -= t.n;
	if (!text_take(&t, " ") || !text_take_u64(&t, &pid) || !text_take(&t, " ") ||
	    !text_take_u64(&t, &holder->since) || !text_take(&t, " "))
		return false;
	holder->pid = (pid_t)pid;
	text_copy(holder->user, sizeof(holder->user), take_line(&t));
	text_copy(holder->home, sizeof(holder->home), take_line(&t));
	return text_copy(holder->run, sizeof(holder->run), run);
}

int holder_write(int fd, const char *home, const char *run, pid_t pid, const char *user)
{
	const char *who = *user ? user : "somebody";
	char text[sizeof(struct holder) + 64];
	int n = snprintf(text, sizeof(text), "%s %d %lld %.*s\n%s\n", run, (int)pid,
			 (long long)time(NULL), (int)strcspn(who, "\n"), who, home);

	/* In this order, so that a concurrent reader finds either the new lines or the old ones. */
	if (pwrite(fd, text, (size_t)n, 0) != n || ftruncate(fd, n) < 0)
		return -errno;
	return 0;
}

int holder_take(const struct dirs *dirs, struct holder *holder)
{
	_cleanup_close_ int fd = open_lock(dirs);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return TAKE_FD(fd);
	if (errno != EAGAIN && errno != EACCES)
		return -errno;
	*holder = (struct holder){ 0 };
	holder_read(fd, holder);
	return -EBUSY;
}

bool holder_find(const struct dirs *dirs, const char *run, struct holder *holder)
{
	_cleanup_close_ int fd = open_lock(dirs);

	if (fd < 0 || !is_held(fd))
		return false;
	return holder_read(fd, holder) && (!run || strcmp(holder->run, run) == 0);
}
