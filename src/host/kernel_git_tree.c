// SPDX-License-Identifier: GPL-2.0-only
/* From a repository to a tree that is configured and prepared, and no larger than it must be. */
#include "host/kernel_git.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/kernel_fit.h"
#include "host/kernel_internal.h"
#include "host/out.h"
#include "host/paths.h"

#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS (2 * 3600 * 1000) /* a Pi's sources are 250 MB, and lines are slow */
#define TOLD_LINES 12
#define CONFIG_MAX (16 << 20)

/* The last lines of what a program said. */
static const char *tail(const struct strbuf *text)
{
	const char *p = text->buf + text->len;
	int lines = 0;

	while (p > text->buf && lines <= TOLD_LINES)
		lines += *--p == '\n';
	return p + (*p == '\n');
}

/* 0, or -errno after saying what `doing` failed and why. */
static int run(char *const *argv, const char *doing)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	int r = process_run(argv, &(struct process_options){ .output = &said,
							     .error = &said,
							     .timeout_ms = TIMEOUT_MS });

	log_debug("%s: %s", argv[0], tail(&said));
	if (r > 0)
		log_error("Cannot %s: %s said:\n%s", doing, argv[0], tail(&said));
	else if (r < 0 && r != -EINTR)
		log_error_errno(r, "Cannot %s: %s", doing, argv[0]);
	return r > 0 ? -EIO : r;
}

/* --- fetch ---------------------------------------------------------------------------- */

/* What git takes for a revision and not for an option. */
static bool is_revision(const char *commit)
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

	if (!is_revision(git->commit)) {
		log_error("'%s' names no commit, tag or branch.", git->commit);
		return -EINVAL;
	}
	progress_step("fetching %s", git->url);
	r = run(ARGV("git", "init", "-q", "--", source), "make a repository");
	if (r == 0)
		r = run(ARGV("git", git_dir, work_tree, "fetch", "-q", "--depth=1", "--no-tags",
			     "--", url, git->commit),
			doing);
	if (r == 0)
		r = run(ARGV("git", git_dir, work_tree, "-c", "advice.detachedHead=false",
			     "checkout", "-q", "--force", "FETCH_HEAD"),
			doing);
	/* The sources' own makefiles would ask it, and call the kernel "dirty". */
	if (r == 0 && (r = fs_remove_tree(dot_git)) < 0)
		log_error_errno(r, "Cannot remove %s", dot_git);
	return r;
}

/* --- configure and prepare ------------------------------------------------------------- */

char *kernel_git_compiler_of(const char *version)
{
	const char *open = strchr(version, '('), *gcc, *end;

	open = open ? strchr(open + 1, '(') : NULL; /* the first has who built it */
	end = open ? strstr(open, ", GNU ld") : NULL;
	gcc = open ? strstr(open, "gcc") : NULL;
	return gcc && end && gcc < end ? xstrndup(open + 1, (size_t)(end - open) - 1) : NULL;
}

struct making {
	const char *source;
	char *words[10]; /* variables for make, ended by NULL */
};

static void making_release(struct making *m)
{
	for (size_t i = 0; m->words[i]; i++)
		free(m->words[i]);
}

static int make(const struct making *m, const char *target, const char *doing)
{
	_cleanup_strv_ char **argv = NULL;

	strv_foreach (word, ARGV("make", "-s", "-C", m->source))
		strv_add(&argv, *word);
	for (size_t i = 0; m->words[i]; i++)
		strv_add(&argv, m->words[i]);
	strv_add(&argv, target);
	return run(argv, doing);
}

/* Modules are built with it later, and the configuration depends on it now. */
static int choose_compiler(const char *text, char **compiler)
{
	_cleanup_free_ char *program = NULL;
	bool in_container = false;
	int r = 0;

	if (text)
		r = kernel_compiler_choose(text, compiler, &in_container);
	else
		*compiler = xasprintf("%sgcc", kernel_cross_prefix());
	if (r == -EINVAL)
		log_error("The kernel was built with '%s'; only gcc is supported.", text);
	if (r == -EINVAL)
		return r;
	program = path_program(*compiler);
	if (program)
		return 0;
	log_error("Sources are prepared on this machine, and there is no %s here.", *compiler);
	log_hint("As root: apt-get install the package of that name, and make, flex, bison, bc, "
		 "libssl-dev and libelf-dev.");
	return -ENOPKG;
}

/*
 * Some options are only set where pahole is there in a certain version; modules
 * need the options (they change struct module), not the program. A defconfig
 * does not tell the version: one that has all that was ever asked for.
 */
static int pretend_pahole(const char *source, const char *config, char **path)
{
	static const char key[] = "\nCONFIG_PAHOLE_VERSION=";
	const char *value = strstr(config, key);
	int version = value ? atoi(value + strlen(key)) : 125, r;
	_cleanup_free_ char *text = NULL;

	*path = path_join(source, ".pahole", NULL);
	text = xasprintf("#!/bin/sh\necho v%d.%d\n", version / 100, version % 100);
	r = fs_write_atomic(*path, text, strlen(text), 0755);
	return r < 0 ? log_error_errno(r, "Cannot write %s", *path) : 0;
}

/*
 * Likewise the vDSO for 32-bit programs: Kconfig offers it where a compiler for
 * it is named, which only building the kernel would call. It is left out of
 * what is prepared; the configuration keeps it, as a headers package does.
 */
static void pretend_arm_compiler(char *words[2])
{
	words[0] = xstrdup("CROSS_COMPILE_COMPAT=arm-linux-gnueabihf-");
	words[1] = xstrdup("CONFIG_COMPAT_VDSO=");
}

/* What tells of the tools that a kernel was configured with, and not of the kernel. */
static void drop_tools(const char *config, struct strbuf *out)
{
	static const char *const about[] = { "CONFIG_CC_",           "CONFIG_GCC_VERSION",
					     "CONFIG_AS_",           "CONFIG_LD_",
					     "CONFIG_CLANG_VERSION", "CONFIG_LLD_",
					     "CONFIG_RUST",          "CONFIG_BINDGEN",
					     "CONFIG_PAHOLE_",       "CONFIG_TOOLS_" };
	size_t n;

	for (const char *line = config; *line; line += n) {
		bool drop = false;

		n = strcspn(line, "\n");
		n += line[n] == '\n';
		for (size_t i = 0; i < ARRAY_SIZE(about); i++)
			drop = drop || strncmp(line, about[i], strlen(about[i])) == 0;
		if (!drop)
			strbuf_add(out, line, n);
	}
}

/* An option that the sources do not know, or that came out differently, is of another kernel. */
static void compare_configs(const char *source, const char *config)
{
	_cleanup_free_ char *path = path_join(source, ".config", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, names = STRBUF_INIT,
						ours = STRBUF_INIT, theirs = STRBUF_INIT;
	size_t n;

	if (fs_read(path, &text, CONFIG_MAX) < 0)
		return;
	drop_tools(text.buf, &ours);
	drop_tools(config, &theirs);
	n = kernel_config_differences(ours.buf, theirs.buf, &names);
	if (n)
		log_warn("%zu options come out differently than in the board's configuration: %s%s",
			 n, names.buf, n > 3 ? ", ..." : ".");
}

/* The compiler has the name there that it had when the kernel was built: others compare it. */
static int restore_compiler(const char *source, const char *text)
{
	static const char key[] = "CONFIG_CC_VERSION_TEXT=\"";
	_cleanup_free_ char *path = path_join(source, ".config", NULL);
	_cleanup_(strbuf_release) struct strbuf config = STRBUF_INIT, out = STRBUF_INIT;
	const char *at;
	int r = fs_read(path, &config, CONFIG_MAX);

	at = r == 0 ? strstr(config.buf, key) : NULL;
	if (!at)
		return r < 0 ? log_error_errno(r, "Cannot read %s", path) : 0;
	at += strlen(key);
	strbuf_add(&out, config.buf, (size_t)(at - config.buf));
	strbuf_adds(&out, text);
	strbuf_adds(&out, at + strcspn(at, "\"\n"));
	r = fs_write_atomic(path, out.buf, out.len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int configure(const struct making *m, const char *config, const char *defconfig)
{
	_cleanup_free_ char *path = path_join(m->source, ".config", NULL);
	int r;

	if (!config)
		return make(m, defconfig, "configure the kernel");
	r = fs_write_atomic(path, config, strlen(config), 0644);
	if (r < 0)
		return log_error_errno(r, "Cannot write %s", path);
	r = make(m, "olddefconfig", "configure the kernel");
	if (r == 0)
		compare_configs(m->source, config);
	return r;
}

/* VERSION and PATCHLEVEL of the top Makefile: "6.1". Others are another kernel's sources. */
static int check_series(const char *source, const char *release)
{
	_cleanup_free_ char *path = path_join(source, "Makefile", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_read(path, &text, 1 << 20), version = -1, level = -1, a, b;
	const char *p = r == 0 ? strstr(text.buf, "\nPATCHLEVEL = ") : NULL;

	if (p)
		level = atoi(p + strlen("\nPATCHLEVEL = "));
	p = r == 0 ? strstr(text.buf, "VERSION = ") : NULL;
	if (p)
		version = atoi(p + strlen("VERSION = "));
	if (level < 0 || version < 0) {
		log_error("The commit has no Linux in it: its Makefile names no version.");
		return -EINVAL;
	}
	if (sscanf(release, "%d.%d", &a, &b) == 2 && (a != version || b != level)) {
		log_error("The commit is of Linux %d.%d, the board runs %s.", version, level,
			  release);
		return -EINVAL;
	}
	return 0;
}

/* What the sources are configured from: the board's text, or what the defconfig says. */
static int read_basis(const char *source, const char *config, const char *defconfig,
		      struct strbuf *basis)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (config) {
		strbuf_adds(basis, config);
		return 0;
	}
	if (!is_revision(defconfig))
		return log_error_errno(-EINVAL, "--defconfig %s", defconfig);
	path = path_join(source, "arch/arm64/configs", defconfig, NULL);
	r = fs_read(path, basis, CONFIG_MAX);
	return r < 0 ? log_error_errno(r, "Cannot read the defconfig %s of the sources", defconfig)
		     : 0;
}

static int choose_words(struct making *m, const char *release, const char *basis,
			const char *compiler)
{
	_cleanup_free_ char *cc = NULL, *pahole = NULL;
	int r = choose_compiler(compiler, &cc);

	if (r == 0)
		r = pretend_pahole(m->source, basis, &pahole);
	if (r < 0)
		return r;
	m->words[0] = xstrdup("ARCH=arm64");
	m->words[1] = xasprintf("CROSS_COMPILE=%s", kernel_cross_prefix());
	m->words[2] = xasprintf("CC=%s", cc);
	m->words[3] = xasprintf("PAHOLE=%s", pahole);
	m->words[4] = xasprintf("KERNELRELEASE=%s", release);
	m->words[5] = xstrdup("LOCALVERSION=");
	m->words[6] = xasprintf("-j%ld", sysconf(_SC_NPROCESSORS_ONLN));
	if (strstr(basis, "\nCONFIG_COMPAT_VDSO=y\n"))
		pretend_arm_compiler(&m->words[7]);
	return 0;
}

int kernel_git_prepare(const char *source, const char *release, const char *config,
		       const char *defconfig, const char *compiler)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_(making_release) struct making m = { .source = source };
	_cleanup_(strbuf_release) struct strbuf line = STRBUF_INIT, basis = STRBUF_INIT;
	int r = check_series(source, release);

	if (r == 0)
		r = read_basis(source, config, defconfig, &basis);
	if (r == 0)
		r = choose_words(&m, release, basis.buf, compiler);
	if (r < 0)
		return r;
	progress_step("configuring the kernel");
	r = configure(&m, config, defconfig);
	progress_step("preparing the kernel's sources");
	if (r == 0)
		r = make(&m, "modules_prepare", "prepare the kernel's sources");
	if (r == 0 && compiler)
		r = restore_compiler(source, compiler);
	if (r < 0)
		return r;
	/* kbuild reads the release from here when it builds a module. */
	name = path_join(source, "include/config/kernel.release", NULL);
	strbuf_addf(&line, "%s\n", release);
	r = fs_write_atomic(name, line.buf, line.len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write %s", name) : 0;
}

/* --- prune ------------------------------------------------------------------------------- */

/* nftw() has no argument for its function. */
static size_t root_length;

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

static bool begins_with_one_of(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (strncmp(text, *list, strlen(*list)) == 0)
			return true;
	return false;
}

/* What Debian's headers packages have: no drivers' own headers, which are most of the sources. */
static bool is_needed(const char *below, const char *name)
{
	static const char *const never[] = {
		"Documentation/", "LICENSES/",        "samples/",
		"tools/testing/", "tools/perf/",      "arch/arm64/boot/",
		"rust/",          "include/config/.", NULL
	};
	static const char *const whole[] = { "include/",    "scripts/",  "tools/", "certs/",
					     "arch/arm64/", "arch/arm/", NULL };
	static const char *const names[] = { "Makefile", "Kbuild", "Kconfig", NULL };
	static const char *const made[] = { ".o", ".a", ".cmd", ".c", ".S" };

	if (begins_with_one_of(below, never))
		return false;
	if (!strchr(below, '/'))
		return *name != '.' || strcmp(name, ".config") == 0;
	if (begins_with_one_of(below, (const char *const[]){ "scripts/", "tools/", NULL }))
		return !ends_with(name, ".o");
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (ends_with(name, made[i]))
			return false;
	if (strncmp(below, "arch/", 5) == 0 && !begins_with_one_of(below, whole))
		return false;
	return begins_with_one_of(below, whole) || begins_with_one_of(name, names);
}

static int prune_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	if (ftw->level == 0)
		return 0;
	if (flag == FTW_DP) {
		if (rmdir(path) < 0 && errno != ENOTEMPTY && errno != EEXIST)
			return -errno;
		return 0;
	}
	if (!is_needed(path + root_length + 1, path + ftw->base) && unlink(path) < 0)
		return -errno;
	return 0;
}

int kernel_git_prune(const char *source)
{
	int r;

	root_length = strlen(source);
	r = nftw(source, prune_one, 32, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
	if (r == -1)
		r = -errno;
	return r < 0 ? log_error_errno(r, "Cannot remove what is not needed of %s", source) : 0;
}
