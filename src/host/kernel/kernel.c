// SPDX-License-Identifier: GPL-2.0-only
#include "host/kernel/kernel.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/cross.h"
#include "host/kernel/internal.h"
#include "host/base/paths.h"
#include "host/board/board.h"
#include "host/container/buildenv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void kernel_tree_free(struct kernel_tree *tree)
{
	free(tree->name);
	free(tree->release);
	free(tree->board);
	free(tree->build);
	free(tree->root);
	free(tree->source);
	free(tree->compiler);
	free(tree->cross_prefix);
	free(tree);
}

static int damaged(const struct kernel_tree *tree, const char *why)
{
	log_error("Kernel tree %s is damaged: %s", tree->root, why);
	log_hint("Run outpost kernel remove %s, then add it again", tree->name);
	return -EUCLEAN;
}

/* Is it in the folder that is for this release and board? */
static int check_name(const struct kernel_tree *tree, const struct kernel_manifest *m)
{
	_cleanup_free_ char *name = NULL;

	if (!m->board && kernel_source_asks_board(m->source)) {
		log_error("Kernel tree %s is from a board, but does not say from which: an older "
			  "version of Outpost made it",
			  tree->root);
		log_hint("Run outpost kernel remove %s, then outpost -b BOARD kernel sync",
			 tree->name);
		return -EUCLEAN;
	}
	name = kernel_name(m->board ? &(struct board){ .name = m->board } : NULL, m->release);
	return strcmp(name, tree->name) == 0
		       ? 0
		       : damaged(tree, m->board ? "its manifest.ini belongs to another tree"
						: "its manifest.ini belongs to another release");
}

/* Damage that nobody would notice until a module does not load. */
static int check_content(const struct kernel_tree *tree, const struct kernel_manifest *m)
{
	_cleanup_free_ char *found = NULL, *digest = NULL;

	if (kernel_release_of(tree->build, &found) < 0)
		return damaged(tree, "include/generated/utsrelease.h is missing or unreadable");
	if (strcmp(found, m->release) != 0)
		return damaged(tree, "it is now the tree of another release");
	if (kernel_symvers_digest(tree->build, &digest) < 0)
		return damaged(tree, "Module.symvers is missing or unreadable");
	if (m->symvers && strcmp(m->symvers, digest) != 0)
		return damaged(tree, "Module.symvers has changed");
	return 0;
}

int kernel_read(struct buildenv *env, const char *name, struct kernel_tree **tree)
{
	_cleanup_(kernel_manifest_release) struct kernel_manifest m = { 0 };
	_cleanup_(kernel_tree_freep) struct kernel_tree *t = xcalloc(1, sizeof(*t));
	int r;

	if (!kernel_name_is_valid(name))
		return KERNEL_NONE;
	t->name = xstrdup(name);
	t->root = kernel_root(name);
	if (!fs_is_dir(t->root))
		return KERNEL_NONE;
	if (kernel_manifest_read(t->root, &m) < 0)
		return damaged(t, "its manifest.ini is missing or unreadable");
	r = check_name(t, &m);
	if (r < 0)
		return r;
	t->build = *m.build == '/' ? xstrdup(m.build) : path_join(t->root, m.build, NULL);
	r = check_content(t, &m);
	if (r < 0)
		return r;
	t->release = TAKE_PTR(m.release);
	t->board = TAKE_PTR(m.board);
	t->source = TAKE_PTR(m.source);
	t->cross_prefix = xstrdup(CROSS_PREFIX);
	t->env = env;
	t->sent = strcmp(t->source, kernel_source_board.name) == 0;
	if (kernel_compiler_choose(&(struct kernel_place){ env, t->sent }, m.compiler, &t->compiler,
				   &t->in_container) == -EINVAL)
		t->compiler = xstrdup("");
	*tree = TAKE_PTR(t);
	return KERNEL_FOUND;
}

int kernel_look(struct buildenv *env, const struct board *board, const char *release,
		struct kernel_tree **tree)
{
	_cleanup_free_ char *own = board ? kernel_name(board, release) : NULL;
	int r = kernel_release_is_valid(release) ? kernel_read(env, release, tree) : KERNEL_NONE;

	return r == KERNEL_NONE && own ? kernel_read(env, own, tree) : r;
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
	r = kernel_compiler_choose(&(struct kernel_place){ tree->env, tree->sent }, text, &name,
				   &in_container);
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

/* 0 or -errno, logged. */
static int check_consent(struct kernel_wanted *wanted, const struct kernel_tree *tree)
{
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	int r = tree->sent ? kernel_sent_allowed(wanted, &why) : KERNEL_FOUND;

	if (r != KERNEL_NONE)
		return r;
	log_error("Cannot use the kernel tree %s: %s", tree->name, why.buf);
	if (wanted->needs_consent)
		kernel_sent_hint(wanted);
	return -EPERM;
}

int kernel_find_wanted(struct kernel_wanted *wanted, struct kernel_tree **tree)
{
	_cleanup_(kernel_tree_freep) struct kernel_tree *t = NULL;
	int r = kernel_look(wanted->env, wanted->board, wanted->release, &t);

	if (r == KERNEL_FOUND && t->in_container && !t->sent && !buildenv_works(wanted->env)) {
		kernel_tree_free(TAKE_PTR(t));
		r = kernel_look(wanted->env, wanted->board, wanted->release, &t);
	}
	if (r != KERNEL_FOUND)
		return r;
	kernel_mark_used(t->root);
	r = check_consent(wanted, t);
	if (r == 0)
		r = check_compiler(t);
	if (r < 0)
		return r;
	*tree = TAKE_PTR(t);
	return KERNEL_FOUND;
}

int kernel_find(struct buildenv *env, const struct board *board, const char *release,
		struct kernel_tree **tree)
{
	return kernel_find_wanted(
		&(struct kernel_wanted){ .env = env, .board = board, .release = release }, tree);
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
		return log_error_errno(r, "Cannot create %s", root);
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
	r = kernel_verify(&(struct kernel_place){ env }, build, release);
	if (r == 0)
		r = write_reference(release, build);
	return r < 0 ? r : kernel_find(env, NULL, release, tree);
}

int kernel_list(char ***list)
{
	_cleanup_free_ char *dir = path_cache("trees", NULL);
	_cleanup_strv_ char **names = NULL, **found = xcalloc(1, sizeof(*found));
	int r = fs_list(dir, &names);

	if (r < 0 && r != -ENOENT)
		return log_error_errno(r, "Cannot read %s", dir);
	strv_foreach (name, names)
		if (kernel_name_is_valid(*name))
			strv_add(&found, *name);
	*list = TAKE_PTR(found);
	return 0;
}

int kernel_remove(const char *name)
{
	_cleanup_free_ char *root = kernel_root(name), *away = NULL;
	_cleanup_close_ int lock = -1;
	int r;

	if (!kernel_name_is_valid(name) || !fs_exists(root))
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
