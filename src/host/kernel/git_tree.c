// SPDX-License-Identifier: GPL-2.0-only
/* Configures and prepares sources like the board's kernel. */
#include "host/kernel/git_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/cross.h"
#include "host/base/progress.h"
#include "host/kernel/internal.h"
#include "host/base/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *kernel_git_compiler_of(const char *version)
{
	const char *open = strchr(version, '('), *gcc, *end;

	open = open ? strchr(open + 1, '(') : NULL; /* the first line names the builder */
	end = open ? strstr(open, ", GNU ld") : NULL;
	gcc = open ? strstr(open, "gcc") : NULL;
	if (!gcc || !end || gcc > end ||
	    !kernel_git_value_is_plain(open + 1, (size_t)(end - open) - 1))
		return NULL;
	return xstrndup(open + 1, (size_t)(end - open) - 1);
}

struct making {
	const char *source;
	char *words[10]; /* variables for make, ends with NULL */
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
	return kernel_git_run(argv, doing);
}

int kernel_git_check_programs(void)
{
	static const char *const programs[] = { "git", "make", "flex", "bison", "bc", NULL };

	for (const char *const *p = programs; *p; p++) {
		_cleanup_free_ char *found = path_program(*p);

		if (found)
			continue;
		log_error("Making a tree from kernel sources requires %s, which is not installed",
			  *p);
		log_hint("As root, run apt-get install git make flex bison bc libssl-dev "
			 "libelf-dev");
		return -ENOPKG;
	}
	return 0;
}

/* Later module builds use this compiler, and the configuration depends on it. */
static int choose_compiler(struct buildenv *env, const char *text, char **compiler)
{
	_cleanup_free_ char *program = NULL;
	bool in_container = false;
	int r = 0;

	if (text)
		r = kernel_compiler_choose(&(struct kernel_place){ env }, text, compiler,
					   &in_container);
	else
		*compiler = xstrdup(CROSS_PREFIX "gcc");
	if (r == -EINVAL)
		log_error("The kernel was built with '%s'; only gcc is supported", text);
	if (r == -EINVAL)
		return r;
	program = path_program(*compiler);
	if (program)
		return 0;
	log_error("Preparing kernel sources requires %s, which is not installed", *compiler);
	log_hint("As root, run apt-get install %s make flex bison bc libssl-dev libelf-dev",
		 *compiler);
	return -ENOPKG;
}

/*
 * Some options are set only if pahole is present in a certain version. Modules need the
 * options, because they change struct module, but not the program. A defconfig does not tell
 * the version, so pretend one with all features.
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
 * The same for the vDSO for 32-bit programs: Kconfig offers it only if a compiler for it is
 * named, which only a kernel build would call. The prepared tree omits it; the configuration
 * keeps it, as in a headers package.
 */
static void pretend_arm_compiler(char *words[2])
{
	words[0] = xstrdup("CROSS_COMPILE_COMPAT=arm-linux-gnueabihf-");
	words[1] = xstrdup("CONFIG_COMPAT_VDSO=");
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
		kernel_git_compare(m->source, config);
	return r;
}

/*
 * VERSION and PATCHLEVEL of the top Makefile: "6.1". Other values mean sources of another
 * kernel.
 */
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
		log_error("The commit does not contain Linux: its Makefile has no version");
		return -EINVAL;
	}
	if (sscanf(release, "%d.%d", &a, &b) == 2 && (a != version || b != level)) {
		log_error("The commit is of Linux %d.%d, the board runs %s", version, level,
			  release);
		return -EINVAL;
	}
	return 0;
}

/* The configuration to start from: the board's text, or the defconfig. */
static int read_basis(const char *source, const char *config, const char *defconfig,
		      struct strbuf *basis)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (config) {
		strbuf_adds(basis, config);
		return 0;
	}
	if (!kernel_git_is_revision(defconfig))
		return log_error_errno(-EINVAL, "--defconfig %s", defconfig);
	path = path_join(source, "arch/arm64/configs", defconfig, NULL);
	r = fs_read(path, basis, KERNEL_CONFIG_MAX);
	return r < 0 ? log_error_errno(r, "Cannot read the defconfig %s of the sources", defconfig)
		     : 0;
}

static int choose_words(struct buildenv *env, struct making *m, const char *release,
			const char *basis, const char *compiler)
{
	_cleanup_free_ char *cc = NULL, *pahole = NULL;
	int r = choose_compiler(env, compiler, &cc);

	if (r == 0)
		r = pretend_pahole(m->source, basis, &pahole);
	if (r < 0)
		return r;
	m->words[0] = xstrdup("ARCH=arm64");
	m->words[1] = xstrdup("CROSS_COMPILE=" CROSS_PREFIX);
	m->words[2] = xasprintf("CC=%s", cc);
	m->words[3] = xasprintf("PAHOLE=%s", pahole);
	m->words[4] = xasprintf("KERNELRELEASE=%s", release);
	m->words[5] = xstrdup("LOCALVERSION=");
	m->words[6] = xasprintf("-j%ld", sysconf(_SC_NPROCESSORS_ONLN));
	if (strstr(basis, "\nCONFIG_COMPAT_VDSO=y\n"))
		pretend_arm_compiler(&m->words[7]);
	return 0;
}

int kernel_git_prepare(struct buildenv *env, const char *source, const char *release,
		       const char *config, const char *defconfig, const char *compiler)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_(making_release) struct making m = { .source = source };
	_cleanup_(strbuf_release) struct strbuf line = STRBUF_INIT, basis = STRBUF_INIT;
	int r = check_series(source, release);

	if (r == 0)
		r = read_basis(source, config, defconfig, &basis);
	if (r == 0)
		r = choose_words(env, &m, release, basis.buf, compiler);
	if (r < 0)
		return r;
	progress_step("configuring the kernel");
	r = configure(&m, config, defconfig);
	progress_step("preparing the kernel's sources");
	if (r == 0)
		r = make(&m, "modules_prepare", "prepare the kernel's sources");
	if (r == 0 && compiler)
		r = kernel_git_restore_compiler(source, compiler);
	if (r < 0)
		return r;
	/* kbuild reads the release from this file when it builds a module. */
	name = path_join(source, "include/config/kernel.release", NULL);
	strbuf_addf(&line, "%s\n", release);
	r = fs_write_atomic(name, line.buf, line.len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write %s", name) : 0;
}
