// SPDX-License-Identifier: GPL-2.0-only
/* The names of trees, which are also those of their folders. */
#include "host/kernel/internal.h"

#include "common/alloc.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "host/base/hash.h"
#include "host/base/paths.h"
#include "host/board/board.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define BOARD_MAX 64

bool kernel_release_is_valid(const char *release)
{
	size_t n = strlen(release);

	if (n < 1 || n > 64 || !isalnum((unsigned char)*release))
		return false;
	for (; *release; release++)
		if (!isalnum((unsigned char)*release) && !strchr("._+~-", *release))
			return false;
	return true;
}

int kernel_check_release(const char *release)
{
	if (kernel_release_is_valid(release))
		return 0;
	log_error("'%s' is not the release of a kernel", release);
	log_hint("A release is what uname -r prints: up to 64 letters, digits and ._+~-, such as "
		 "6.1.0-50-arm64");
	return -EINVAL;
}

/* No character that is special to make or a shell: the folder's path is given to both. */
static bool is_plain(const char *board)
{
	size_t n = strlen(board);

	if (n < 1 || n > BOARD_MAX)
		return false;
	for (; *board; board++)
		if (!isalnum((unsigned char)*board) && !strchr("._@-", *board))
			return false;
	return true;
}

/* Any ssh destination may be a board's name; a hash replaces one that is not plain. */
char *kernel_name(const struct board *board, const char *release)
{
	char hash[HASH_NAME_SIZE];

	if (!board)
		return xstrdup(release);
	if (is_plain(board->name))
		return xasprintf("%s@%s", release, board->name);
	hash_name(hash, board->name);
	return xasprintf("%s@_%s", release, hash);
}

bool kernel_name_is_valid(const char *name)
{
	size_t n = strcspn(name, "@");
	_cleanup_free_ char *release = xstrndup(name, n);

	return kernel_release_is_valid(release) && (!name[n] || is_plain(name + n + 1));
}

char *kernel_root(const char *name)
{
	return path_cache("trees", name, NULL);
}
