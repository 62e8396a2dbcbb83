// SPDX-License-Identifier: GPL-2.0-only
/* kbuild's programs from the tree's own sources. */
#include "host/kernel/tools.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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

/* Is it C, and not a program of its own or made by kbuild for another machine? */
static bool is_part(const char *name)
{
	static const char *const others[] = { "empty.c", "devicetable-offsets.c", "mk_elfconfig.c",
					      "gen_crc32table.c" };
	size_t n = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(name, others[i]) == 0)
			return false;
	return n > 2 && strcmp(name + n - 2, ".c") == 0 && !strstr(name, ".mod.c");
}

char **kernel_tools_sources_of(const char *program)
{
	_cleanup_free_ char *dir = xstrdup(program), *main_file = xasprintf("%s.c", program);
	_cleanup_strv_ char **names = NULL, **sources = NULL;
	bool alone;

	*strrchr(dir, '/') = '\0';
	alone = strcmp(strrchr(dir, '/'), "/mod") != 0 &&
		strcmp(strrchr(dir, '/'), "/genksyms") != 0;
	if (!fs_exists(main_file) || fs_list(dir, &names) < 0)
		return NULL;
	strv_foreach (name, names) {
		_cleanup_free_ char *path = path_join(dir, *name, NULL);

		if (is_part(*name) && (!alone || strcmp(path, main_file) == 0))
			strv_add(&sources, path);
	}
	return TAKE_PTR(sources);
}

int kernel_tools_from_sources(char *const *programs, const char *build)
{
	strv_foreach (program, programs) {
		_cleanup_strv_ char **sources = kernel_tools_sources_of(*program);
		int r = sources ? compile(build, *program, sources) : 0;

		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}
