// SPDX-License-Identifier: GPL-2.0-only
/*
 * Called by the name of a compiler, ccache, distcc and icecc run that compiler. With such a
 * name first in PATH, they work in makefiles that expect CC to be one word, and do not change
 * the commands.
 */
#include "host/build/kbuild_internal.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/fs.h"
#include "common/text.h"
#include "host/build/build.h"
#include "host/base/paths.h"
#include "host/build/toolchain.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define STATS     "ccache.stats"
#define STATS_MAX (16 << 20)

static const struct build_settings *settings_of(const struct unit *unit)
{
	static const struct build_settings defaults;

	return unit->settings ? unit->settings : &defaults;
}

static char *find_ccache(const struct unit *unit)
{
	if (settings_of(unit)->no_ccache)
		return NULL;
	if (unit->tree->in_container)
		return xstrdup("/usr/bin/ccache"); /* a dangling link in an image without it */
	return path_program("ccache");
}

/* A script, because the wrapper may have arguments, which a link cannot have. */
static int put_wrapper(const char *path, const char *wrapper, const char *compiler)
{
	_cleanup_free_ char *text =
		xasprintf("#!/bin/sh\nPATH=${PATH#*:} exec %s %s \"$@\"\n", wrapper, compiler);

	unlink(path);
	return fs_write_atomic(path, text, strlen(text), 0700);
}

int kbuild_put_compiler(const struct unit *unit)
{
	const struct build_settings *settings = settings_of(unit);
	_cleanup_free_ char *dir = unit_given(unit, "compiler"), *ccache = find_ccache(unit);
	_cleanup_free_ char *path = path_join(dir, kbuild_compiler(unit), NULL);
	int r = fs_mkdir_p(dir, 0700);

	if (r < 0)
		return r;
	if (ccache && !strchr(kbuild_compiler(unit), '/'))
		return fs_put_link(path, ccache);
	if (settings->compiler_wrapper)
		return put_wrapper(path, settings->compiler_wrapper, kbuild_compiler(unit));
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/*
 * ccache does not check the wrapper that runs the compiler, which may add options, so objects
 * of each wrapper are kept apart. The number excludes objects that were stored in depend mode
 * (CCACHE_DEPEND), which ignores .incbin.
 */
static char *name_space(const struct unit *unit)
{
	_cleanup_(strbuf_release) struct strbuf wrapper = STRBUF_INIT;
	const char *own = getenv("CCACHE_NAMESPACE");

	toolchain_describe_wrapper(unit, &wrapper);
	return xasprintf("outpost-2-%016llx%s", (unsigned long long)text_hash(wrapper.buf),
			 own ? own : "");
}

void kbuild_set_compiler(const struct unit *unit, char ***env)
{
	const struct build_settings *settings = settings_of(unit);
	_cleanup_free_ char *dir = unit_given(unit, "compiler"), *stats = unit_in_work(unit, STATS);
	_cleanup_free_ char *cache = path_cache("ccache", NULL),
			    *own_cache = unit_in_work(unit, "ccache"),
			    *namespace = name_space(unit);
	_cleanup_free_ char *headers = unit_given(unit, "headers");
	const char *old_path = getenv("PATH"), *own_extra = getenv("CCACHE_EXTRAFILES");
	_cleanup_free_ char *extra =
		xasprintf("%s%s%s", own_extra ? own_extra : "", own_extra ? ":" : "", headers);
	_cleanup_free_ char *path = xasprintf("%s:%s", dir, old_path ? old_path : "/usr/bin:/bin");

	kbuild_set_variable(env, "PATH", path);
	kbuild_set_variable(env, "CCACHE_STATSLOG", stats);
	/* relative paths would end up in debug info */
	kbuild_set_variable(env, "CCACHE_BASEDIR", "");
	kbuild_set_variable(env, "CCACHE_NAMESPACE", namespace);
	kbuild_set_variable(env, "CCACHE_EXTRAFILES", extra);
	if (unit->tree->in_container) /* what it finds there is what it put there itself */
		kbuild_set_variable(env, "CCACHE_DIR", own_cache);
	else if (!getenv("CCACHE_DIR"))
		kbuild_set_variable(env, "CCACHE_DIR", cache);
	if (settings->compiler_wrapper)
		kbuild_set_variable(env, "CCACHE_PREFIX", settings->compiler_wrapper);
}

/*
 * For each compilation there is a line "# source", then one for each counter that it
 * incremented.
 */
void kbuild_count(const struct unit *unit, struct build_counts *counts)
{
	_cleanup_close_ int work = unit_open_work(unit);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	bool probe = false; /* kbuild probes the compiler by compiling nothing */
	char *rest;

	if (work < 0 || beneath_read(work, STATS, &text, STATS_MAX) < 0)
		return;
	rest = text.buf;
	for (char *line; (line = strsep(&rest, "\n"));) {
		if (*line == '#')
			probe = strcmp(line, "# /dev/null") == 0 || strcmp(line, "# -") == 0;
		else if (probe)
			continue;
		else if (strcmp(line, "direct_cache_hit") == 0 ||
			 strcmp(line, "preprocessed_cache_hit") == 0)
			counts->cached++;
		else if (strcmp(line, "cache_miss") == 0)
			counts->compiled++;
	}
}

void kbuild_forget_counts(const struct unit *unit)
{
	_cleanup_close_ int work = unit_open_work(unit);

	if (work >= 0)
		(void)beneath_remove(work, STATS);
}
