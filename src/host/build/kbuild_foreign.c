// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds that do not start with kbuild: a MAKE of dkms.conf, or a Makefile that calls
 * kbuild itself and usually looks for the headers of the running kernel. Variables on make's
 * command line override those that it sets.
 */
#include "host/build/kbuild_internal.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/fs.h"
#include "common/strv.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <string.h>

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
		/*
		 * An assignment is a name, blanks and an operator. KERNELRELEASE is left
		 * alone: Makefiles test it to detect a call by kbuild.
		 */
		if (!n || !value || name + n + strspn(name + n, " \t:?") != value ||
		    value[1] == '=')
			continue;
		value++;
		name[n] = '\0';
		if (strcmp(name, "KERNELRELEASE") == 0)
			continue;
		if (names_running_tree(value) && !strv_contains(*tree_names, name))
			strv_add(tree_names, name);
		else if (names_running_release(value) && !strv_contains(*release_names, name))
			strv_add(release_names, name);
	}
}

/* Sets the usual variables, and those that this Makefile uses. */
static void add_kernel_variables(const struct unit *unit, char ***list)
{
	static const char *const known_trees[] = {
		"KDIR",        "KERNELDIR",   "KERNEL_DIR",        "KSRC",       "KERNEL_SRC",
		"KERNEL_PATH", "KERNEL_TREE", "KERNEL_SOURCE_DIR", "KBUILD_DIR", "KBUILDDIR"
	};
	static const char *const known_releases[] = { "KVERSION", "KVER", "KERNEL_RELEASE",
						      "KERNEL_SOURCE_VERSION" };
	_cleanup_close_ int copy = unit_open_copy(unit);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_strv_ char **trees = NULL, **releases = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(known_trees); i++)
		strv_add(&trees, known_trees[i]);
	for (size_t i = 0; i < ARRAY_SIZE(known_releases); i++)
		strv_add(&releases, known_releases[i]);
	if (copy >= 0 && beneath_read_linked(copy, "Makefile", &text, 1024 * 1024) == 0)
		kbuild_scan_makefile(text.buf, &trees, &releases);
	strv_foreach (name, trees)
		kbuild_word(list, "%s=%s", *name, unit->tree->build);
	strv_foreach (name, releases)
		kbuild_word(list, "%s=%s", *name, unit->tree->release);
}

/*
 * Formats MAKEFLAGS as make does for its children: "-j2 -- A=b C=d", blanks in values escaped
 * with a backslash.
 */
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

/* A `uname` that answers as the board would; for other options it runs the machine's own. */
static int put_uname(const struct unit *unit)
{
	_cleanup_free_ char *dir = unit_given(unit, "bin");
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

/* The environment of such a build. */
static char **foreign_environment(const struct unit *unit)
{
	char **env = kbuild_environment(unit);
	_cleanup_strv_ char **variables = kbuild_target(unit);
	_cleanup_free_ char *compiler_flags = kbuild_flags(unit);
	_cleanup_free_ char *flags = NULL, *path = NULL, *bin = unit_given(unit, "bin");

	strv_foreach (variable, variables)
		strv_add(&env, *variable);
	if (unit->symvers) /* else its own makefiles set it, for folders built in turn */
		kbuild_add_symvers(unit, &variables);
	add_kernel_variables(unit, &variables);
	flags = make_flags(unit, variables);
	kbuild_set_compiler(unit, &env);
	kbuild_set_probes(unit, &env);
	path = xasprintf("%s:%s", bin, kbuild_variable(env, "PATH"));
	kbuild_set_variable(&env, "MAKEFLAGS", flags);
	kbuild_set_variable(&env, "PATH", path);
	kbuild_set_variable(&env, "KCPPFLAGS", compiler_flags);
	kbuild_set_variable(&env, "PWD", unit->alias ? unit->alias : unit->copy);
	kbuild_set_variable(&env, "kernelver", unit->tree->release);
	kbuild_set_variable(&env, "kernel_source_dir", unit->tree->build);
	kbuild_set_variable(&env, "arch", "aarch64");
	kbuild_set_variable(&env, "dkms_tree", unit->dkms_tree);
	return env;
}

static int run_foreign(const struct unit *unit, const char *const *argv, struct strbuf *output)
{
	_cleanup_strv_ char **env = foreign_environment(unit);
	int r = put_uname(unit);

	return r < 0 ? r : kbuild_run(unit, (char *const *)argv, env, output);
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

/* As dkms does: a MAKE that begins with make gets KERNELRELEASE, a quoted one does not. */
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
	/* dkms lets the shell split the words, and runs the first from the current folder. */
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
