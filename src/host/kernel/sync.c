// SPDX-License-Identifier: GPL-2.0-only
/* The tree of what a board runs now, and what that board is asked for it. */
#include "host/kernel/internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/paths.h"
#include "host/board/pull.h"
#include "host/board/last_seen.h"
#include "host/base/unpack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void kernel_wanted_release(struct kernel_wanted *wanted)
{
	free(wanted->package);
	free(wanted->config);
	wanted->package = wanted->config = NULL;
}

/* /proc/config.gz, or a file in /boot. */
static int read_config(const char *dir, char **config)
{
	static const char *const names[] = { "config", "config.gz" };
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(names) && r < 0; i++) {
		_cleanup_free_ char *path = path_join(dir, names[i], NULL);

		strbuf_reset(&text);
		r = unpack_read(path, &text);
	}
	if (r == 0)
		*config = strbuf_detach(&text);
	return r;
}

int kernel_wanted_ask(struct kernel_wanted *wanted)
{
	_cleanup_free_ char *trees = path_cache("trees", NULL),
			    *dir = path_join(trees, ".new-config-XXXXXX", NULL);
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct pulled pulled = { 0 };
	int r;

	if (!wanted->session || wanted->package || wanted->config)
		return 0;
	r = fs_mkdir_p(trees, 0755);
	if (r == 0 && !mkdtemp(dir))
		r = -errno;
	if (r < 0)
		return log_error_errno(r, "Cannot create a folder in %s", trees);
	r = pull(wanted->session, &(struct pull){ .what = outpost_Pull_What_CONFIG, .dir = dir },
		 &pulled, &why);
	if (r == 0) {
		wanted->package = *pulled.package ? TAKE_PTR(pulled.package) : NULL;
		read_config(dir, &wanted->config);
	}
	pulled_release(&pulled);
	fs_remove_tree(dir);
	if (r == PULL_NONE)
		log_debug("%s: %s", wanted->board->name, why.buf);
	return r == PULL_NONE ? 0 : r;
}

/* `wanted` belongs to the caller; the answers in it are released here. */
int kernel_sync_wanted(struct kernel_wanted *wanted, struct kernel_tree **tree)
{
	const struct board *board = wanted->board;
	_cleanup_free_ char *last = last_seen_release(board->name), *release = NULL;
	_cleanup_(kernel_tree_freep) struct kernel_tree *old = NULL;
	const outpost_Welcome *welcome;
	int r = session_welcome(wanted->session, &welcome);

	if (r < 0)
		return r;
	release = xstrdup(welcome->release);
	if (last && strcmp(last, release) != 0)
		log_info("Board %s now runs %s, not %s", board->name, release, last);
	last_seen_set_release(board->name, release);
	last_seen_set_facts(board->name, welcome);
	wanted->release = release;
	wanted->version = welcome->kernel_version;
	wanted->page_size = welcome->page_size;
	if (wanted->only && kernel_look(wanted->env, board, release, &old) == KERNEL_FOUND) {
		log_error("A kernel tree for %s exists already, from %s", release, old->source);
		log_hint("Run outpost kernel remove %s, then add it", old->name);
		return -EEXIST;
	}
	r = kernel_obtain_wanted(wanted, tree);
	kernel_wanted_release(wanted);
	return r;
}

int kernel_sync(struct buildenv *env, const struct board *board, struct session *session,
		struct kernel_tree **tree)
{
	return kernel_sync_wanted(
		&(struct kernel_wanted){ .env = env, .board = board, .session = session }, tree);
}

int kernel_sync_git(struct buildenv *env, const struct board *board, struct session *session,
		    const struct kernel_git *git, struct kernel_tree **tree)
{
	return kernel_sync_wanted(&(struct kernel_wanted){ .env = env,
							   .board = board,
							   .session = session,
							   .only = &kernel_source_git,
							   .git = git },
				  tree);
}
