// SPDX-License-Identifier: GPL-2.0-only
#include "host/kernel/kernel.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/cross.h"
#include "host/kernel/internal.h"
#include "host/base/paths.h"
#include "host/container/buildenv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void kernel_tree_free(struct kernel_tree *tree)
{
	free(tree->release);
	free(tree->build);
	free(tree->root);
	free(tree->source);
	free(tree->compiler);
	free(tree->cross_prefix);
	free(tree);
}

char *kernel_root(const char *release)
{
	return path_cache("trees", release, NULL);
}

static int damaged(const char *release, const char *root, const char *why)
{
	log_error("Kernel tree %s is damaged: %s", root, why);
	log_hint("Run outpost kernel remove %s, then add it again", release);
	return -EUCLEAN;
}

/* Damage that nobody would notice until a module does not load. */
static int check_content(const char *root, const struct kernel_manifest *m, const char *release,
			 const char *build)
{
	_cleanup_free_ char *found = NULL, *digest = NULL;

	if (strcmp(m->release, release) != 0)
		return damaged(release, root, "its manifest.ini belongs to another release");
	if (kernel_release_of(build, &found) < 0)
		return damaged(release, root,
			       "include/generated/utsrelease.h is missing or unreadable");
	if (strcmp(found, release) != 0)
		return damaged(release, root, "it is now the tree of another release");
	if (kernel_symvers_digest(build, &digest) < 0)
		return damaged(release, root, "Module.symvers is missing or unreadable");
	if (m->symvers && strcmp(m->symvers, digest) != 0)
		return damaged(release, root, "Module.symvers has changed");
	return 0;
}

int kernel_read(struct buildenv *env, const char *release, struct kernel_tree **tree)
{
	_cleanup_(kernel_manifest_release) struct kernel_manifest m = { 0 };
	_cleanup_(kernel_tree_freep) struct kernel_tree *t = xcalloc(1, sizeof(*t));
	int r;

	if (!kernel_release_is_valid(release))
		return KERNEL_NONE;
	t->root = kernel_root(release);
	if (!fs_is_dir(t->root))
		return KERNEL_NONE;
	if (kernel_manifest_read(t->root, &m) < 0)
		return damaged(release, t->root, "its manifest.ini is missing or unreadable");
	t->build = *m.build == '/' ? xstrdup(m.build) : path_join(t->root, m.build, NULL);
	r = check_content(t->root, &m, release, t->build);
	if (r < 0)
		return r;
	t->release = TAKE_PTR(m.release);
	t->source = TAKE_PTR(m.source);
	t->cross_prefix = xstrdup(CROSS_PREFIX);
	t->env = env;
	if (kernel_compiler_choose(env, m.compiler, &t->compiler, &t->in_container) == -EINVAL)
		t->compiler = xstrdup("");
	*tree = TAKE_PTR(t);
	return KERNEL_FOUND;
}

/* 0 or -errno, logged. */
static int check_compiler(const struct kernel_tree *tree)
{
	_cleanup_free_ char *text = NULL, *name = NULL;
	bool in_container;
	int r = kernel_config_value(tree->build, "CONFIG_CC_VERSION_TEXT", &text);

	if (r < 0)
		return log_error_errno(r, "Cannot find CONFIG_CC_VERSION_TEXT in %s/.config",
				       tree->build);
	r = kernel_compiler_choose(tree->env, text, &name, &in_container);
	if (r == -EINVAL)
		log_error("Kernel %s was built with '%s'; only gcc is supported", tree->release,
			  text);
	if (r != -ENOPKG)
		return r;
	log_error("Kernel %s was built with '%s', and there is no %s %s", tree->release, text, name,
		  in_container ? "in a build container" : "here");
	if (in_container)
		log_hint("Run outpost container build to create one that has it");
	else
		log_hint("As root, run apt-get install gcc-%d%s, or run outpost container build",
			 kernel_compiler_major(text), CROSS_SUFFIX);
	return r;
}

int kernel_find(struct buildenv *env, const char *release, struct kernel_tree **tree)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *t = NULL;
	int r = kernel_read(env, release, &t);

	if (r == KERNEL_FOUND && t->in_container && !buildenv_works(env)) {
		kernel_tree_free(TAKE_PTR(t));
		r = kernel_read(env, release, &t);
	}
	if (r != KERNEL_FOUND)
		return r;
	kernel_mark_used(t->root);
	r = check_compiler(t);
	if (r < 0)
		return r;
	*tree = TAKE_PTR(t);
	return KERNEL_FOUND;
}

static int write_reference(const char *release, const char *build)
{
	_cleanup_(kernel_manifest_release) struct kernel_manifest old = { 0 }, m = { 0 };
	_cleanup_free_ char *root = kernel_root(release);
	_cleanup_close_ int lock = kernel_lock();
	int r = lock;

	if (r < 0)
		return r;
	if (kernel_manifest_read(root, &old) == 0 && strcmp(old.source, "path") != 0) {
		log_error("A kernel tree for %s exists already, from %s", release, old.source);
		log_hint("Run outpost kernel remove %s, then add yours", release);
		return -EEXIST;
	}
	m.release = xstrdup(release);
	m.source = xstrdup("path");
	m.build = xstrdup(build);
	r = kernel_config_value(build, "CONFIG_CC_VERSION_TEXT", &m.compiler);
	if (r < 0)
		return log_error_errno(r, "Cannot find CONFIG_CC_VERSION_TEXT in %s/.config",
				       build);
	r = fs_mkdir_p(root, 0755);
	if (r < 0)
		return log_error_errno(r, "Cannot make %s", root);
	return kernel_manifest_write(root, &m);
}

int kernel_add_path(struct buildenv *env, const char *path, struct kernel_tree **tree)
{
	_cleanup_free_ char *build = realpath(path, NULL), *release = NULL;
	int r;

	if (!build)
		return log_error_errno(-errno, "Cannot find the kernel tree %s", path);
	r = kernel_release_of(build, &release);
	if (r < 0) {
		log_error("%s is not a built kernel tree: include/generated/utsrelease.h names no "
			  "release",
			  build);
		log_hint("Name the folder in which the kernel was built (make O=...)");
		return -EINVAL;
	}
	r = kernel_verify(env, build, release);
	if (r == 0)
		r = write_reference(release, build);
	return r < 0 ? r : kernel_find(env, release, tree);
}

int kernel_list(char ***releases)
{
	_cleanup_free_ char *dir = path_cache("trees", NULL);
	_cleanup_strv_ char **names = NULL, **found = xcalloc(1, sizeof(*found));
	int r = fs_list(dir, &names);

	if (r < 0 && r != -ENOENT)
		return log_error_errno(r, "Cannot read %s", dir);
	strv_foreach (name, names)
		if (kernel_release_is_valid(*name))
			strv_add(&found, *name);
	*releases = TAKE_PTR(found);
	return 0;
}

int kernel_remove(const char *release)
{
	_cleanup_free_ char *root = kernel_root(release), *away = NULL;
	_cleanup_close_ int lock = -1;
	int r;

	if (!kernel_release_is_valid(release) || !fs_exists(root))
		return KERNEL_NONE;
	lock = kernel_lock();
	if (lock < 0)
		return lock;
	away = path_cache("trees/.new-removed",
			  NULL); /* gone at once, even if this is interrupted */
	r = fs_remove_tree(away);
	if (r == 0 && rename(root, away) < 0)
		r = -errno;
	if (r == 0)
		r = fs_remove_tree(away);
	return r < 0 ? log_error_errno(r, "Cannot remove %s", root) : KERNEL_FOUND;
}
