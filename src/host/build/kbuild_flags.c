// SPDX-License-Identifier: GPL-2.0-only
/* What each file is compiled with beyond what the kernel's makefiles say. */
#include "host/build/kbuild_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "host/base/paths.h"

#include <string.h>

/* Some kernels are built without; a module has it all the same, so that a crash can be named to the
 * line. It is not sent: what goes to the board is stripped. */
static bool has_debug_info(const struct kernel_tree *tree)
{
	_cleanup_free_ char *path = path_join(tree->build, ".config", NULL);
	_cleanup_(strbuf_release) struct strbuf config = STRBUF_INIT;

	return fs_read(path, &config, 0) < 0 || strstr(config.buf, "\nCONFIG_DEBUG_INFO=y\n");
}

static void map(struct strbuf *flags, const char *what, const char *from, const char *to)
{
	strbuf_addf(flags, " -f%s-prefix-map=%s=%s", what, from, to);
}

/*
 * Debug info names files as they are called on every host; __FILE__, which stands
 * in every WARNING, by the source's name alone. Of maps that fit the compiler
 * takes the last: so that of a folder comes before those of what is in it.
 */
static void map_folder(struct strbuf *flags, const char *folder, const char *to, const char *macro)
{
	_cleanup_free_ char *from = xasprintf("%s/", folder), *debug = xasprintf("%s/", to);

	map(flags, "debug", from, debug);
	map(flags, "macro", from, macro);
}

static char *folder_of(const char *path)
{
	return xstrndup(path, (size_t)(strrchr(path, '/') - path));
}

/* The copy, by one of its names, and what stands beside it: see neighbours.h. */
static void map_copy(struct strbuf *flags, const struct unit *unit, const char *copy)
{
	_cleanup_free_ char *up = folder_of(copy), *above = folder_of(up);
	_cleanup_free_ char *to_up = path_join(unit->debug_dir, "..", NULL);
	_cleanup_free_ char *to_above = path_join(unit->debug_dir, "../..", NULL);

	map(flags, "debug", copy, unit->debug_dir); /* where the compiler is run */
	map_folder(flags, above, to_above, "../../");
	map_folder(flags, up, to_up, "../");
	map_folder(flags, copy, unit->debug_dir, "");
}

/* A tree that Outpost unpacked is called as it would be where it is installed. */
static void map_tree(struct strbuf *flags, const struct kernel_tree *tree)
{
	_cleanup_free_ char *link = path_join(tree->build, "source", NULL);
	_cleanup_free_ char *source = realpath(link, NULL);
	_cleanup_free_ char *to_source = xasprintf("/usr/src/linux-source-%s", tree->release);
	_cleanup_free_ char *to_build = xasprintf("/usr/src/linux-%s", tree->release);
	size_t n = strlen(tree->root);

	if (strncmp(tree->build, tree->root, n) == 0 && tree->build[n] == '/') {
		map(flags, "debug", tree->root, "");
		return;
	}
	if (source)
		map(flags, "debug", source, to_source);
	map(flags, "debug", tree->build, to_build);
}

char *kbuild_flags(const struct unit *unit)
{
	_cleanup_(strbuf_release) struct strbuf flags = STRBUF_INIT;
	const char *own = getenv("KCPPFLAGS");

	strbuf_adds(&flags, own ? own : "");
	if (!has_debug_info(unit->tree))
		strbuf_adds(&flags, " -g");
	map_tree(&flags, unit->tree);
	if (unit->link)
		map_copy(&flags, unit, unit->alias);
	map_copy(&flags, unit, unit->copy);
	return strbuf_detach(&flags);
}
