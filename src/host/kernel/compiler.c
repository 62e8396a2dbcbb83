// SPDX-License-Identifier: GPL-2.0-only
/* The compiler that a kernel was built with, by the name to call it by here. */
#include "host/kernel/internal.h"

#include "common/alloc.h"
#include "common/process.h"
#include "host/base/cross.h"
#include "host/base/paths.h"
#include "host/container/buildenv.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int kernel_compiler_major(const char *version_text)
{
	/* The version follows the parentheses, which hold the packager's words and numbers. */
	const char *p = strrchr(version_text, ')');
	char *end;
	long major;

	if (!strstr(version_text, "gcc"))
		return -EINVAL;
	p = p ? p + 1 : version_text + strcspn(version_text, " ");
	p += strspn(p, " ");
	major = strtol(p, &end, 10);
	return end != p && isdigit((unsigned char)*p) && major > 0 && major < 1000 ? (int)major
										   : -EINVAL;
}

static bool is_installed(const char *program)
{
	_cleanup_free_ char *where = path_program(program);

	return where;
}

static bool has_major(const char *program, int major)
{
	_cleanup_(strbuf_release) struct strbuf version = STRBUF_INIT;
	int r = process_run(
		ARGV(program, "-dumpversion"),
		&(struct process_options){ .output = &version, .timeout_ms = 10 * 1000 });

	return r == 0 && atoi(version.buf) == major;
}

int kernel_compiler_choose(const struct kernel_place *place, const char *version_text,
			   char **compiler, bool *in_container)
{
	const struct buildenv *env = place->env;
	bool must = buildenv_must_be_container(env) || (place->sent && buildenv_has_container(env));
	int major = kernel_compiler_major(version_text);
	_cleanup_free_ char *versioned = NULL, *plain = NULL;
	int r = 0;

	*in_container = false;
	if (major < 0)
		return major;
	versioned = xasprintf(CROSS_PREFIX "gcc-%d", major);
	plain = xstrdup(CROSS_PREFIX "gcc");
	*in_container =
		(must || buildenv_wants_container(env)) && buildenv_container_has(env, versioned);
	if (must) {
		r = *in_container ? 0 : -ENOPKG;
		*in_container = true;
	} else if (!*in_container && !is_installed(versioned)) {
		if (is_installed(plain) && has_major(plain, major)) {
			*compiler = TAKE_PTR(plain);
			return 0;
		}
		r = -ENOPKG;
	}
	*compiler = TAKE_PTR(versioned);
	return r;
}
