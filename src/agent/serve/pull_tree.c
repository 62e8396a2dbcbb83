// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the parts of a kernel tree by following references: the links of headers packages to
 * their common tree and to kbuild's programs, and the makefile that a build folder includes.
 */
#include "agent/serve/pull.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/process.h"
#include "common/strv.h"
#include "common/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* --- which folders --------------------------------------------------------------- */

#define ROOTS_MAX 8

struct roots {
	char path[ROOTS_MAX][PULL_PATH_MAX]; /* real paths */
	size_t n;
};

static bool is_known(const struct roots *roots, const char *path)
{
	for (size_t i = 0; i < roots->n; i++)
		if (fs_is_within(path, roots->path[i]))
			return true;
	return false;
}

/* A kernel built with O= in a folder of its sources has one root inside another. */
bool pull_is_root(const struct roots *roots, const char *path)
{
	for (size_t i = 0; i < roots->n; i++)
		if (strcmp(path, roots->path[i]) == 0)
			return true;
	return false;
}

static int add_root(struct roots *roots, const char *path)
{
	if (is_known(roots, path))
		return 0;
	if (roots->n == ROOTS_MAX || strlen(path) >= PULL_PATH_MAX)
		return -E2BIG;
	strcpy(roots->path[roots->n++], path);
	return 0;
}

/*
 * A link leads out of the tree: the package's folder that it points to belongs to the tree,
 * too. Only where packages put kernel headers, so that no link leads root elsewhere.
 */
int pull_note_link(struct roots *roots, const char *path)
{
	static const char *const places[] = { "/usr/src/", "/usr/lib/linux-kbuild-" };
	char real[PATH_MAX];

	if (!realpath(path, real))
		return 0; /* a dangling link */
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t n = strlen(places[i]);

		if (strncmp(real, places[i], n) != 0)
			continue;
		real[n + strcspn(real + n, "/")] = '\0';
		return add_root(roots, real);
	}
	return 0;
}

/*
 * "include /usr/src/linux-headers-6.1.0-50-common/Makefile", and no other path, so that no
 * makefile leads root elsewhere.
 */
static int note_makefile(struct roots *roots, const char *root)
{
	static const char start[] = "include /usr/src/", end[] = "/Makefile";
	char path[PULL_PATH_MAX + 16], line[PATH_MAX], real[PATH_MAX];
	_cleanup_fclose_ FILE *f = NULL;
	int r = 0;

	snprintf(path, sizeof(path), "%s/Makefile", root);
	f = fopen(path, "re");
	while (f && r == 0 && fgets(line, sizeof(line), f)) {
		char *folder = line + strlen("include ");
		size_t n = strcspn(line, "\n");

		line[n] = '\0';
		if (strncmp(line, start, strlen(start)) != 0 ||
		    strcmp(line + n - strlen(end), end) != 0)
			continue;
		line[n - strlen(end)] = '\0';
		if (realpath(folder, real) && strncmp(real, "/usr/src/", 9) == 0)
			r = add_root(roots, real);
	}
	return r;
}

/* --- which files ----------------------------------------------------------------- */

/* Skips folders of a whole source tree that no module's build uses. */
static bool wants_folder(const char *below)
{
	char *const *others = ARGV("Documentation", ".git", "LICENSES", "tools/testing",
				   "tools/perf", "arch/arm64/boot", "rust");
	const char *arch = strncmp(below, "arch/", 5) == 0 ? below + 5 : NULL;

	if (arch && !strchr(arch, '/')) /* arm64 includes some of arm's headers */
		return strcmp(arch, "arm64") == 0 || strcmp(arch, "arm") == 0;
	return !strv_contains(others, below);
}

static bool wants_file(const char *below, const char *name)
{
	static const char *const made[] = { ".o",   ".a",     ".ko",    ".mod",
					    ".cmd", ".order", ".mod.c", NULL };
	static const char *const whole[] = { "include/", "scripts/", "tools/", "certs/", NULL };
	static const char *const kept[] = { ".h", ".lds", ".mk", ".S", NULL };

	for (const char *const *end = made; *end; end++)
		if (text_ends_with(name, *end))
			return false;
	if (!strchr(below, '/'))
		return strncmp(name, "vmlinux", 7) != 0 && strncmp(name, "System.map", 10) != 0;
	for (const char *const *top = whole; *top; top++)
		if (strncmp(below, *top, strlen(*top)) == 0)
			return true;
	for (const char *const *end = kept; *end; end++)
		if (text_ends_with(name, *end))
			return true;
	return strncmp(name, "Makefile", 8) == 0 || strncmp(name, "Kbuild", 6) == 0 ||
	       strncmp(name, "Kconfig", 7) == 0;
}

/* --- the tree ---------------------------------------------------------------------- */

int pull_find(struct pull *p, const char *name, char real[PATH_MAX])
{
	struct utsname un;
	char path[PULL_PATH_MAX];

	uname(&un);
	snprintf(path, sizeof(path), "/lib/modules/%s/%s", un.release, name);
	if (realpath(path, real))
		return 0;
	proto_set(p->at, path);
	return -errno;
}

int pull_tree(struct pull *p, char build[PATH_MAX])
{
	static struct roots roots;
	char source[PATH_MAX];
	int r = pull_find(p, "build", build);

	roots.n = 0;
	p->roots = &roots;
	p->wants_folder = wants_folder;
	p->wants_file = wants_file;
	if (r == 0)
		r = add_root(&roots, build);
	if (r == 0 && pull_find(p, "source", source) == 0)
		r = add_root(&roots, source);
	if (r == 0)
		*p->at = '\0'; /* "source" is optional */
	for (size_t i = 0; r == 0 && i < roots.n; i++) {
		r = note_makefile(&roots, roots.path[i]);
		if (r == 0)
			r = pull_folder(p, roots.path[i]);
	}
	return r;
}
