// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removes folders through descriptors: no name is looked up twice. Whoever made them may have nested
 * them deeper than there are descriptors, or taken away the permission to enter them.
 */
#include "common/fs.h"

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/strv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX  100    /* each level takes two descriptors */
#define ROUNDS_MAX 100000 /* somebody may go on making folders meanwhile */

struct removal {
	int top;        /* the folder that is removed */
	dev_t device;   /* the file system to stay on; 0 before `top` is open */
	bool has_moved; /* deeper folders were moved up into it */
};

static int remove_in(struct removal *rm, int dir, const char *name, int depth);

/* Our own folder may forbid us to enter it. Links are not followed. Returns the descriptor. */
static int open_folder(struct removal *rm, int dir, const char *name)
{
	_cleanup_close_ int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char path[32];
	struct stat st;
	int folder;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (rm->device && st.st_dev != rm->device)
		return -EBUSY;
	rm->device = st.st_dev;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if ((st.st_mode & S_IRWXU) != S_IRWXU && st.st_uid == geteuid())
		(void)!chmod(path, (st.st_mode & 07777) | S_IRWXU); /* opening it tells why not */
	folder = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 ? -errno : folder;
}

/* Moves a folder up to the top, which is emptied again afterwards. */
static int move_up(struct removal *rm, int dir, const char *name)
{
	unsigned char chance[8];
	char hex[HEX_SIZE(sizeof(chance))];

	while (getrandom(chance, sizeof(chance), 0) != sizeof(chance))
		;
	hex_encode(hex, chance, sizeof(chance));
	rm->has_moved = true;
	return renameat(dir, name, rm->top, hex) < 0 ? -errno : 0;
}

/* Removes what is in the folder, which stays open. */
static int empty(struct removal *rm, int folder, int depth)
{
	_cleanup_strv_ char **names = NULL;
	int r = fs_list_fd(fcntl(folder, F_DUPFD_CLOEXEC, 3), &names);

	strv_foreach (name, names) {
		if (r < 0)
			break;
		r = remove_in(rm, folder, *name, depth);
	}
	return r;
}

static int empty_top(struct removal *rm)
{
	int r = 0;

	for (int round = 0; r == 0 && round < ROUNDS_MAX; round++) {
		rm->has_moved = false;
		if (lseek(rm->top, 0, SEEK_SET) < 0)
			return -errno;
		r = empty(rm, rm->top, 1);
		if (!rm->has_moved)
			return r;
	}
	return r < 0 ? r : -ELOOP;
}

static int remove_in(struct removal *rm, int dir, const char *name, int depth)
{
	_cleanup_close_ int folder = -1;
	int r;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	folder = open_folder(rm, dir, name);
	if (folder < 0)
		return folder;
	if (depth == DEPTH_MAX)
		return move_up(rm, dir, name);
	if (depth == 0)
		rm->top = folder;
	r = depth ? empty(rm, folder, depth + 1) : empty_top(rm);
	if (r == 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	return r;
}

int fs_remove_at(int dir, const char *name)
{
	struct removal rm = { .top = -1 };

	return remove_in(&rm, dir, name, 0);
}

int fs_remove_tree(const char *path)
{
	return fs_remove_at(AT_FDCWD, path);
}
