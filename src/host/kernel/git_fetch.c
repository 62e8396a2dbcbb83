// SPDX-License-Identifier: GPL-2.0-only
/* Fetches one commit of a repository. */
#include "host/kernel/git_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strbuf.h"
#include "host/base/paths.h"
#include "host/base/progress.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS (2 * 3600 * 1000) /* the sources for a Pi are 250 MB, and lines are slow */
#define TOLD_LINES 12

/* The last lines of a program's output. */
static const char *tail(const struct strbuf *text)
{
	const char *p = text->buf + text->len;
	int lines = 0;

	while (p > text->buf && lines <= TOLD_LINES)
		lines += *--p == '\n';
	return p + (*p == '\n');
}

int kernel_git_run(char *const *argv, const char *doing)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	int r = process_run(argv, &(struct process_options){ .output = &said,
							     .error = &said,
							     .timeout_ms = TIMEOUT_MS });

	log_debug("%s: %s", argv[0], tail(&said));
	if (r > 0)
		log_lines(LOG_LEVEL_ERROR, tail(&said), "Cannot %s: %s said:", doing, argv[0]);
	else if (r < 0 && r != -EINTR)
		log_error_errno(r, "Cannot %s: %s", doing, argv[0]);
	return r > 0 ? -EIO : r;
}

/* --- fetch ---------------------------------------------------------------------------- */

bool kernel_git_is_revision(const char *commit)
{
	if (!isalnum((unsigned char)*commit))
		return false;
	for (; *commit; commit++)
		if (!isalnum((unsigned char)*commit) && !strchr("._/+-", *commit))
			return false;
	return true;
}

int kernel_git_fetch(const struct kernel_git *git, const char *source)
{
	_cleanup_free_ char *dot_git = path_join(source, ".git", NULL),
			    *git_dir = xasprintf("--git-dir=%s", dot_git),
			    *work_tree = xasprintf("--work-tree=%s", source),
			    *real = realpath(git->url, NULL),
			    *url = real ? xasprintf("file://%s", real) : xstrdup(git->url),
			    *doing = xasprintf("fetch %s from %s", git->commit, git->url);
	int r;

	if (!kernel_git_is_revision(git->commit)) {
		log_error("'%s' is not a commit, tag or branch", git->commit);
		return -EINVAL;
	}
	progress_step("fetching %s", git->url);
	r = kernel_git_run(ARGV("git", "init", "-q", "--", source), "make a repository");
	if (r == 0)
		r = kernel_git_run(ARGV("git", git_dir, work_tree, "fetch", "-q", "--depth=1",
					"--no-tags", "--", url, git->commit),
				   doing);
	if (r == 0)
		r = kernel_git_run(ARGV("git", git_dir, work_tree, "-c",
					"advice.detachedHead=false", "checkout", "-q", "--force",
					"FETCH_HEAD"),
				   doing);
	/* Otherwise the makefiles ask git, and call the kernel "dirty". */
	if (r == 0 && (r = fs_remove_tree(dot_git)) < 0)
		log_error_errno(r, "Cannot remove %s", dot_git);
	return r;
}
