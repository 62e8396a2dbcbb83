// SPDX-License-Identifier: GPL-2.0-only
#include "host/check/check_board.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/check/check_keys.h"
#include "host/base/paths.h"
#include "host/board/pull.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- what is asked for when it matters -------------------------------------------------- */

static const struct {
	outpost_Pull_What what;
	const char *pulled, *kept, *doing;
} wanted[] = {
	[CHECK_NAMES] = { outpost_Pull_What_NAMES, "names", "names", "which symbols" },
	[CHECK_KEYS] = { outpost_Pull_What_IMAGE, "vmlinuz", "keys", "which keys" },
};

/* Of an image, keeps only the keys, because it is large. */
static int keep_file(const char *from, const char *to, enum check_wanted what)
{
	_cleanup_(strbuf_release) struct strbuf keys = STRBUF_INIT;
	int r;

	if (what == CHECK_NAMES)
		return rename(from, to) < 0 ? -errno : 0;
	r = check_keys_extract(from, &keys);
	return r < 0 ? r : fs_write_atomic(to, keys.buf, keys.len, 0644);
}

/*
 * 0, PULL_NONE or -errno. A failure to get the data from the board is logged at debug level
 * only.
 */
static int fetch(struct check_board *on, enum check_wanted what, const char *folder, const char *to)
{
	_cleanup_free_ char *dir = path_join(folder, ".new-XXXXXX", NULL), *from = NULL;
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct pulled pulled = { 0 };
	int r = fs_mkdir_p(folder, 0755);

	if (r < 0 || !mkdtemp(dir))
		return log_error_errno(r < 0 ? r : -errno, "Cannot create a folder in %s", folder);
	log_info("Asking board %s %s its kernel has (once per kernel)", on->board->name,
		 wanted[what].doing);
	r = pull(on->session, &(struct pull){ .what = wanted[what].what, .dir = dir }, &pulled,
		 &why);
	from = path_join(dir, wanted[what].pulled, NULL);
	if (r == 0)
		r = keep_file(from, to, what);
	if (r != 0)
		log_debug("%s: %s", on->board->name, why.len ? why.buf : strerror(-r));
	pulled_release(&pulled);
	fs_remove_tree(dir);
	return r;
}

static char *ask(void *arg, enum check_wanted what)
{
	struct check_board *on = arg;
	_cleanup_free_ char *name = xasprintf("%s-%s", on->facts.release, on->facts.kernel),
			    *folder = path_cache("kernels", name, NULL),
			    *path = path_join(folder, wanted[what].kept, NULL);

	if (fs_exists(path) || (on->session && fetch(on, what, folder, path) == 0))
		return TAKE_PTR(path);
	on->session = NULL; /* do not ask or log again */
	return NULL;
}

void check_board_add(struct check_kernel *kernel, struct check_board *on)
{
	const struct last_seen_facts *facts = &on->facts;

	if (!last_seen_facts(on->board->name, &on->facts) ||
	    strcmp(facts->release, kernel->release) != 0)
		return;
	check_kernel_add_board(kernel, facts->page_size, facts->signatures_enforced,
			       facts->locked_down);
	check_kernel_add_asker(kernel, (struct check_asker){ ask, on });
}
