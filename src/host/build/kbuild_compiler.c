// SPDX-License-Identifier: GPL-2.0-only
/*
 * ccache, distcc and icecc know by the name they are called with which compiler
 * to run. Called so, and found first in PATH, they work in makefiles that take
 * CC for one word, and commands do not change with them.
 */
#include "host/build/kbuild_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/text.h"
#include "host/build/build.h"
#include "host/base/paths.h"
#include "host/build/toolchain.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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
		return xstrdup("/usr/bin/ccache"); /* an image without it has a link to nowhere */
	return path_program("ccache");
}

/* Also a compiler with arguments of its own, which a name cannot express. */
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
	_cleanup_free_ char *dir = unit_file(unit, "compiler"), *ccache = find_ccache(unit);
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
 * ccache does not look at the program that it has run the compiler, which may
 * add options: what it made is kept apart. The number has what was kept in
 * depend mode (CCACHE_DEPEND), which knows of no .incbin, be found no more.
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
	_cleanup_free_ char *dir = unit_file(unit, "compiler"),
			    *stats = unit_file(unit, "ccache.stats");
	_cleanup_free_ char *cache = path_cache("ccache", NULL), *namespace = name_space(unit);
	_cleanup_free_ char *headers = unit_file(unit, UNIT_HEADERS);
	const char *old_path = getenv("PATH"), *own_extra = getenv("CCACHE_EXTRAFILES");
	_cleanup_free_ char *extra =
		xasprintf("%s%s%s", own_extra ? own_extra : "", own_extra ? ":" : "", headers);
	_cleanup_free_ char *path = xasprintf("%s:%s", dir, old_path ? old_path : "/usr/bin:/bin");

	kbuild_set_variable(env, "PATH", path);
	kbuild_set_variable(env, "CCACHE_STATSLOG", stats);
	/* Relative paths would end up in debug info. */
	kbuild_set_variable(env, "CCACHE_BASEDIR", "");
	kbuild_set_variable(env, "CCACHE_NAMESPACE", namespace);
	kbuild_set_variable(env, "CCACHE_EXTRAFILES", extra);
	if (!getenv("CCACHE_DIR"))
		kbuild_set_variable(env, "CCACHE_DIR", cache);
	if (settings->compiler_wrapper)
		kbuild_set_variable(env, "CCACHE_PREFIX", settings->compiler_wrapper);
}

/* Each compilation is "# source", then a line for each counter that it raised. */
void kbuild_count(const struct unit *unit, struct build_counts *counts)
{
	_cleanup_free_ char *path = unit_file(unit, "ccache.stats");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	bool probe = false; /* kbuild asks the compiler what it can do by compiling nothing */
	char *rest;

	if (fs_read(path, &text, 0) < 0)
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
	_cleanup_free_ char *path = unit_file(unit, "ccache.stats");

	unlink(path);
}
