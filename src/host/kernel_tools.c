// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that kbuild runs on the build host. What headers for arm64 bring
 * along runs on an arm64 host; elsewhere something else takes their place.
 */
#include "host/kernel_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/debian.h"
#include "host/out.h"
#include "host/paths.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#ifdef __aarch64__
#define OWN_MACHINE EM_AARCH64
#else
#define OWN_MACHINE EM_X86_64
#endif

/* Is it a program, for another machine than this? */
static bool is_foreign(const char *path)
{
	Elf64_Ehdr h;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && read(fd, &h, sizeof(h)) == sizeof(h) &&
	       memcmp(h.e_ident, ELFMAG, SELFMAG) == 0 &&
	       (h.e_type == ET_EXEC || h.e_type == ET_DYN) && h.e_machine != OWN_MACHINE;
}

/* nftw() has no argument for its function. */
static char **found;

static int note_foreign(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)ftw;
	if (flag == FTW_F && (st->st_mode & 0100) && is_foreign(path))
		strv_add(&found, path);
	return 0;
}

/* All programs for another machine below scripts/ and tools/ of the tree; strv_free(). */
static char **find_foreign(const char *build)
{
	static const char *const folders[] = { "scripts", "tools" };

	found = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *path = path_join(build, folders[i], NULL);
		_cleanup_free_ char *real = realpath(path, NULL); /* a link, in headers packages */

		if (real)
			nftw(real, note_foreign, 32, FTW_PHYS | FTW_MOUNT);
	}
	return TAKE_PTR(found);
}

/* --- Debian's ------------------------------------------------------------------------ */

/* "6.12" of "6.12.25+rpt-rpi-v8". */
static char *series_of(const char *release)
{
	size_t n = strspn(release, "0123456789");

	n += release[n] == '.';
	n += strspn(release + n, "0123456789");
	return xstrndup(release, n);
}

/* usr/lib/linux-kbuild-* of what was unpacked, or NULL; the caller frees it. */
static char *find_kbuild(const char *dir)
{
	_cleanup_free_ char *lib = path_join(dir, "usr/lib", NULL);
	_cleanup_strv_ char **names = NULL;

	fs_list(lib, &names);
	strv_foreach (name, names)
		if (strncmp(*name, "linux-kbuild-", 13) == 0)
			return path_join(lib, *name, NULL);
	return NULL;
}

/* The part of a program's path from scripts/ or tools/ on. */
static const char *below_kbuild(const char *program)
{
	const char *last = NULL;

	for (const char *p = program; (p = strchr(p, '/')); p++)
		if (strncmp(p, "/scripts/", 9) == 0 || strncmp(p, "/tools/", 7) == 0) {
			last = p + 1;
			break;
		}
	return last;
}

static int put(const char *from, const char *to)
{
	_cleanup_free_ char *new = xasprintf("%s.new", to);
	int r = fs_copy(from, new);

	if (r == 0 && rename(new, to) < 0)
		r = -errno;
	return r < 0 ? log_error_errno(r, "Cannot replace %s", to) : 0;
}

static int replace_by(char *const *programs, const char *kbuild)
{
	strv_foreach (program, programs) {
		const char *below = below_kbuild(*program);
		_cleanup_free_ char *ours = path_join(kbuild, below ? below : "", NULL);
		int r = below && fs_exists(ours) && !fs_is_dir(ours) ? put(ours, *program) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* 0 (perhaps not of all), -ENOENT when Debian has none of this series, or -errno, said. */
static int replace_by_debians(char *const *programs, const char *dir, const char *release)
{
	_cleanup_(debian_closep) struct debian *debian = NULL;
	_cleanup_free_ char *series = series_of(release), *package = NULL, *kbuild = NULL;
	_cleanup_free_ char *unpacked = path_join(dir, ".kbuild", NULL),
			    *prefix = xasprintf("linux-kbuild-%s", series);
	int r = debian_open(&debian, debian_host_arch());

	if (r == 0)
		r = debian_newest(debian, prefix, &package);
	if (r == 0)
		r = debian_unpack(debian, unpacked, ARGV(package), false);
	if (r == 0)
		kbuild = find_kbuild(unpacked);
	if (kbuild) {
		log_debug("The programs of kbuild come from %s (%s).", package, debian_host_arch());
		r = replace_by(programs, kbuild);
	}
	fs_remove_tree(unpacked);
	return r;
}

/* --- the tree's own sources ------------------------------------------------------------ */

static int compile(const char *build, const char *program, char *const *sources)
{
	_cleanup_free_ char *generated = path_join(build, "include", NULL);
	_cleanup_free_ char *scripts = path_join(build, "scripts/include", NULL);
	_cleanup_free_ char *tools = path_join(build, "tools/include", NULL);
	_cleanup_free_ char *new = xasprintf("%s.new", program);
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	_cleanup_strv_ char **argv = NULL;
	int r;

	strv_foreach (word, ARGV("cc", "-O2", "-w", "-I", scripts, "-I", tools, "-idirafter",
				 generated, "-o", new))
		strv_add(&argv, *word);
	strv_foreach (source, sources)
		strv_add(&argv, *source);
	r = process_run(argv, &(struct process_options){
				      .output = &said, .error = &said, .timeout_ms = 120 * 1000 });
	if (r == -EINTR)
		return r;
	if (r == 0 && rename(new, program) == 0)
		return 0;
	log_debug("%s cannot be made from its sources: %s", program, said.buf);
	unlink(new);
	return -ENOENT;
}

/* The .c files beside a program that make it up, or NULL. */
static char **sources_of(const char *program)
{
	/* Those have a main() of their own, or none of the host's. */
	static const char *const not [] = { "empty.c", "devicetable-offsets.c", "mk_elfconfig.c",
					    "gen_crc32table.c" };
	_cleanup_free_ char *dir = xstrdup(program), *main_file = xasprintf("%s.c", program);
	_cleanup_strv_ char **names = NULL, **sources = NULL;
	bool alone;

	*strrchr(dir, '/') = '\0';
	alone = strcmp(strrchr(dir, '/'), "/mod") != 0 &&
		strcmp(strrchr(dir, '/'), "/genksyms") != 0;
	if (!fs_exists(main_file) || fs_list(dir, &names) < 0)
		return NULL;
	strv_foreach (name, names) {
		size_t n = strlen(*name);
		_cleanup_free_ char *path = path_join(dir, *name, NULL);
		bool other = alone && strcmp(path, main_file) != 0;

		for (size_t i = 0; i < ARRAY_SIZE(not ); i++)
			other = other || strcmp(*name, not [i]) == 0;
		if (!other && n > 2 && strcmp(*name + n - 2, ".c") == 0 && !strstr(*name, ".mod.c"))
			strv_add(&sources, path);
	}
	return TAKE_PTR(sources);
}

static int make_from_sources(char *const *programs, const char *build)
{
	strv_foreach (program, programs) {
		_cleanup_strv_ char **sources = sources_of(*program);
		int r = sources ? compile(build, *program, sources) : 0;

		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}

/* --- qemu-user --------------------------------------------------------------------------- */

static const char *find_qemu(void)
{
	static const char *const names[] = { "/usr/bin/qemu-aarch64-static",
					     "/usr/bin/qemu-aarch64" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (access(names[i], X_OK) == 0)
			return names[i];
	return NULL;
}

/*
 * Debian's modpost only starts the modpost.real-* for the objects' byte order
 * and size; it would look for one beside the name that we gave it.
 */
static const char *started_by(const char *program)
{
	static const char real[] = ".real-lsb-64";
	_cleanup_free_ char *path = xasprintf("%s%s", program, real),
			    *kept = xasprintf("%s.arm64", path);

	return fs_exists(path) || fs_exists(kept) ? real : "";
}

/* A script in the program's place that has qemu run it, with the libraries of TREE/.sysroot. */
static int wrap(const char *program, const char *dir, const char *qemu)
{
	_cleanup_free_ char *kept = xasprintf("%s.arm64", program), *folder = NULL, *up = NULL,
			    *text = NULL;
	int r;

	folder = xstrndup(program + strlen(dir) + 1,
			  (size_t)(strrchr(program, '/') - program) - strlen(dir) - 1);
	up = kernel_mend_relative_link(folder, ".sysroot");
	text = xasprintf("#!/bin/sh\n"
			 "exec %s -L \"$(dirname \"$0\")/%s\" \"$0%s.arm64\" \"$@\"\n",
			 qemu, up, started_by(program));
	r = rename(program, kept) < 0 ? -errno : 0;
	if (r == 0)
		r = fs_write_atomic(program, text, strlen(text), 0755);
	return r < 0 ? log_error_errno(r, "Cannot replace %s", program) : 0;
}

static int run_through_qemu(char *const *programs, const char *dir)
{
	_cleanup_(debian_closep) struct debian *debian = NULL;
	_cleanup_free_ char *sysroot = path_join(dir, ".sysroot", NULL), *top = realpath(dir, NULL);
	const char *qemu = find_qemu();
	int r;

	if (!qemu) {
		log_error("%s is a program for arm64, and nothing here replaces or runs it.",
			  programs[0]);
		log_hint("As root: apt-get install qemu-user-static. Then try again.");
		return -ENOEXEC;
	}
	r = debian_open(&debian, "arm64");
	if (r == 0)
		r = debian_unpack(debian, sysroot, ARGV("libc6", "libelf1", "zlib1g"), true);
	strv_foreach (program, programs)
		if (r == 0 && top)
			r = wrap(*program, top, qemu);
	if (r == 0)
		log_info("kbuild's programs are arm64's and run through qemu-user: builds take "
			 "longer.");
	return r;
}

/* --- in this order ------------------------------------------------------------------------- */

/* What kbuild cannot do without; the others are for kernels and for packagers. */
static char **needed_of(char *const *programs)
{
	static const char *const names[] = { "/scripts/basic/fixdep", "/scripts/mod/modpost",
					     "/scripts/mod/modpost.real-lsb-64",
					     "/scripts/genksyms/genksyms" };
	char **needed = NULL;

	strv_foreach (program, programs)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			size_t n = strlen(*program), m = strlen(names[i]);

			if (n > m && strcmp(*program + n - m, names[i]) == 0)
				strv_add(&needed, *program);
		}
	return needed;
}

static bool has_sources(char *const *programs)
{
	_cleanup_strv_ char **needed = needed_of(programs);

	strv_foreach (program, needed) {
		_cleanup_strv_ char **sources = sources_of(*program);

		if (!sources)
			return false;
	}
	return needed != NULL;
}

int kernel_tools_replace(const char *dir, const char *below)
{
	_cleanup_free_ char *build = path_join(dir, below, NULL), *release = NULL;
	_cleanup_strv_ char **programs = find_foreign(build), **left = NULL, **needed = NULL;
	int r = programs ? kernel_release_of(build, &release) : 0;

	if (!programs || r < 0)
		return 0; /* kernel_verify() says what there is to say */
	progress_step("replacing kbuild's programs");
	/* A source tree's own are the exact ones, and come without a download. */
	if (has_sources(programs))
		r = make_from_sources(programs, build);
	left = find_foreign(build);
	needed = needed_of(left);
	if (r == 0 && needed) {
		r = replace_by_debians(needed, dir, release);
		if (r < 0 && r != -EINTR)
			log_debug("Debian has no kbuild for this machine that fits %s.", release);
		r = r == -EINTR ? r : 0;
		strv_free(TAKE_PTR(needed));
		strv_free(TAKE_PTR(left));
		left = find_foreign(build);
		needed = needed_of(left);
	}
	return r == 0 && needed ? run_through_qemu(needed, dir) : r;
}
