// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/kbuild_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/build/build.h"
#include "host/base/paths.h"
#include "host/build/toolchain.h"
#include "host/container/buildenv.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

void kbuild_word(char ***words, const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	strv_add(words, sb.buf);
}

/* --- the environment ------------------------------------------------------------- */

static bool is_variable(const char *entry, const char *const *names)
{
	size_t n = strcspn(entry, "=");

	for (; *names; names++) {
		size_t length = strlen(*names);

		if ((*names)[length - 1] == '*' ? strncmp(entry, *names, length - 1) == 0
						: n == length && strncmp(entry, *names, n) == 0)
			return true;
	}
	return false;
}

/* Variables that would make our make a sub-make, or change what kbuild does. */
static const char *const unwanted[] = { "MAKEFLAGS",
					"MFLAGS",
					"MAKELEVEL",
					"MAKEOVERRIDES",
					"GNUMAKEFLAGS",
					"MAKEFILES",
					"O",
					"M",
					"V",
					"C",
					"KBUILD_OUTPUT",
					"KBUILD_EXTMOD",
					"LLVM",
					"ARCH",
					"CROSS_COMPILE",
					"CC",
					"KERNELRELEASE",
					"KBUILD_EXTRA_SYMBOLS",
					"LANG",
					"LC_*",
					"LANGUAGE",
					"GCC_COLORS",
					"PWD",
					"OLDPWD",
					NULL };

/* Variables that change between terminals or over time, and that makefiles ignore. */
static const char *const volatile_names[] = {
	"_",         "SHLVL",    "TERM*",         "COLORTERM",
	"COLUMNS",   "LINES",    "SSH_*",         "XDG_*",
	"DBUS_*",    "DISPLAY",  "WAYLAND_*",     "WINDOWID",
	"TMUX*",     "STY",      "INVOCATION_ID", "JOURNAL_STREAM",
	"OUTPOST_*", "NO_COLOR", "PS1",           "HIST*",
	NULL
};

/* Defaults for variables that would otherwise put the time or the host into a module. */
static void add_constants(char ***env)
{
	static const char *const constants[] = {
		"SOURCE_DATE_EPOCH=0", /* sets __DATE__ and __TIME__ */
		"KBUILD_BUILD_TIMESTAMP=Thu, 01 Jan 1970 00:00:00 +0000",
		"KBUILD_BUILD_USER=outpost",
		"KBUILD_BUILD_HOST=outpost",
	};

	for (size_t i = 0; i < ARRAY_SIZE(constants); i++) {
		_cleanup_free_ char *name = xstrndup(constants[i], strcspn(constants[i], "="));

		if (!getenv(name))
			strv_add(env, constants[i]);
	}
}

static bool reaches(const struct unit *unit, const char *entry)
{
	return !is_variable(entry, unwanted) &&
	       buildenv_passes(unit->tree->env, unit->tree->in_container, entry);
}

char **kbuild_environment(const struct unit *unit)
{
	char **env = NULL;

	strv_foreach (entry, environ)
		if (reaches(unit, *entry))
			strv_add(&env, *entry);
	strv_add(&env, "LC_ALL=C");
	add_constants(&env);
	return env;
}

const char *kbuild_variable(char *const *env, const char *name)
{
	size_t n = strlen(name);

	strv_foreach (entry, env)
		if (strncmp(*entry, name, n) == 0 && (*entry)[n] == '=')
			return *entry + n + 1;
	return NULL;
}

void kbuild_set_variable(char ***env, const char *name, const char *value)
{
	size_t n = strlen(name);

	for (char **entry = *env; entry && *entry; entry++) {
		if (strncmp(*entry, name, n) == 0 && (*entry)[n] == '=') {
			free(*entry);
			*entry = xasprintf("%s=%s", name, value);
			return;
		}
	}
	kbuild_word(env, "%s=%s", name, value);
}

/* --- running --------------------------------------------------------------------- */

struct stream {
	struct strbuf *output;
	size_t shown;
};

static void show_output(void *arg)
{
	struct stream *s = arg;

	(void)fs_write_all(STDERR_FILENO, s->output->buf + s->shown, s->output->len - s->shown);
	s->shown = s->output->len;
}

int kbuild_run(const struct unit *unit, char *const *argv, char *const *env, struct strbuf *output)
{
	struct stream stream = { output, output->len };
	struct process_options options = {
		.dir = unit->copy,
		.env = env,
		.output = output,
		.error = output,
		.output_max = KBUILD_OUTPUT_MAX,
		.on_output = log_get_level() >= LOG_LEVEL_DEBUG ? show_output : NULL,
		.arg = &stream,
	};

	int r = kbuild_put_compiler(unit);

	if (r == 0)
		r = kbuild_put_probes(unit);
	if (r == 0)
		r = unit_run(unit, argv, &options);
	if (r == 0)
		kbuild_keep_answers(unit, env);
	return r;
}

void kbuild_add_symvers(const struct unit *unit, char ***argv)
{
	_cleanup_(strbuf_release) struct strbuf list = STRBUF_INIT;

	strv_foreach (path, unit->symvers)
		strbuf_addf(&list, "%s%s", list.len ? " " : "", *path);
	/*
	 * Set it even if it is empty: a Kbuild may have a default that is right only for a
	 * build in place.
	 */
	kbuild_word(argv, "KBUILD_EXTRA_SYMBOLS=%s", list.buf);
}

/* Do modules get BTF? It requires the kernel's. */
static bool has_btf(const struct kernel_tree *tree)
{
	_cleanup_free_ char *vmlinux = path_join(tree->build, "vmlinux", NULL);

	return fs_exists(vmlinux);
}

/* Variables that select the target; they override those of makefiles. */
char **kbuild_target(const struct unit *unit)
{
	char **list = NULL;

	kbuild_word(&list, "ARCH=arm64");
	kbuild_word(&list, "CROSS_COMPILE=%s", unit->tree->cross_prefix);
	kbuild_word(&list, "CC=%s", kbuild_compiler(unit));
	kbuild_add_clang(unit, &list);
	/*
	 * Up to 6.8, a script determines it, and make 4.4 runs that for every program that it
	 * starts, which takes half a second per build.
	 */
	if (!has_btf(unit->tree))
		kbuild_word(&list, "PAHOLE_FLAGS=");
	if (unit->settings && unit->settings->sparse) {
		/* Check all files, including those that were compiled before. */
		kbuild_word(&list, "C=2");
		kbuild_word(&list, "CHECK=sparse");
	}
	if (unit->settings && unit->settings->w1)
		kbuild_word(&list, "W=1");
	return list;
}

int kbuild_modules(const struct unit *unit, struct strbuf *output)
{
	_cleanup_strv_ char **argv = NULL, **env = kbuild_environment(unit);
	_cleanup_strv_ char **variables = kbuild_target(unit);
	_cleanup_free_ char *flags = kbuild_flags(unit);

	kbuild_word(&argv, "make");
	kbuild_word(&argv, "--no-print-directory");
	kbuild_word(&argv, "-j%d", unit->jobs);
	kbuild_word(&argv, "-C");
	kbuild_word(&argv, "%s", unit->tree->build);
	kbuild_word(&argv, "M=%s", unit->link ? unit->alias : unit->copy);
	strv_foreach (variable, variables)
		strv_add(&argv, *variable);
	kbuild_word(&argv, "KCPPFLAGS=%s", flags);
	kbuild_add_symvers(unit, &argv);
	kbuild_word(&argv, "modules");
	kbuild_set_compiler(unit, &env);
	kbuild_set_probes(unit, &env);
	return kbuild_run(unit, argv, env, output);
}

void kbuild_describe_environment(const struct unit *unit, struct strbuf *out)
{
	strv_foreach (entry, environ)
		if (reaches(unit, *entry) && !is_variable(*entry, volatile_names))
			strbuf_addf(out, "environment %s\n", *entry);
}

void kbuild_describe(const struct unit *unit, struct strbuf *out)
{
	toolchain_describe(unit, out);
	strbuf_addf(out, "make %s\nsparse %d w1 %d\n", unit->conf.make ? unit->conf.make : "",
		    unit->settings && unit->settings->sparse, unit->settings && unit->settings->w1);
	strv_foreach (path, unit->symvers)
		strbuf_addf(out, "symbols %s\n", *path);
	kbuild_describe_environment(unit, out);
}
