// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pull: files of the running kernel as one packed archive. What a tree
 * consists of is found by following what refers to what: the links of headers
 * packages to their common tree and to kbuild's programs, and the makefile
 * that a build folder includes.
 */
#include "agent/pull.h"

#include "common/cleanup.h"
#include "common/fs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* --- which folders --------------------------------------------------------------- */

#define ROOTS_MAX 8

struct roots {
	char path[ROOTS_MAX][PULL_PATH_MAX]; /* real paths */
	size_t n;
};

static bool is_known(const struct roots *roots, const char *path)
{
	for (size_t i = 0; i < roots->n; i++)
		if (path_is_within(path, roots->path[i]))
			return true;
	return false;
}

/* A kernel that was built with O= in a folder of its sources has one root in another. */
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
 * A link leads out of the tree: the package's folder that it leads to belongs
 * to it. Only where packages put kernel headers; root is not led elsewhere.
 */
int pull_note_link(struct roots *roots, const char *path)
{
	static const char *const places[] = { "/usr/src/", "/usr/lib/linux-kbuild-" };
	char real[PATH_MAX];

	if (!realpath(path, real))
		return 0; /* it leads nowhere */
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t n = strlen(places[i]);

		if (strncmp(real, places[i], n) != 0)
			continue;
		real[n + strcspn(real + n, "/")] = '\0';
		return add_root(roots, real);
	}
	return 0;
}

/* "include /usr/src/linux-headers-6.1.0-50-common/Makefile": root is not led elsewhere. */
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

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* Folders of a whole source tree in which a module's build looks for nothing. */
static bool wants_folder(const char *below)
{
	static const char *const not [] = { "Documentation", ".git",       "LICENSES",
					    "tools/testing", "tools/perf", "arch/arm64/boot",
					    "rust",          NULL };
	const char *arch = strncmp(below, "arch/", 5) == 0 ? below + 5 : NULL;

	if (arch && !strchr(arch, '/')) /* arm64 includes some of arm's headers */
		return strcmp(arch, "arm64") == 0 || strcmp(arch, "arm") == 0;
	return !is_one_of(below, not );
}

static bool wants_file(const char *below, const char *name)
{
	static const char *const made[] = { ".o",   ".a",     ".ko",    ".mod",
					    ".cmd", ".order", ".mod.c", NULL };
	static const char *const whole[] = { "include/", "scripts/", "tools/", "certs/", NULL };
	static const char *const kept[] = { ".h", ".lds", ".mk", ".S", NULL };

	for (const char *const *end = made; *end; end++)
		if (ends_with(name, *end))
			return false;
	if (!strchr(below, '/'))
		return strncmp(name, "vmlinux", 7) != 0 && strncmp(name, "System.map", 10) != 0;
	for (const char *const *top = whole; *top; top++)
		if (strncmp(below, *top, strlen(*top)) == 0)
			return true;
	for (const char *const *end = kept; *end; end++)
		if (ends_with(name, *end))
			return true;
	return strncmp(name, "Makefile", 8) == 0 || strncmp(name, "Kbuild", 6) == 0 ||
	       strncmp(name, "Kconfig", 7) == 0;
}

static bool wants_module(const char *below, const char *name)
{
	(void)below;
	return strstr(name, ".ko") != NULL;
}

static bool wants_any_folder(const char *below)
{
	(void)below;
	return true;
}

/* --- the things that can be asked for ------------------------------------------ */

/* The real path of /lib/modules/RELEASE/NAME. */
static int find_in_modules(struct pull *p, const char *name, char real[PATH_MAX])
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

static int send_tree(struct pull *p, char build[PATH_MAX])
{
	static struct roots roots;
	char source[PATH_MAX];
	int r = find_in_modules(p, "build", build);

	roots.n = 0;
	p->roots = &roots;
	p->wants_folder = wants_folder;
	p->wants_file = wants_file;
	if (r == 0)
		r = add_root(&roots, build);
	if (r == 0 && find_in_modules(p, "source", source) == 0)
		r = add_root(&roots, source);
	if (r == 0)
		*p->at = '\0'; /* it need not have one */
	for (size_t i = 0; r == 0 && i < roots.n; i++) {
		r = note_makefile(&roots, roots.path[i]);
		if (r == 0)
			r = pull_folder(p, roots.path[i]);
	}
	return r;
}

static int send_config(struct pull *p)
{
	struct utsname un;
	char path[PULL_PATH_MAX];

	uname(&un);
	snprintf(path, sizeof(path), "/boot/config-%s", un.release);
	if (access(path, R_OK) == 0)
		return pull_file(p, path, "config");
	return pull_file(p, "/proc/config.gz", "config.gz");
}

static int send_modules(struct pull *p)
{
	char real[PATH_MAX];
	int r = find_in_modules(p, "kernel", real);

	p->wants_folder = wants_any_folder;
	p->wants_file = wants_module;
	return r < 0 ? r : pull_folder(p, real);
}

/* Which commit a distribution's kernel was built from stands in its changelog, if anywhere. */
static int send_changelog(struct pull *p)
{
	struct utsname un;
	char path[PULL_PATH_MAX];

	uname(&un);
	snprintf(path, sizeof(path), "/usr/share/doc/linux-image-%s/changelog.Debian.gz",
		 un.release);
	return pull_file(p, path, "changelog.gz");
}

/* "ffff80000809b290 T do_exit", and behind it in brackets the module where it is one's. */
static bool take_name(char *line)
{
	char *name = strrchr(line, ' ');

	if (!name || strchr(line, '['))
		return false;
	memmove(line, name + 1, strlen(name));
	return true;
}

static int send_image(struct pull *p)
{
	struct utsname un;
	char path[PULL_PATH_MAX];

	uname(&un);
	snprintf(path, sizeof(path), "/boot/vmlinuz-%s", un.release);
	return pull_file(p, path, "vmlinuz");
}

/* --- the package -------------------------------------------------------------------- */

/* "NAME VERSION" of the package that put /boot's kernel there, as dpkg's status file has it. */
static void find_package(char *text, size_t size)
{
	struct utsname un;
	char line[256], name[128] = "", wanted[3][128];
	_cleanup_fclose_ FILE *f = fopen("/var/lib/dpkg/status", "re");

	uname(&un);
	snprintf(wanted[0], sizeof(wanted[0]), "linux-image-%s", un.release);
	snprintf(wanted[1], sizeof(wanted[1]), "linux-image-%s-unsigned", un.release);
	snprintf(wanted[2], sizeof(wanted[2]), "raspberrypi-kernel"); /* until 2023 */
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "Package: ", 9) == 0)
			proto_set(name, line + 9);
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (strncmp(line, "Version: ", 9) == 0 && strcmp(name, wanted[i]) == 0)
				snprintf(text, size, "%.80s %.78s", name, line + 9);
	}
}

/* --- the answer ---------------------------------------------------------------------- */

static void say_failure(struct serve *s, int r, outpost_Pull_What what, const struct pull *p)
{
	static const char *const names[] = {
		[outpost_Pull_What_TREE] = "the folder for building modules",
		[outpost_Pull_What_CONFIG] = "the configuration",
		[outpost_Pull_What_MODULES] = "the folder of modules",
		[outpost_Pull_What_SYMBOLS] = "the folder of modules",
		[outpost_Pull_What_CHANGELOG] = "the changelog of the package",
		[outpost_Pull_What_NAMES] = "the list of symbols",
		[outpost_Pull_What_IMAGE] = "the image",
	};
	struct utsname un;

	uname(&un);
	if ((size_t)what >= sizeof(names) / sizeof(*names))
		serve_fail(s, r, "this agent does not know what number %d of a pull is", (int)what);
	else
		serve_fail(s, r, "%s of %s cannot be read%s%s", names[what], un.release,
			   *p->at ? ", at " : "", p->at);
	s->void_flight = false; /* what follows does not build on it */
}

static int send_what(struct pull *p, outpost_Pull_What what, char build[PATH_MAX])
{
	switch (what) {
	case outpost_Pull_What_TREE: return send_tree(p, build);
	case outpost_Pull_What_CONFIG: return send_config(p);
	case outpost_Pull_What_MODULES: return send_modules(p);
	case outpost_Pull_What_SYMBOLS: p->symbols_only = true; return send_modules(p);
	case outpost_Pull_What_CHANGELOG: return send_changelog(p);
	case outpost_Pull_What_NAMES: return pull_lines(p, "/proc/kallsyms", "names", take_name);
	case outpost_Pull_What_IMAGE: return send_image(p);
	default: return -EOPNOTSUPP;
	}
}

void serve_pull(struct serve *s, const outpost_Pull *request)
{
	static struct pull p;
	outpost_Pulled *end;
	char build[PATH_MAX] = "";
	int r = pull_begin(&p, s, request->every);

	if (r == 0)
		r = send_what(&p, request->what, build);
	if (r == 0 && strlen(build) > sizeof(end->build)) { /* without its slash it fits */
		proto_set(p.at, build);
		r = -ENAMETOOLONG;
	}
	r = pull_end(&p, r);
	if (s->gone)
		return;
	if (r < 0) {
		say_failure(s, r, request->what, &p);
		return;
	}
	end = &serve_reply(s, outpost_Reply_pulled_tag)->body.pulled;
	proto_set(end->build, *build ? build + 1 : "");
	end->files = p.files;
	end->bytes = p.bytes;
	find_package(end->package, sizeof(end->package));
	serve_send(s);
}
