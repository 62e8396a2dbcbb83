// SPDX-License-Identifier: GPL-2.0-only
#include "host/kbuild.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/paths.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

extern char **environ;

static void __attribute__((format(printf, 2, 3))) add_word(char ***words, const char *fmt, ...)
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

/* What would turn our make into a part of another one, or point kbuild elsewhere. */
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

/* What differs from one terminal or hour to the next, and no makefile looks at. */
static const char *const volatile_names[] = {
	"_",         "SHLVL",    "TERM*",         "COLORTERM",
	"COLUMNS",   "LINES",    "SSH_*",         "XDG_*",
	"DBUS_*",    "DISPLAY",  "WAYLAND_*",     "WINDOWID",
	"TMUX*",     "STY",      "INVOCATION_ID", "JOURNAL_STREAM",
	"OUTPOST_*", "NO_COLOR", "PS1",           "HIST*",
	NULL
};

static char **build_environment(void)
{
	char **env = NULL;

	strv_foreach (entry, environ)
		if (!is_variable(*entry, unwanted))
			strv_add(&env, *entry);
	strv_add(&env, "LC_ALL=C");
	return env;
}

static void set_variable(char ***env, const char *name, const char *value)
{
	size_t n = strlen(name);

	for (char **entry = *env; entry && *entry; entry++) {
		if (strncmp(*entry, name, n) == 0 && (*entry)[n] == '=') {
			free(*entry);
			*entry = xasprintf("%s=%s", name, value);
			return;
		}
	}
	add_word(env, "%s=%s", name, value);
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

static int run(const struct unit *unit, char *const *argv, char *const *env, struct strbuf *output)
{
	struct stream stream = { output, output->len };
	struct process_options options = {
		.dir = unit->copy,
		.env = env,
		.output = output,
		.error = output,
		.on_output = log_get_level() >= LOG_LEVEL_DEBUG ? show_output : NULL,
		.arg = &stream,
	};

	return process_run(argv, &options);
}

static void add_symvers(const struct unit *unit, char ***argv)
{
	_cleanup_(strbuf_release) struct strbuf list = STRBUF_INIT;

	strv_foreach (path, unit->symvers)
		strbuf_addf(&list, "%s%s", list.len ? " " : "", *path);
	/* Also when there are none: a Kbuild may have a default that is right for a build in place
	 * only. */
	add_word(argv, "KBUILD_EXTRA_SYMBOLS=%s", list.buf);
}

/* Variables that say what to build for; they win over what makefiles set. */
static char **target_variables(const struct unit *unit)
{
	char **list = NULL;

	add_word(&list, "ARCH=arm64");
	add_word(&list, "CROSS_COMPILE=%s", unit->tree->cross_prefix);
	add_word(&list, "CC=%s", unit->tree->compiler);
	return list;
}

int kbuild_modules(const struct unit *unit, struct strbuf *output)
{
	_cleanup_strv_ char **argv = NULL, **env = build_environment();
	_cleanup_strv_ char **variables = target_variables(unit);

	add_word(&argv, "make");
	add_word(&argv, "--no-print-directory");
	add_word(&argv, "-j%d", unit->jobs);
	add_word(&argv, "-C");
	add_word(&argv, "%s", unit->tree->build);
	add_word(&argv, "M=%s", unit->copy);
	strv_foreach (variable, variables)
		strv_add(&argv, *variable);
	add_symvers(unit, &argv);
	add_word(&argv, "modules");
	return run(unit, argv, env, output);
}

/* --- makefiles that look for the running kernel -------------------------------------- */

static bool names_running_release(const char *value)
{
	return strstr(value, "uname -r") && !strchr(value, '/');
}

static bool names_running_tree(const char *value)
{
	const char *dir = strstr(value, "/lib/modules/");

	return dir && (strstr(dir, "/build") || strstr(dir, "/source"));
}

void kbuild_scan_makefile(const char *text, char ***tree_names, char ***release_names)
{
	_cleanup_free_ char *copy = xstrdup(text);
	char *rest = copy;

	for (char *line; (line = strsep(&rest, "\n"));) {
		char *name = line + strspn(line, " \t"), *value = strchr(line, '=');
		size_t n;

		line[strcspn(line, "#")] = '\0';
		if (strncmp(name, "export ", 7) == 0)
			name += 7;
		n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		/* An assignment: the name, blanks, an operator. KERNELRELEASE tells kbuild's own
		 * call from others. */
		if (!n || !value || name + n + strspn(name + n, " \t:?") != value ||
		    value[1] == '=')
			continue;
		name[n] = '\0';
		if (strcmp(name, "KERNELRELEASE") == 0)
			continue;
		if (names_running_tree(value) && !strv_contains(*tree_names, name))
			strv_add(tree_names, name);
		else if (names_running_release(value) && !strv_contains(*release_names, name))
			strv_add(release_names, name);
	}
}

/* The names that most use, and those that this Makefile uses. */
static void add_kernel_variables(const struct unit *unit, char ***list)
{
	static const char *const known_trees[] = {
		"KDIR",        "KERNELDIR",   "KERNEL_DIR",        "KSRC",       "KERNEL_SRC",
		"KERNEL_PATH", "KERNEL_TREE", "KERNEL_SOURCE_DIR", "KBUILD_DIR", "KBUILDDIR"
	};
	static const char *const known_releases[] = { "KVERSION", "KVER", "KERNEL_RELEASE",
						      "KERNEL_SOURCE_VERSION" };
	_cleanup_free_ char *makefile = path_join(unit->copy, "Makefile", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_strv_ char **trees = NULL, **releases = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(known_trees); i++)
		strv_add(&trees, known_trees[i]);
	for (size_t i = 0; i < ARRAY_SIZE(known_releases); i++)
		strv_add(&releases, known_releases[i]);
	if (fs_read(makefile, &text, 1024 * 1024) == 0)
		kbuild_scan_makefile(text.buf, &trees, &releases);
	strv_foreach (name, trees)
		add_word(list, "%s=%s", *name, unit->tree->build);
	strv_foreach (name, releases)
		add_word(list, "%s=%s", *name, unit->tree->release);
}

/* As make hands them to its children: "-j2 -- A=b C=d", blanks in values with a backslash. */
static char *make_flags(const struct unit *unit, char *const *variables)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "-j%d --", unit->jobs);
	strv_foreach (variable, variables) {
		strbuf_addch(&sb, ' ');
		for (const char *p = *variable; *p; p++) {
			if (isspace((unsigned char)*p) || *p == '\\')
				strbuf_addch(&sb, '\\');
			if (*p == '$')
				strbuf_addch(&sb, '$');
			strbuf_addch(&sb, *p);
		}
	}
	return strbuf_detach(&sb);
}

/* `uname` as the board would answer. */
static int put_uname(const struct unit *unit)
{
	_cleanup_free_ char *dir = unit_file(unit, "bin");
	_cleanup_free_ char *path = path_join(dir, "uname", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_mkdir_p(dir, 0700);

	strbuf_addf(&text,
		    "#!/bin/sh\ncase \"$*\" in\n-r) echo '%s' ;;\n-m|-p|-i) echo aarch64 ;;\n"
		    "*) PATH=${PATH#*:} exec uname \"$@\" ;;\nesac\n",
		    unit->tree->release);
	if (r < 0 || fs_exists(path))
		return r;
	return fs_write_atomic(path, text.buf, text.len, 0700);
}

/* The environment of a build that is not started as kbuild wants it. */
static char **foreign_environment(const struct unit *unit)
{
	char **env = build_environment();
	_cleanup_strv_ char **variables = target_variables(unit);
	_cleanup_free_ char *flags = NULL, *path = NULL, *bin = unit_file(unit, "bin");
	const char *old_path = getenv("PATH");

	strv_foreach (variable, variables)
		strv_add(&env, *variable);
	add_symvers(unit, &variables);
	add_kernel_variables(unit, &variables);
	flags = make_flags(unit, variables);
	path = xasprintf("%s:%s", bin, old_path ? old_path : "/usr/bin:/bin");
	set_variable(&env, "MAKEFLAGS", flags);
	set_variable(&env, "PATH", path);
	set_variable(&env, "PWD", unit->alias ? unit->alias : unit->copy);
	set_variable(&env, "kernelver", unit->tree->release);
	set_variable(&env, "kernel_source_dir", unit->tree->build);
	set_variable(&env, "arch", "aarch64");
	set_variable(&env, "dkms_tree", unit->dkms_tree);
	return env;
}

static int run_foreign(const struct unit *unit, const char *const *argv, struct strbuf *output)
{
	_cleanup_strv_ char **env = foreign_environment(unit);
	int r = put_uname(unit);

	return r < 0 ? r : run(unit, (char *const *)argv, env, output);
}

static void replace_all(char **text, const char *from, const char *to)
{
	struct strbuf sb = STRBUF_INIT;
	const char *p = *text;

	for (const char *found; (found = strstr(p, from)); p = found + strlen(from)) {
		strbuf_add(&sb, p, (size_t)(found - p));
		strbuf_adds(&sb, to);
	}
	strbuf_adds(&sb, p);
	free(*text);
	*text = strbuf_detach(&sb);
}

/* As dkms does: a MAKE that begins with make is given KERNELRELEASE, one that is quoted is not. */
static char *dkms_command(const struct unit *unit)
{
	const char *make = unit->conf.make;
	_cleanup_free_ char *build = xasprintf("/lib/modules/%s/build", unit->tree->release);
	_cleanup_free_ char *source = xasprintf("/lib/modules/%s/source", unit->tree->release);
	char *command =
		strncmp(make, "make", 4) == 0 && (make[4] == ' ' || make[4] == '\0')
			? xasprintf("make KERNELRELEASE=%s%s", unit->tree->release, make + 4)
			: xstrdup(make);

	replace_all(&command, build, unit->tree->build);
	replace_all(&command, source, unit->tree->build);
	return command;
}

int kbuild_dkms(const struct unit *unit, struct strbuf *output)
{
	_cleanup_free_ char *command = NULL;

	if (!unit->conf.make)
		return kbuild_modules(unit, output);
	command = dkms_command(unit);
	return run_foreign(unit, (const char *const[]){ "bash", "-c", command, NULL }, output);
}

int kbuild_own_makefile(const struct unit *unit, struct strbuf *output)
{
	return run_foreign(unit, (const char *const[]){ "make", NULL }, output);
}

int kbuild_script(const struct unit *unit, const char *script, struct strbuf *output)
{
	/* dkms lets the shell split the words, and starts the first from where it is. */
	static const char split[] = "set -f; words=($1); exec ./\"${words[@]}\"";

	return run_foreign(unit, (const char *const[]){ "bash", "-c", split, "dkms", script, NULL },
			   output);
}

int kbuild_patch(const struct unit *unit, const char *patch, struct strbuf *output)
{
	_cleanup_free_ char *path = path_join("patches", patch, NULL);

	return run_foreign(unit,
			   (const char *const[]){ "patch", "-p1", "--forward", "-i", path, NULL },
			   output);
}

void kbuild_describe(const struct unit *unit, struct strbuf *out)
{
	strbuf_addf(out, "tree %s\ncompiler %s\nprefix %s\nmake %s\n", unit->tree->build,
		    unit->tree->compiler, unit->tree->cross_prefix,
		    unit->conf.make ? unit->conf.make : "");
	strv_foreach (path, unit->symvers)
		strbuf_addf(out, "symbols %s\n", *path);
	strv_foreach (entry, environ)
		if (!is_variable(*entry, unwanted) && !is_variable(*entry, volatile_names))
			strbuf_addf(out, "environment %s\n", *entry);
}
