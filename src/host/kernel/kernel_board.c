// SPDX-License-Identifier: GPL-2.0-only
/* Trees from the board: the headers installed there for the kernel that it runs. */
#include "host/kernel/internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/paths.h"
#include "host/base/progress.h"
#include "host/board/pull.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/*
 * Is it a folder below `dir`? The path is recorded, and given to make and a shell. No link in what
 * was received leads out (see untar.h).
 */
static bool is_folder(const char *dir, const char *build)
{
	static const char others[] = "._+~@/-";
	_cleanup_free_ char *full = path_join(dir, build, NULL);

	if (*build == '/' || strstr(build, ".."))
		return false;
	for (const char *p = build; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(others, *p))
			return false;
	return *build && fs_is_dir(full);
}

static int obtain(struct kernel_wanted *wanted, const char *dir, char **build, struct strbuf *why)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	_cleanup_free_ char *doing = NULL;
	const outpost_Welcome *welcome;
	struct pulled pulled = { 0 };
	int r;

	if (!wanted->session)
		return KERNEL_NONE; /* no board was asked: no reason to give */
	r = session_welcome(wanted->session, &welcome);
	if (r < 0)
		return r;
	if (strcmp(welcome->release, wanted->release) != 0) {
		strbuf_addf(why, "board %s runs %s", wanted->board->name, welcome->release);
		return KERNEL_NONE;
	}
	r = kernel_sent_allowed(wanted, why);
	if (r != KERNEL_FOUND)
		return r;
	doing = xasprintf("copying the headers from %s", wanted->board->name);
	progress_step("%s", doing);
	r = pull(wanted->session,
		 &(struct pull){ .what = outpost_Pull_What_TREE, .dir = dir, .doing = doing },
		 &pulled, &said);
	if (r == PULL_NONE) {
		strbuf_addf(why, "on board %s, %s", wanted->board->name, said.buf);
		r = KERNEL_NONE;
	}
	if (r == 0 && !is_folder(dir, pulled.build)) {
		log_error("Board %s sent headers without a folder for make -C",
			  wanted->board->name);
		r = -EBADMSG;
	}
	if (r == 0) {
		log_info("Received %u files (%lld MB, %lld MB compressed) from board %s",
			 pulled.files, pulled.bytes / 1000000, pulled.packed / 1000000,
			 wanted->board->name);
		*build = TAKE_PTR(pulled.build);
	}
	pulled_release(&pulled);
	return r;
}

const struct kernel_source kernel_source_board = { .name = "board",
						   .asks_board = true,
						   .obtain = obtain };
