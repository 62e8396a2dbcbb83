// SPDX-License-Identifier: GPL-2.0-only
/* Building one unit, step by step: the copy, make, what is made of the result. */
#include "host/unit.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/compdb.h"
#include "host/kbuild.h"
#include "host/mirror.h"
#include "host/neighbours.h"
#include "host/paths.h"
#include "host/place.h"
#include "host/stamp.h"
#include "host/testprog.h"
#include "host/toolchain.h"
#include "host/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int __attribute__((format(printf, 2, 3))) fail(char **error, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	free(*error);
	*error = strbuf_detach(&sb);
	return -EINVAL;
}

/* --- the copy -------------------------------------------------------------------- */

static int put_link(const char *path, const char *target)
{
	_cleanup_free_ char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	int r = fs_mkdir_p(dir, 0700);

	if (r == 0)
		r = fs_put_link(path, target);
	return r < 0 ? log_error_errno(r, "Cannot make the link %s", path) : 0;
}

/* What dkms has under $dkms_tree and $source_tree, and dkms.conf may refer to. */
static int put_dkms_links(const struct unit *unit)
{
	_cleanup_free_ char *source =
		path_join(unit->dkms_tree, unit->conf.name, unit->conf.version, "source", NULL);
	_cleanup_free_ char *name = xasprintf("%s-%s", unit->conf.name, unit->conf.version);
	_cleanup_free_ char *in_source_tree = path_join(unit->dkms_tree, "source", name, NULL);
	int r = put_link(source, unit->copy);

	return r < 0 ? r : put_link(in_source_tree, unit->copy);
}

/*
 * A copy that is elsewhere than the last one, as of another version of its
 * dkms.conf, begins anew; so does one that other tools have built in.
 */
static int place_copy(const struct unit *unit)
{
	_cleanup_free_ char *link = unit_file(unit, "copy");
	_cleanup_free_ char *manifest = unit_file(unit, "manifest");
	_cleanup_free_ char *patched = unit_file(unit, "patched");
	int r;

	if (fs_is_link_to(link, unit->copy) && toolchain_holds(unit))
		return 0;
	unlink(link);
	unlink(manifest);
	unlink(patched);
	r = fs_remove_tree(unit->copy);
	if (r < 0 && r != -ENOENT)
		return log_error_errno(r, "Cannot remove %s", unit->copy);
	r = toolchain_write(unit);
	if (r < 0)
		return log_error_errno(r, "Cannot write to %s", unit->dir);
	return put_link(link, unit->copy);
}

/* A patched file is not what it was copied from: with patches, all is copied anew when anything
 * changed. */
static int update_copy(const struct unit *unit, bool *changed)
{
	_cleanup_free_ char *manifest = unit_file(unit, "manifest");
	_cleanup_free_ char *patched = unit_file(unit, "patched");
	_cleanup_free_ char *stamp = unit_file(unit, "stamp");
	bool again = false;
	int r = place_copy(unit);

	if (r == 0)
		r = mirror_update(unit->source.path, unit->copy, manifest, changed);
	if (r == 0 && *changed && fs_exists(patched)) {
		r = fs_remove_tree(unit->copy);
		unlink(manifest);
		unlink(patched);
		if (r == 0)
			r = mirror_update(unit->source.path, unit->copy, manifest, &again);
	}
	if (r == 0)
		r = neighbours_update(unit->source.path, unit->copy, *changed || !fs_exists(stamp),
				      changed);
	if (r == 0 && unit->source.kind == SOURCE_DKMS)
		r = put_dkms_links(unit);
	if (r == 0 &&
	    unit->link) /* it may lead to where the same module of another folder was built */
		r = put_link(unit->link, unit->dir);
	return r;
}

/* --- make ------------------------------------------------------------------------ */

static int apply_patches(const struct unit *unit, struct strbuf *output, char **error)
{
	_cleanup_free_ char *patched = unit_file(unit, "patched");
	_cleanup_free_ char *manifest = unit_file(unit, "manifest");

	if (!unit->conf.patches || fs_exists(patched))
		return 0;
	strv_foreach (patch, unit->conf.patches) {
		if (kbuild_patch(unit, *patch, output) != 0) {
			unlink(manifest); /* a half-patched copy is of no use */
			return fail(error, "its patch %s does not apply", *patch);
		}
	}
	return fs_write_atomic(patched, "", 0, 0600);
}

static int run_script(const struct unit *unit, const char *name, const char *script,
		      struct strbuf *output, char **error)
{
	int r = script ? kbuild_script(unit, script, output) : 0;

	return r == 0 ? 0 : fail(error, "its %s script '%s' failed", name, script);
}

static int make_dkms(const struct unit *unit, struct strbuf *output, char **error)
{
	int r = apply_patches(unit, output, error);

	if (r == 0)
		r = run_script(unit, "PRE_BUILD", unit->conf.pre_build, output, error);
	if (r < 0)
		return r;
	r = kbuild_dkms(unit, output);
	if (r != 0)
		return r;
	return run_script(unit, "POST_BUILD", unit->conf.post_build, output, error);
}

static bool made_modules(const struct unit *unit)
{
	_cleanup_strv_ char **modules = unit_modules(unit);

	return modules && *modules;
}

/* Some set in their own Makefile what decides about obj-m, and call kbuild then; that is
 * remembered. */
static int make_kbuild(const struct unit *unit, struct strbuf *output)
{
	_cleanup_free_ char *own = unit_file(unit, "own-makefile");
	_cleanup_free_ char *makefile = path_join(unit->copy, "Makefile", NULL);
	int r = fs_exists(own) ? 0 : kbuild_modules(unit, output);

	if (r != 0 || (!fs_exists(own) && (made_modules(unit) || !fs_exists(makefile))))
		return r;
	r = kbuild_own_makefile(unit, output);
	return r == 0 ? fs_write_atomic(own, "", 0, 0600) : r;
}

static void write_log(const struct unit *unit, const char *name, const struct strbuf *text)
{
	_cleanup_free_ char *path = unit_file(unit, name);
	int r = fs_write_atomic(path, text->buf, text->len, 0600);

	if (r < 0)
		log_warn_errno(r, "Cannot write %s", path);
}

static int make(const struct unit *unit, struct strbuf *output, char **error)
{
	int r = unit->source.kind == SOURCE_DKMS ? make_dkms(unit, output, error)
						 : make_kbuild(unit, output);

	if (r == -EINTR)
		return fail(error, "interrupted");
	if (r < 0 && !*error)
		return fail(error, "make cannot be run: %s", strerror(-r));
	if (r > 0)
		return fail(error, "it does not compile");
	if (r == 0 && !made_modules(unit))
		return fail(error,
			    "make made no module: what its obj-m names is not set for this kernel");
	return r;
}

/* --- afterwards ------------------------------------------------------------------- */

char *unit_stripped(const struct unit *unit, const char *ko)
{
	return path_join(unit->dir, "stripped", strrchr(ko, '/') + 1, NULL);
}

static bool same_time(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_mtim.tv_sec == y.st_mtim.tv_sec &&
	       x.st_mtim.tv_nsec == y.st_mtim.tv_nsec;
}

/* A module that is damaged stays as it is: the check says so. */
static int unpack_ko(const char *ko, const char *to)
{
	_cleanup_(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	_cleanup_close_ int fd = open(ko, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : unpack_file(fd, &bytes);

	if (r == -EBADMSG || r == -EFBIG) {
		bytes.len = 0;
		if (fs_read(ko, &bytes, 0) < 0)
			return -EIO;
		r = 0;
	}
	return r < 0 ? r : fs_write_atomic(to, bytes.buf, bytes.len, 0600);
}

/* The stripped module bears the time of the one it was made from, and appears by rename. */
static int strip(const struct unit *unit, const char *ko)
{
	_cleanup_free_ char *to = unit_stripped(unit, ko), *temporary = xasprintf("%s.new", to);
	_cleanup_free_ char *program = xasprintf("%sstrip", unit->tree->cross_prefix);
	struct stat st;
	int r;

	if (same_time(ko, to))
		return 0;
	if (module_is_packed(ko))
		r = unpack_ko(ko, temporary);
	else
		r = place_run(unit->tree->in_container,
			      ARGV(program, "--strip-debug", "-o", temporary, ko), NULL);
	if (r == 0 &&
	    (stat(ko, &st) < 0 ||
	     utimensat(AT_FDCWD, temporary, (struct timespec[]){ st.st_atim, st.st_mtim }, 0) < 0 ||
	     rename(temporary, to) < 0))
		r = -errno;
	return r;
}

static int strip_all(const struct unit *unit, char **error)
{
	_cleanup_strv_ char **modules = unit_modules(unit);
	_cleanup_free_ char *dir = unit_file(unit, "stripped");
	int r = fs_mkdir_p(dir, 0700);

	strv_foreach (ko, modules) {
		bool wanted = unit->source.kind != SOURCE_KO || module_can_strip(*ko) ||
			      module_is_packed(*ko);

		if (r == 0 && wanted && fs_exists(*ko))
			r = strip(unit, *ko);
		if (r != 0)
			return fail(error, "stripping %s failed: %s", *ko,
				    r < 0 ? strerror(-r) : "see above");
	}
	return 0;
}

static int build_tests(const struct unit *unit, struct strbuf *output, char **error)
{
	_cleanup_strv_ char **modules = unit_modules(unit);
	_cleanup_free_ char *conf = path_join(unit->source.path, "test.conf", NULL);
	int r = 0;

	strv_foreach (ko, modules) {
		_cleanup_free_ char *name = module_canonical_name(*ko);
		struct test_config config;

		test_config_init(&config);
		r = test_config_read(&config, conf, name);
		if (r < 0)
			fail(error, "its test.conf cannot be used");
		else if (config.program)
			r = testprog_build(unit, config.program, output, error);
		test_config_release(&config);
		if (r < 0)
			return r;
	}
	return 0;
}

static void write_messages(const struct unit *unit, const struct strbuf *output, bool make_failed,
			   char **error)
{
	struct messages messages = MESSAGES_INIT;
	struct path_map map = unit_path_map(unit);

	messages_read(&messages, &map, output->buf, make_failed);
	if (*error && messages.first_error) {
		char *with_reason = xasprintf("%s: %s", *error, messages.first_error);

		free(*error);
		*error = with_reason;
	}
	write_log(unit, "messages", &messages.text);
	messages_release(&messages);
}

/* The next time all is copied anew, and so built anew. */
static void forget_copy(const struct unit *unit)
{
	_cleanup_free_ char *manifest = unit_file(unit, "manifest");

	unlink(manifest);
}

/* *made: was there anything to do? */
static int build_folder(const struct unit *unit, struct strbuf *output, bool *made, char **error)
{
	struct path_map map = unit_path_map(unit);
	_cleanup_free_ char *compdb = unit_file(unit, "compile_commands.json");
	bool changed = false, overtaken;
	struct timespec start;
	int r;

	kbuild_forget_counts(unit);
	r = update_copy(unit, &changed);

	clock_gettime(CLOCK_REALTIME_COARSE, &start);
	if (r < 0)
		return fail(error, "its copy could not be made");
	if (!changed && log_get_level() < LOG_LEVEL_DEBUG && stamp_holds(unit))
		return 0;
	*made = true;
	stamp_remove(unit);
	r = make(unit, output, error);
	write_log(unit, "build.log", output);
	overtaken = stamp_is_overtaken(unit, &start);
	if (overtaken)
		forget_copy(unit);
	if (r < 0)
		return r;
	r = compdb_write(&map, unit->tree->build, compdb);
	if (r < 0)
		return fail(error, "%s cannot be written: %s", compdb, strerror(-r));
	if (!overtaken)
		stamp_write(unit);
	return 0;
}

int unit_build(struct unit *unit, char **error)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;
	bool make_failed, made = false;
	int r = unit->source.kind == SOURCE_KO ? 0 : build_folder(unit, &output, &made, error);

	make_failed = r < 0;
	if (r == 0)
		r = strip_all(unit, error);
	if (r == 0 && unit->tests && unit->source.kind != SOURCE_KO)
		r = build_tests(unit, &output, error);
	if (made || r < 0 || output.len) /* else what was said last time holds */
		write_messages(unit, &output, make_failed, error);
	return r;
}
