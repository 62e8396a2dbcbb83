// SPDX-License-Identifier: GPL-2.0-only
/* Builds one unit step by step: the copy, make, and what is made of the result. */
#include "host/build/unit_internal.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/build/compdb.h"
#include "host/build/kbuild.h"
#include "host/base/paths.h"
#include "host/build/stamp.h"
#include "host/build/testprog.h"

#include <errno.h>
#include <string.h>

int unit_fail(char **error, const char *fmt, ...)
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

bool unit_is_trouble(int r)
{
	return r == -ENOSPC || r == -EDQUOT || r == -EROFS || r == -EIO || r == -EMFILE ||
	       r == -ENFILE || r == -ENOMEM || r == -EAGAIN;
}

int unit_fail_errno(char **error, int r, const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	unit_fail(error, "%s: %s", sb.buf, log_reason(r));
	return unit_is_trouble(r) ? r : -EINVAL;
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
			unlink(manifest); /* a partly patched copy is useless */
			return unit_fail(error, "its patch %s does not apply", *patch);
		}
	}
	return fs_write_atomic(patched, "", 0, 0600);
}

static int run_script(const struct unit *unit, const char *name, const char *script,
		      struct strbuf *output, char **error)
{
	int r = script ? kbuild_script(unit, script, output) : 0;

	return r == 0 ? 0 : unit_fail(error, "its %s script '%s' failed", name, script);
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

/*
 * Remember the use of the own Makefile before it makes anything: what it leaves if killed
 * could be taken for kbuild's later. If it fails, forget it: the fixed sources may not need
 * it.
 */
static int make_own(const struct unit *unit, int copy, struct strbuf *output)
{
	int r = beneath_write(copy, UNIT_OWN_MAKEFILE, "", 0, 0600);

	if (r == 0)
		r = kbuild_own_makefile(unit, output);
	if (r != 0)
		(void)beneath_remove(copy, UNIT_OWN_MAKEFILE);
	return r;
}

/*
 * Some folders set in their own Makefile what obj-m depends on, and then call kbuild; remember
 * that.
 */
static int make_kbuild(const struct unit *unit, struct strbuf *output)
{
	_cleanup_close_ int copy = unit_open_copy(unit);
	bool own = copy >= 0 && beneath_exists(copy, UNIT_OWN_MAKEFILE);
	int r = own ? 0 : kbuild_modules(unit, output);

	if (r != 0 || (!own && (made_modules(unit) || !beneath_exists(copy, "Makefile"))))
		return r;
	return make_own(unit, copy, output);
}

static void write_log(const struct unit *unit, const char *name, const struct strbuf *text)
{
	_cleanup_free_ char *path = unit_file(unit, name);
	int r = fs_write_atomic(path, text->buf, text->len, 0600);

	if (r < 0)
		log_warn_errno(r, "Cannot write %s", path);
}

/* -errno if this machine kept make, or a program that it ran, from doing its work; else 0. */
static int said_trouble(const struct strbuf *output)
{
	static const int reasons[] = { ENOSPC, EDQUOT, EMFILE };

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (strstr(output->buf, strerror(reasons[i])))
			return -reasons[i];
	return 0;
}

static int make(const struct unit *unit, struct strbuf *output, char **error)
{
	int r = unit_enter(unit);

	if (r == -EINTR)
		return unit_fail(error, "interrupted");
	if (r < 0) {
		unit_fail(error, "its build container cannot be started");
		return -EIO; /* trouble of this machine */
	}
	r = unit->source.kind == SOURCE_DKMS ? make_dkms(unit, output, error)
					     : make_kbuild(unit, output);

	if (r == -EINTR)
		return unit_fail(error, "interrupted");
	if (r == -EFBIG)
		return unit_fail(error, "make printed more than %d MiB", KBUILD_OUTPUT_MAX >> 20);
	if (r < 0 && !*error)
		return unit_fail_errno(error, r, "cannot run make");
	if (r > 0 && said_trouble(output) < 0)
		return unit_fail_errno(error, said_trouble(output), "make failed");
	if (r > 0)
		return unit_fail(error, "it does not compile");
	if (r == 0 && !made_modules(unit))
		return unit_fail(
			error,
			"make built no module: the options in its obj-m are not set for this kernel");
	return r;
}

/* --- afterwards ------------------------------------------------------------------- */

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
			unit_fail(error, "its test.conf cannot be used");
		else if (config.program)
			r = testprog_build(unit, config.program, output, error);
		test_config_release(&config);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Checks the sections of test.conf: each must be a module that the makefile or dkms.conf
 * names, or that was built.
 */
static int check_test_sections(const struct unit *unit, char **error)
{
	_cleanup_free_ char *conf = path_join(unit->source.path, "test.conf", NULL);
	_cleanup_strv_ char **modules = unit_modules(unit), **names = NULL;

	strv_foreach (ko, modules) {
		_cleanup_free_ char *name = module_canonical_name(*ko);

		strv_add(&names, name);
	}
	strv_foreach (name, unit->source.provides)
		if (!strv_contains(names, *name))
			strv_add(&names, *name);
	if (test_config_check_sections(conf, names) < 0)
		return unit_fail(error, "its test.conf cannot be used");
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

static int write_compdb(const struct unit *unit, const char *path)
{
	_cleanup_close_ int copy = unit_open_copy(unit);
	struct path_map map = unit_path_map(unit);

	return copy < 0 ? copy : compdb_write(&map, copy, unit->tree->build, path);
}

/* *made: did anything need to be done? */
static int build_folder(const struct unit *unit, struct strbuf *output, bool *made, char **error)
{
	_cleanup_free_ char *compdb = unit_file(unit, "compile_commands.json");
	_cleanup_(strbuf_release) struct strbuf stamp = STRBUF_INIT;
	bool changed = false, overtaken;
	struct timespec start;
	int r;

	kbuild_forget_counts(unit);
	r = unit_update_copy(unit, &changed);
	if (r < 0 || changed) /* or a later build with a current copy would build nothing */
		stamp_remove(unit);
	clock_gettime(CLOCK_REALTIME_COARSE, &start);
	if (r < 0)
		return unit_fail_errno(error, r, "its sources could not be copied");
	if (!changed && log_get_level() < LOG_LEVEL_DEBUG && stamp_holds(unit))
		return 0;
	*made = true;
	stamp_begin(unit, &stamp);
	r = stamp_drop_replaced(unit);
	if (r == 0)
		r = unit_list_headers(unit);
	if (r < 0)
		return unit_fail_errno(error, r, "its sources could not be copied");
	r = make(unit, output, error);
	stamp_note_outside(unit);
	write_log(unit, "build.log", output);
	overtaken = stamp_is_overtaken(unit, &start);
	if (overtaken)
		unit_forget_copy(unit);
	if (r < 0)
		return r;
	r = write_compdb(unit, compdb);
	if (r < 0)
		return unit_fail_errno(error, r, "cannot write %s", compdb);
	if (!overtaken)
		stamp_write(unit, &stamp);
	return 0;
}

static int make_folders(const struct unit *unit, char **error)
{
	_cleanup_free_ char *given = unit_file(unit, "given");
	int r = fs_mkdir_p(unit->work, 0700);

	if (r == 0)
		r = fs_mkdir_p(given, 0700);
	return r < 0 ? unit_fail_errno(error, r, "cannot create %s", unit->work) : 0;
}

int unit_build(struct unit *unit, char **error)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;
	bool make_failed, made = false;
	int r = make_folders(unit, error);

	if (r == 0 && unit->source.kind != SOURCE_KO)
		r = build_folder(unit, &output, &made, error);
	make_failed = r < 0;
	if (r == 0)
		r = unit_strip_all(unit, error);
	if (r == 0 && unit->source.kind != SOURCE_KO)
		r = check_test_sections(unit, error);
	if (r == 0 && unit->tests && unit->source.kind != SOURCE_KO)
		r = build_tests(unit, &output, error);
	if (made || r < 0 || output.len) /* otherwise the messages of the last build still apply */
		write_messages(unit, &output, make_failed, error);
	return r;
}
