// SPDX-License-Identifier: GPL-2.0-only
/* Compiler flags in addition to those of the kernel's makefiles. */
#include "host/build/kbuild_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "host/base/paths.h"

#include <string.h>

/*
 * Some kernels are built without debug info. Modules get it anyway, so that a crash can be
 * located to the line. It is not sent: modules are stripped for the board.
 */
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
 * Debug info has file names that are the same on every host; __FILE__, which is in every
 * WARNING, has the source's name without a folder. The compiler applies the last map that
 * matches, so that of a folder comes before those of its subfolders.
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

/* Maps the copy, under one of its names, and what is next to it: see neighbours.h. */
static void map_copy(struct strbuf *flags, const struct unit *unit, const char *copy)
{
	_cleanup_free_ char *up = folder_of(copy), *above = folder_of(up);
	_cleanup_free_ char *to_up = path_join(unit->debug_dir, "..", NULL);
	_cleanup_free_ char *to_above = path_join(unit->debug_dir, "../..", NULL);

	map(flags, "debug", copy, unit->debug_dir); /* working folder of the compiler */
	map_folder(flags, above, to_above, "../../");
	map_folder(flags, up, to_up, "../");
	map_folder(flags, copy, unit->debug_dir, "");
}

/* Trees that Outpost unpacked get the name that they would have if installed. */
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
