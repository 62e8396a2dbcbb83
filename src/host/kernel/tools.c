// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that kbuild runs on the build host. Those in arm64 headers run on an arm64 host;
 * elsewhere they are replaced.
 */
#include "host/kernel/tools.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/fs_walk.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"
#include "host/base/progress.h"
#include "host/kernel/internal.h"
#include "host/base/paths.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#ifdef __aarch64__
#define OWN_MACHINE EM_AARCH64
#else
#define OWN_MACHINE EM_X86_64
#endif

/* Is it a program for another machine? */
static bool is_foreign(const char *path)
{
	Elf64_Ehdr h;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && read(fd, &h, sizeof(h)) == sizeof(h) &&
	       memcmp(h.e_ident, ELFMAG, SELFMAG) == 0 &&
	       (h.e_type == ET_EXEC || h.e_type == ET_DYN) && h.e_machine != OWN_MACHINE;
}

static int note_foreign(const struct fs_entry *entry, void *found)
{
	if (entry->kind == FS_FILE && (entry->st->st_mode & 0100) && is_foreign(entry->path))
		strv_add(found, entry->path);
	return 0;
}

/* All programs for another machine below scripts/ and tools/ of the tree; strv_free(). */
static char **find_foreign(const char *build)
{
	static const char *const folders[] = { "scripts", "tools" };
	char **found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *path = path_join(build, folders[i], NULL);
		_cleanup_free_ char *real = realpath(path, NULL); /* a link, in headers packages */

		if (real)
			fs_walk(real, FS_FOLDER_FIRST, note_foreign, &found);
	}
	return found;
}

/* --- in this order ------------------------------------------------------------------------- */

/* Programs that kbuild requires; the others are for kernel builds and packagers. */
static char **needed_of(char *const *programs)
{
	static const char *const names[] = { "/scripts/basic/fixdep", "/scripts/mod/modpost",
					     "/scripts/mod/modpost.real-lsb-64",
					     "/scripts/genksyms/genksyms" };
	char **needed = NULL;

	strv_foreach (program, programs)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (text_ends_with(*program, names[i]))
				strv_add(&needed, *program);
	return needed;
}

static bool has_sources(char *const *programs)
{
	_cleanup_strv_ char **needed = needed_of(programs);

	strv_foreach (program, needed) {
		_cleanup_strv_ char **sources = kernel_tools_sources_of(*program);

		if (!sources)
			return false;
	}
	return needed != NULL;
}

/* 0 also if Debian has none; -EINTR. */
static int take_from_debian(char *const *programs, const char *dir, const char *release)
{
	int r = programs ? kernel_tools_from_debian(programs, dir, release) : 0;

	if (r < 0 && r != -EINTR)
		log_debug("Debian has no kbuild for this machine that matches %s", release);
	return r == -EINTR ? r : 0;
}

/* All that a build may start, for whatever machine they are. */
static char **find_all(const char *build)
{
	static const char *const names[] = { "scripts/basic/fixdep", "scripts/mod/modpost",
					     "scripts/genksyms/genksyms",
					     "scripts/gendwarfksyms/gendwarfksyms" };
	char **found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = path_join(build, names[i], NULL);

		if (fs_exists(path))
			strv_add(&found, path);
	}
	return found;
}

/* A board may send programs that do anything: signed ones instead, where there are some. */
static int replace_sent(const char *dir, const char *build, const char *release)
{
	_cleanup_strv_ char **programs = find_all(build);

	progress_step("replacing kbuild's programs");
	return take_from_debian(programs, dir, release);
}

/* Those from the tree's sources are exact and need no download. */
static int replace_foreign(const struct kernel_place *place, const char *dir, const char *build,
			   const char *release)
{
	_cleanup_strv_ char **programs = find_foreign(build), **left = NULL, **needed = NULL;
	int r = 0;

	if (!programs)
		return 0;
	progress_step("replacing kbuild's programs");
	if (has_sources(programs))
		r = kernel_tools_from_sources(place, programs, build);
	left = find_foreign(build);
	needed = needed_of(left);
	if (r == 0 && needed) {
		r = take_from_debian(needed, dir, release);
		strv_free(TAKE_PTR(needed));
		strv_free(TAKE_PTR(left));
		left = find_foreign(build);
		needed = needed_of(left);
	}
	return r == 0 && needed ? kernel_tools_through_qemu(needed, dir) : r;
}

int kernel_tools_replace(const struct kernel_place *place, const char *dir, const char *below)
{
	_cleanup_free_ char *build = path_join(dir, below, NULL), *release = NULL;
	int r = kernel_release_of(build, &release);

	if (r < 0)
		return 0; /* kernel_verify() reports the problem */
	if (place->sent)
		r = replace_sent(dir, build, release);
	return r < 0 ? r : replace_foreign(place, dir, build, release);
}
