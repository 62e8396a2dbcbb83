// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/toolchain.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/strv.h"
#include "common/text.h"
#include "host/build/build.h"
#include "host/container/buildenv.h"
#include "host/build/kbuild_internal.h"
#include "host/base/paths.h"

#include <string.h>
#include <sys/stat.h>

/*
 * Is this a wrapper with the name of a compiler, which looks for the compiler further on in
 * PATH?
 */
static bool stands_for(const char *path, const char *name)
{
	static const char *const masks[] = { "ccache", "distcc", "icecc" };
	_cleanup_free_ char *real = realpath(path, NULL);

	for (size_t i = 0; real && i < ARRAY_SIZE(masks); i++)
		if (strcmp(strrchr(real, '/') + 1, masks[i]) == 0)
			return strcmp(name, masks[i]) != 0;
	return false;
}

/*
 * Describes the program's file, which changes when its package is upgraded. `name` may have
 * arguments.
 */
static void add_program(struct strbuf *out, const char *name)
{
	_cleanup_free_ char *program = xstrndup(name, strcspn(name, " "));
	_cleanup_strv_ char **paths = NULL;

	if (*program == '/')
		strv_add(&paths, program);
	else
		path_programs(program, &paths);
	strv_foreach (path, paths) {
		struct stat st;

		if (stands_for(*path, program) || stat(*path, &st) < 0)
			continue;
		strbuf_addf(out, "program %s %lld.%09ld %lld.%09ld %lld %lld\n", *path,
			    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			    (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec, (long long)st.st_size,
			    (long long)st.st_ino);
		return;
	}
}

static void add_programs(const struct unit *unit, struct strbuf *out)
{
	static const char *const binutils[] = { "as", "ld", "nm", "objcopy" };

	add_program(out, kbuild_compiler(unit));
	for (size_t i = 0; i < ARRAY_SIZE(binutils); i++) {
		_cleanup_free_ char *name =
			xasprintf("%s%s", unit->tree->cross_prefix, binutils[i]);

		add_program(out, name);
	}
}

/* The running image; a newer one may have been made since. */
static void add_image(const struct buildenv *env, struct strbuf *out)
{
	_cleanup_free_ char *image = buildenv_image(env);

	if (image)
		strbuf_addf(out, "image %s\n", image);
}

/*
 * A release may be removed and come back from elsewhere; the manifest has a hash of its
 * contents.
 */
static void add_tree(const struct kernel_tree *tree, struct strbuf *out)
{
	_cleanup_free_ char *path = path_join(tree->root, "manifest.ini", NULL);
	_cleanup_(strbuf_release) struct strbuf manifest = STRBUF_INIT;

	if (fs_read(path, &manifest, 0) < 0)
		strbuf_reset(&manifest);
	strbuf_addf(out, "tree %s %016llx\n", tree->build,
		    (unsigned long long)text_hash(manifest.buf));
}

void toolchain_describe_wrapper(const struct unit *unit, struct strbuf *out)
{
	const char *wrapper = unit->settings ? unit->settings->compiler_wrapper : NULL;

	if (!wrapper)
		return;
	strbuf_addf(out, "wrapper %s\n", wrapper);
	add_program(out, wrapper);
}

void toolchain_describe(const struct unit *unit, struct strbuf *out)
{
	add_tree(unit->tree, out);
	strbuf_addf(out, "in %s\ncompiler %s\nprefix %s\nno_ccache %d\n",
		    unit->tree->in_container ? "container" : "host", kbuild_compiler(unit),
		    unit->tree->cross_prefix, unit->settings && unit->settings->no_ccache);
	if (unit->tree->in_container)
		add_image(unit->tree->env, out);
	else
		add_programs(unit, out);
	toolchain_describe_wrapper(unit, out);
}

bool toolchain_is_of_place(const struct unit *unit)
{
	_cleanup_(strbuf_release) struct strbuf was = STRBUF_INIT;
	_cleanup_free_ char *path = unit_file(unit, "toolchain");
	const char *place = unit->tree->in_container ? "\nin container\n" : "\nin host\n";

	return fs_read(path, &was, 0) == 0 && strstr(was.buf, place);
}

bool toolchain_holds(const struct unit *unit)
{
	_cleanup_(strbuf_release) struct strbuf was = STRBUF_INIT, is = STRBUF_INIT;
	_cleanup_free_ char *path = unit_file(unit, "toolchain");

	toolchain_describe(unit, &is);
	return fs_read(path, &was, 0) == 0 && strcmp(was.buf, is.buf) == 0;
}

int toolchain_write(const struct unit *unit)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *path = unit_file(unit, "toolchain");

	toolchain_describe(unit, &text);
	return fs_write_atomic(path, text.buf, text.len, 0600);
}
