// SPDX-License-Identifier: GPL-2.0-only
#include "host/kernel/internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/base/paths.h"
#include "host/container/buildenv.h"
#include "host/module/symvers.h"

#include <errno.h>
#include <string.h>

/* #define UTS_RELEASE "6.1.0-50-arm64" */
int kernel_release_of(const char *build, char **release)
{
	_cleanup_free_ char *path = path_join(build, "include/generated/utsrelease.h", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *found = NULL;
	const char *p;
	int r = fs_read(path, &text, 64 * 1024);

	if (r < 0)
		return r;
	p = strstr(text.buf, "UTS_RELEASE \"");
	if (!p)
		return -EBADMSG;
	p += strlen("UTS_RELEASE \"");
	found = xstrndup(p, strcspn(p, "\"\n"));
	if (!kernel_release_is_valid(found))
		return -EBADMSG;
	*release = TAKE_PTR(found);
	return 0;
}

int kernel_config_value(const char *build, const char *key, char **value)
{
	_cleanup_free_ char *path = path_join(build, ".config", NULL),
			    *line = xasprintf("\n%s=", key);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *p;
	size_t n;
	int r;

	strbuf_addch(&text, '\n');
	r = fs_read(path, &text, 16 << 20);
	if (r < 0)
		return r;
	p = strstr(text.buf, line);
	if (!p)
		return -ENOENT;
	p += strlen(line);
	n = strcspn(p, "\n");
	if (n >= 2 && *p == '"' && p[n - 1] == '"') {
		p++;
		n -= 2;
	}
	*value = xstrndup(p, n);
	return 0;
}

static int verify_release(const char *build, const char *release)
{
	_cleanup_free_ char *found = NULL;
	int r = kernel_release_of(build, &found);

	if (r < 0) {
		log_error("%s is not a configured kernel tree: include/generated/utsrelease.h "
			  "names no release",
			  build);
		return -EINVAL;
	}
	if (strcmp(found, release) == 0)
		return 0;
	log_error("%s is the tree of kernel %s, not of %s", build, found, release);
	return -EINVAL;
}

static int verify_config(const char *build)
{
	static const char *const needed[] = { "CONFIG_ARM64", "CONFIG_MODULES" };

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		_cleanup_free_ char *value = NULL;
		int r = kernel_config_value(build, needed[i], &value);

		if (r < 0 && r != -ENOENT)
			return log_error_errno(r, "Cannot read %s/.config", build);
		if (r < 0 || strcmp(value, "y") != 0) {
			log_error(
				"%s/.config does not set %s: not a 64-bit ARM kernel with modules",
				build, needed[i]);
			return -EINVAL;
		}
	}
	return 0;
}

static int verify_symvers(const char *build)
{
	_cleanup_free_ char *path = path_join(build, "Module.symvers", NULL);
	_cleanup_(symvers_freep) struct symvers *symvers = NULL;
	size_t line;
	int r = symvers_read(path, &symvers, &line);

	if (r == -EBADMSG)
		log_error("%s:%zu: not a symbol with its CRC; the file is damaged", path, line);
	else if (r == 0 && !symvers->n)
		log_error("%s is empty", path);
	else if (r == -ENOENT)
		log_error("%s is missing: modules built without it would not load", path);
	else if (r < 0)
		log_error_errno(r, "Cannot read %s", path);
	if (r == -ENOENT)
		log_hint("Building the kernel (make modules) creates it; modules_prepare does "
			 "not");
	return r == -EBADMSG || (r == 0 && !symvers->n) ? -EINVAL : r;
}

/*
 * How they behave without arguments. A program for another machine does not start; one that
 * needs a newer C library starts and exits with 1. Debian's modpost only starts one of several
 * others.
 */
static const struct tool {
	const char *name;
	int status;
	const char *says;
	bool optional;
} tools[] = {
	{ "scripts/basic/fixdep", 1, "Usage: fixdep" },
	{ "scripts/mod/modpost", 0, "" },
	{ "scripts/mod/modpost.real-lsb-64", 0, "", true },
	{ "scripts/genksyms/genksyms", 0, "", true },
};

static int verify_tool(struct buildenv *env, const char *build, const struct tool *tool,
		       bool in_container)
{
	_cleanup_free_ char *path = path_join(build, tool->name, NULL);
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;
	struct process_options options = { .output = &output,
					   .error = &output,
					   .timeout_ms = 10 * 1000 };
	const char *where = in_container ? "in the build container" : "on this machine";
	int r;

	if (tool->optional && !fs_exists(path))
		return 0;
	r = buildenv_run(env, in_container, ARGV(path), &options);
	if (r == -EINTR || (r == tool->status && strstr(output.buf, tool->says)))
		return r < 0 ? r : 0;
	if (output.len)
		log_error("%s does not run %s: %.*s", path, where, (int)strcspn(output.buf, "\n"),
			  output.buf);
	else
		log_error_errno(r < 0 ? r : -ENOEXEC, "%s does not run %s", path, where);
	if (strstr(output.buf, "GLIBC_") && !in_container)
		log_hint("It needs a newer distribution than this one, but works in a "
			 "build container: run outpost container build, then try again");
	return -ENOEXEC;
}

/* They must run in the build environment; the container may have the C library that they need. */
static int verify_tools(const struct kernel_place *place, const char *build)
{
	_cleanup_free_ char *text = NULL, *compiler = NULL;
	struct buildenv *env = place->env;
	bool in_container;
	int r = kernel_config_value(build, "CONFIG_CC_VERSION_TEXT", &text);

	if (r < 0) {
		log_error("%s/.config does not name the compiler that the kernel was built with "
			  "(CONFIG_CC_VERSION_TEXT)",
			  build);
		log_hint("Run make olddefconfig in that tree to add it");
		return r;
	}
	kernel_compiler_choose(place, text, &compiler, &in_container);
	if (in_container) {
		r = buildenv_enter(env, &(struct buildenv_room){ .tree = build });
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(tools) && r >= 0; i++)
		r = verify_tool(env, build, &tools[i], in_container);
	if (in_container)
		buildenv_leave(env);
	return r;
}

int kernel_verify(const struct kernel_place *place, const char *build, const char *release)
{
	int r = verify_release(build, release);

	if (r == 0)
		r = verify_config(build);
	if (r == 0)
		r = verify_symvers(build);
	if (r == 0)
		r = verify_tools(place, build);
	return r;
}
