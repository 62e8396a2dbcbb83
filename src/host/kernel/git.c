// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees from a source repository. Only a full build creates Module.symvers; here it is
 * assembled from the modules on the board.
 */
#include "host/kernel/git_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/consent.h"
#include "host/base/progress.h"
#include "host/board/board.h"
#include "host/kernel/changelog.h"
#include "host/base/config.h"
#include "host/container/buildenv.h"
#include "host/kernel/exports.h"
#include "host/kernel/crc_collector.h"
#include "host/kernel/internal.h"
#include "host/base/paths.h"
#include "host/board/pull.h"
#include "host/base/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct option_row kernel_git_rows[] = {
	OPTION_STRING(struct kernel_git, url, 0, "git", "URL", "kernel.git.url",
		      "repository with kernel sources"),
	OPTION_STRING(struct kernel_git, commit, 0, "commit", "COMMIT", "kernel.git.commit",
		      "commit, tag or branch (default: the one that the board's package names)"),
	OPTION_STRING(struct kernel_git, defconfig, 0, "defconfig", "NAME", "kernel.git.defconfig",
		      "used if the board does not provide its configuration"),
	OPTION_END,
};

/* --- the commit ----------------------------------------------------------------------- */

/* As kernel_source.obtain(): KERNEL_NONE if nobody names the commit. */
static int ask_commit(struct kernel_wanted *wanted, const char *dir, char **commit,
		      struct strbuf *why)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT, text = STRBUF_INIT;
	_cleanup_free_ char *path = path_join(dir, "changelog.gz", NULL);
	const char *version = wanted->package ? strchr(wanted->package, ' ') : NULL;
	struct pulled pulled = { 0 };
	int r;

	if (!wanted->session) {
		strbuf_adds(why, "no commit of the repository was given (--commit)");
		return KERNEL_NONE;
	}
	r = pull(wanted->session, &(struct pull){ .what = outpost_Pull_What_CHANGELOG, .dir = dir },
		 &pulled, &said);
	pulled_release(&pulled);
	if (r < 0)
		return r;
	if (r == 0)
		r = unpack_read(path, &text);
	unlink(path);
	if (r == 0)
		r = changelog_commit(text.buf, version ? version + 1 : NULL, commit);
	if (r != 0)
		strbuf_addf(why,
			    "no commit of the repository was given (--commit), and no changelog "
			    "on board %s names it",
			    wanted->board->name);
	return r != 0 ? KERNEL_NONE : KERNEL_FOUND;
}

/*
 * A server may also hand out commits that are on no branch of the repository, such as those of its
 * forks: whoever names the commit decides whose makefiles run. As kernel_source.obtain().
 */
static int allow_commit(struct kernel_wanted *wanted, const struct kernel_git *git,
			struct strbuf *why)
{
	const char *board = wanted->board->name;
	int answer =
		consent_ask(buildenv_config(wanted->env),
			    "Board %s names commit %s of\n%s for its kernel %s. The makefiles of "
			    "that commit run on this machine, and can do whatever you can.\n"
			    "Use this commit?",
			    board, git->commit, git->url, wanted->release);

	if (answer == -EINTR)
		return answer;
	if (answer == 1)
		return KERNEL_FOUND;
	strbuf_addf(why,
		    "board %s names commit %s of the repository, which you have not chosen (use "
		    "--commit %s if that is right)",
		    board, git->commit, git->commit);
	return KERNEL_NONE;
}

/* --- the symbols ---------------------------------------------------------------------- */

static int write_symvers(const struct crc_collector *collector, const char *source)
{
	_cleanup_free_ char *path = path_join(source, "Module.symvers", NULL);
	_cleanup_(exports_freep) struct exports *exports = exports_new();
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct crc_counts counts;
	int r;

	progress_step("reading the exports of the sources");
	r = exports_scan(exports, source);
	if (r < 0)
		return r;
	crc_collector_write(collector, exports, &text, &counts);
	r = fs_write_atomic(path, text.buf, text.len, 0644);
	if (r < 0)
		return log_error_errno(r, "Cannot write %s", path);
	log_info("Module.symvers has %zu symbols, from %zu modules of the board%s", counts.symbols,
		 counts.modules, counts.symbols ? "" : ": they have no CRCs");
	log_debug("The sources do not tell how %zu symbols are exported", counts.unknown);
	return 0;
}

/* As kernel_source.obtain(). */
static int pull_symbols(struct kernel_wanted *wanted, const char *dir,
			struct crc_collector *collector, struct strbuf *why)
{
	_cleanup_free_ char *modules = path_join(dir, ".modules", NULL);
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	struct pulled pulled = { 0 };
	int r = fs_mkdir_p(modules, 0755);

	if (r < 0)
		return log_error_errno(r, "Cannot create %s", modules);
	r = pull(wanted->session,
		 &(struct pull){ .what = outpost_Pull_What_SYMBOLS,
				 .dir = modules,
				 .doing = "fetching the CRCs of the board's modules" },
		 &pulled, &said);
	if (r == PULL_NONE) {
		strbuf_addf(why, "on board %s, %s", wanted->board->name, said.buf);
		r = KERNEL_NONE;
	}
	if (r == 0) {
		log_info("Received the symbols of %u modules from board %s (%.1f MB compressed)",
			 pulled.files, wanted->board->name, (double)pulled.packed / 1e6);
		r = crc_collector_folder(collector, modules);
	}
	pulled_release(&pulled);
	fs_remove_tree(modules);
	return r;
}

/* --- the source ------------------------------------------------------------------------ */

static char *compiler_of(const struct kernel_wanted *wanted, const char *config)
{
	static const char key[] = "\nCONFIG_CC_VERSION_TEXT=\"";
	const char *p = config ? strstr(config, key) : NULL;

	if (p) {
		p += strlen(key);
		return xstrndup(p, strcspn(p, "\"\n"));
	}
	return wanted->version ? kernel_git_compiler_of(wanted->version) : NULL;
}

/* 0 with *config NULL if the board has none. */
static int take_config(const struct kernel_wanted *wanted, char **config)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	size_t line;

	if (!wanted->config)
		return 0;
	strbuf_addch(&out, '\n'); /* so that each line is found by the newline before it */
	if (kernel_git_take_config(wanted->config, &out, &line) < 0) {
		log_error("Refusing the kernel configuration of board %s: line %zu is not an "
			  "option with a plain value",
			  wanted->board->name, line);
		log_hint("If that is right, build the kernel yourself and run outpost kernel add "
			 "PATH");
		return -EBADMSG;
	}
	*config = strbuf_detach(&out);
	return 0;
}

static int make_tree(struct kernel_wanted *wanted, const struct kernel_git *git, const char *dir,
		     char **build, struct strbuf *why)
{
	_cleanup_free_ char *source = path_join(dir, "linux", NULL), *config = NULL,
			    *compiler = NULL;
	_cleanup_(crc_collector_freep) struct crc_collector *collector = crc_collector_new();
	int r;

	if (!wanted->config && !git->defconfig) {
		strbuf_adds(why, "its configuration is unknown (use --defconfig)");
		return KERNEL_NONE;
	}
	r = take_config(wanted, &config);
	if (r == 0)
		r = kernel_git_check_programs();
	if (r < 0)
		return r;
	compiler = compiler_of(wanted, config);
	r = pull_symbols(wanted, dir, collector, why);
	if (r == 0)
		r = kernel_git_fetch(git, source);
	if (r == 0)
		r = kernel_git_prepare(wanted->env, source, wanted->release, config, git->defconfig,
				       compiler);
	if (r == 0)
		r = write_symvers(collector, source);
	if (r == 0)
		r = kernel_git_prune(source);
	if (r == 0)
		*build = xstrdup("linux");
	return r;
}

static int load_options(const struct kernel_wanted *wanted, struct kernel_git *git)
{
	if (wanted->git) {
		git->url = wanted->git->url ? xstrdup(wanted->git->url) : NULL;
		git->commit = wanted->git->commit ? xstrdup(wanted->git->commit) : NULL;
		git->defconfig = wanted->git->defconfig ? xstrdup(wanted->git->defconfig) : NULL;
		return 0;
	}
	return config_apply(buildenv_config(wanted->env), kernel_git_rows, git);
}

static int obtain(struct kernel_wanted *wanted, const char *dir, char **build, struct strbuf *why)
{
	struct kernel_git git = { 0 };
	int r = load_options(wanted, &git);

	if (r == 0 && !git.url)
		r = KERNEL_NONE; /* none is configured: no reason to give */
	if (r == 0 && !wanted->session) {
		strbuf_adds(why, "making it from a repository requires a board (-b), whose "
				 "modules have the CRCs of the symbols");
		r = KERNEL_NONE;
	}
	if (r == 0)
		r = kernel_wanted_ask(wanted);
	if (r == 0 && !git.commit) {
		r = ask_commit(wanted, dir, &git.commit, why);
		if (r == KERNEL_FOUND)
			r = allow_commit(wanted, &git, why);
	}
	if (r == 0)
		r = make_tree(wanted, &git, dir, build, why);
	options_release(kernel_git_rows, &git);
	return r;
}

const struct kernel_source kernel_source_git = { .name = "git",
						 .asks_board = true,
						 .obtain = obtain };
