// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/testprog.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/build/kbuild_internal.h"
#include "host/build/unit_internal.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static bool is_c(const char *program)
{
	size_t n = strlen(program);

	return n > 2 && strcmp(program + n - 2, ".c") == 0;
}

char *testprog_path(const struct unit *unit, const char *program)
{
	_cleanup_free_ char *name = NULL;

	if (!is_c(program))
		return path_join(unit->source.path, program, NULL);
	name = xstrndup(program, strlen(program) - 2);
	for (char *p = name; *p; p++)
		if (*p == '/')
			*p = '-';
	return path_join(unit->dir, "test", name, NULL);
}

/*
 * Lists all headers, because a new one may be found before the one of that name that is used
 * now.
 */
static void add_headers(const struct unit *unit, struct strbuf *out)
{
	_cleanup_strv_ char **headers = NULL;

	fs_find(unit->source.path, "*.h", &headers);
	strv_foreach (header, headers)
		strbuf_addf(out, "beside %s\n", *header);
}

static bool is_since(const struct stat *st, const struct timespec *since)
{
	return st->st_mtim.tv_sec > since->tv_sec ||
	       (st->st_mtim.tv_sec == since->tv_sec && st->st_mtim.tv_nsec >= since->tv_nsec);
}

/*
 * If the file was saved after `since` (or NULL), the compiler may have read the old version:
 * adds a state that never matches.
 */
static void add_file(const char *path, const struct timespec *since, struct strbuf *out)
{
	struct stat st;

	if (stat(path, &st) < 0 || (since && is_since(&st, since)))
		memset(&st, 0, sizeof(st));
	strbuf_addf(out, "file %lld.%09ld %lld %llu %s\n", (long long)st.st_mtim.tv_sec,
		    st.st_mtim.tv_nsec, (long long)st.st_size, (unsigned long long)st.st_ino, path);
}

/*
 * Adds the compiler's list of dependencies (-MMD): "output: source header \", with "\ " for a
 * blank.
 */
static void add_deps(const char *deps, const struct timespec *since, struct strbuf *out)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, word = STRBUF_INIT;
	const char *p = fs_read(deps, &text, 0) < 0 ? NULL : strstr(text.buf, ": ");

	if (!p)
		return;
	for (p++; *p; p++) {
		if (*p == '\\' && p[1] == ' ') {
			strbuf_addch(&word, *++p);
		} else if (*p != '\\' && !isspace((unsigned char)*p)) {
			strbuf_addch(&word, *p);
		} else if (word.len) {
			add_file(word.buf, since, out);
			strbuf_reset(&word);
		}
	}
}

static bool is_current(const char *output, const char *made_of, const struct strbuf *now)
{
	_cleanup_(strbuf_release) struct strbuf then = STRBUF_INIT;

	return fs_exists(output) && fs_read(made_of, &then, 0) == 0 &&
	       strcmp(then.buf, now->buf) == 0;
}

/* Copies the program and its list of dependencies out of work/. */
static int take_program(const struct unit *unit, const char *name, const char *to)
{
	_cleanup_close_ int work = unit_open_work(unit);
	_cleanup_free_ char *made = path_join("test", name, NULL), *deps = xasprintf("%s.d", made),
			    *to_deps = xasprintf("%s.d", to);
	int r = work < 0 ? work : beneath_copy_out(work, deps, to_deps);

	if (r == 0)
		r = beneath_copy_out(work, made, to);
	return r == 0 && chmod(to, 0700) < 0 ? -errno : r;
}

static int make_folder(const struct unit *unit)
{
	_cleanup_close_ int work = unit_open_work(unit);
	int r = work < 0 ? work : beneath_remove(work, "test"); /* whatever a build left there */

	return r < 0 ? r : beneath_mkdir_p(work, "test", 0700);
}

static int compile(const struct unit *unit, const char *source, const char *to,
		   struct strbuf *output)
{
	const char *name = strrchr(to, '/') + 1;
	_cleanup_free_ char *made = path_join(unit->work, "test", name, NULL),
			    *made_deps = xasprintf("%s.d", made), *deps = xasprintf("%s.d", to);
	_cleanup_free_ char *made_by = xasprintf("%s.cmd", to),
			    *include = xasprintf("-I%s", unit->source.path);
	_cleanup_(strbuf_release) struct strbuf command = STRBUF_INIT, made_of = STRBUF_INIT;
	_cleanup_strv_ char **env = kbuild_environment(unit);
	const char *const argv[] = { unit->tree->compiler,
				     "-std=gnu11",
				     "-O2",
				     "-g",
				     "-Wall",
				     "-static",
				     include,
				     "-MMD",
				     "-MF",
				     made_deps,
				     "-o",
				     made,
				     source,
				     NULL };
	struct timespec start;
	int r;

	clock_gettime(CLOCK_REALTIME_COARSE, &start);
	strv_foreach (word, (char *const *)argv)
		strbuf_addf(&command, "%s\n", *word);
	add_headers(unit, &command);
	strbuf_adds(&made_of, command.buf);
	add_deps(deps, NULL, &made_of);
	if (is_current(to, made_by, &made_of))
		return 0;
	r = make_folder(unit);
	if (r < 0)
		return r;
	r = unit_run(unit, (char *const *)argv,
		     &(struct process_options){ .env = env, .output = output, .error = output });
	if (r == 0)
		r = take_program(unit, name, to);
	if (r != 0)
		return r;
	add_deps(deps, &start, &command);
	return fs_write_atomic(made_by, command.buf, command.len, 0600);
}

int testprog_build(const struct unit *unit, const char *program, struct strbuf *output,
		   char **error)
{
	_cleanup_free_ char *source = path_join(unit->source.path, program, NULL);
	_cleanup_free_ char *real = realpath(source, NULL);
	_cleanup_free_ char *to = testprog_path(unit, program), *dir = unit_file(unit, "test");
	_cleanup_close_ int file = -1;
	size_t n = strlen(unit->source.path);
	int r;

	if (!real) {
		*error = xasprintf("its test program %s: %s", program, strerror(errno));
		return -ENOENT;
	}
	if (strncmp(real, unit->source.path, n) != 0 || real[n] != '/') {
		*error = xasprintf("its test program %s is outside its folder", program);
		return -EINVAL;
	}
	file = fs_open_regular(real); /* the compiler would wait for somebody to write to a FIFO */
	if (file < 0)
		return unit_fail(error, "its test program %s: %s", program, log_reason(file));
	if (!is_c(program))
		return 0;
	r = fs_mkdir_p(dir, 0700);
	if (r == 0)
		r = compile(unit, real, to, output);
	if (r != 0)
		*error = r > 0 ? xasprintf("its test program %s does not compile", program)
			       : xasprintf("cannot build its test program %s: %s", program,
					   strerror(-r));
	return r > 0 ? -EINVAL : r;
}
