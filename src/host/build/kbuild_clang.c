// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds with clang for a kernel that gcc built. Only the compiler changes; the linker stays
 * the kernel's, because the configuration depends on it. The configuration describes gcc, so
 * variables on make's command line override it, and the makefiles choose the flags for clang.
 */
#include "host/build/kbuild_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strbuf.h"
#include "host/build/build.h"
#include "host/container/container.h"
#include "host/base/paths.h"
#include "host/container/buildenv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CLANG "clang"

/* The first version with -mstack-protector-guard=sysreg for arm64. */
#define LEAST_VERSION 140000

static bool wants_clang(const struct unit *unit)
{
	return unit->settings && unit->settings->clang;
}

const char *kbuild_compiler(const struct unit *unit)
{
	return wants_clang(unit) ? CLANG : unit->tree->compiler;
}

/* The version as the kernel counts: 140006 is 14.0.6. 0: unknown. */
static int get_version(const struct kernel_tree *tree)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct process_options options = { .output = &text, .timeout_ms = 30 * 1000 };
	int major = 0, minor = 0, patch = 0;

	if (buildenv_run(tree->env, tree->in_container, ARGV(CLANG, "-dumpversion"), &options) !=
		    0 ||
	    sscanf(text.buf, "%d.%d.%d", &major, &minor, &patch) < 1)
		return 0;
	return major * 10000 + minor * 100 + patch;
}

/* The first gcc plugin that the kernel is built with ("GCC_PLUGIN_RANDSTRUCT"), or NULL. */
static char *find_plugin(const struct kernel_tree *tree)
{
	_cleanup_free_ char *path = path_join(tree->build, ".config", NULL);
	_cleanup_(strbuf_release) struct strbuf config = STRBUF_INIT;
	char *rest;

	if (fs_read(path, &config, 0) < 0)
		return NULL;
	rest = config.buf;
	for (char *line; (line = strsep(&rest, "\n"));) {
		size_t n = strcspn(line, "=");

		if (strncmp(line, "CONFIG_GCC_PLUGIN_", 18) == 0 && strcmp(line + n, "=y") == 0)
			return xstrndup(line, n);
	}
	return NULL;
}

static int check_installed(const struct kernel_tree *tree)
{
	_cleanup_free_ char *program = tree->in_container ? NULL : path_program(CLANG);

	if (program || (tree->in_container && buildenv_container_has(tree->env, CLANG)))
		return 0;
	log_error("--clang requires clang, which is not installed %s",
		  tree->in_container ? "in the build container" : "here");
	if (tree->in_container)
		log_hint("Run outpost container build --packages clang to add it, or build with "
			 "--in host");
	else
		log_hint("As root, run apt-get install clang");
	return -ENOENT;
}

int kbuild_check_clang(const struct kernel_tree *tree)
{
	_cleanup_free_ char *plugin = find_plugin(tree);
	int r = check_installed(tree), version;

	if (r < 0)
		return r;
	if (plugin) {
		log_error("Cannot build modules for %s with clang: the kernel uses %s, a plugin of "
			  "gcc",
			  tree->release, plugin);
		log_hint("Build without --clang");
		return -ENOTSUP;
	}
	version = get_version(tree);
	if (version >= LEAST_VERSION)
		return 0;
	log_error("Cannot build modules for %s with clang %d.%d: version %d or newer is required",
		  tree->release, version / 10000, version / 100 % 100, LEAST_VERSION / 10000);
	log_hint("Install a newer clang; --clang uses the first one in PATH");
	return -ENOTSUP;
}

void kbuild_add_clang(const struct unit *unit, char ***list)
{
	int version;

	if (!wants_clang(unit))
		return;
	version = get_version(unit->tree);
	kbuild_word(list, "CONFIG_CC_IS_GCC=");
	kbuild_word(list, "CONFIG_GCC_VERSION=0");
	kbuild_word(list, "CONFIG_CC_IS_CLANG=y");
	kbuild_word(list, "CONFIG_CLANG_VERSION=%d", version);
	kbuild_word(list, "CONFIG_AS_IS_GNU="); /* clang's own assembler */
	kbuild_word(list, "CONFIG_AS_IS_LLVM=y");
	kbuild_word(list, "CONFIG_AS_VERSION=%d", version);
	/* Clang's versions of gcc's flags. */
	kbuild_word(list, "CONFIG_CC_IMPLICIT_FALLTHROUGH=-Wimplicit-fallthrough");
	kbuild_word(list, "CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=");
	kbuild_word(list, "CONFIG_CC_HAS_AUTO_VAR_INIT_ZERO_ENABLER=%s",
		    version < 160000 ? "y" : "");
}
