// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each time make starts, kbuild probes the tools some thirty times with try-run. At four
 * processes each, this takes most of the time of a small build. The answers stay the same
 * until the tools change.
 *
 * kbuild_probes.mk makes try-run look for a stored answer first, and record new ones in `asked`:
 * a line with the probe's name, a blank, and "y" or "n". After a successful make whose tools have
 * not changed, those that can be remembered are stored in a makefile for all builds with the same
 * tools, tree and environment; or, as a build in the container might answer wrongly on purpose,
 * for all builds of the same unit:
 *
 *	$XDG_CACHE_HOME/outpost/build/answers/<release>-<hash of these>
 *	given/answers-<hash> in the unit's folder
 *
 * The name of a probe is its command, encoded, so another command (for example with other
 * flags) is another probe. It has no character that is special to make, so that nothing but
 * answers gets into that makefile: see probe_command().
 */
#include "host/build/kbuild_internal.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/fs.h"
#include "common/text.h"
#include "host/base/paths.h"
#include "host/build/probe.h"
#include "host/build/toolchain.h"

#include <string.h>
#include <unistd.h>

#define ASKED       "asked"
#define VARIABLE    "outpost-answer/"
#define ANSWERS_MAX (1 << 20) /* bytes; flags may contain paths */

/* The makefile, included from its own file. */
extern const char kbuild_probes_makefile[];
asm(".pushsection .rodata\n"
    ".global kbuild_probes_makefile\n"
    "kbuild_probes_makefile:\n"
    ".incbin \"src/host/build/kbuild_probes.mk\"\n"
    ".byte 0\n"
    ".popsection\n");

static char *answers_path(const struct unit *unit)
{
	_cleanup_(strbuf_release) struct strbuf all = STRBUF_INIT;
	_cleanup_free_ char *name = NULL;

	toolchain_describe(unit, &all);
	kbuild_describe_environment(unit, &all);
	name = xasprintf("%s-%016llx", unit->tree->in_container ? "answers" : unit->tree->release,
			 (unsigned long long)text_hash(all.buf));
	return unit->tree->in_container ? unit_given(unit, name)
					: path_cache("build", "answers", name, NULL);
}

int kbuild_put_probes(const struct unit *unit)
{
	_cleanup_free_ char *path = unit_given(unit, "probes.mk"),
			    *asked = unit_in_work(unit, ASKED);
	_cleanup_close_ int work = unit_open_work(unit);
	_cleanup_free_ char *text =
		xasprintf("outpost-asked := %s\n%s", asked, kbuild_probes_makefile);
	_cleanup_(strbuf_release) struct strbuf found = STRBUF_INIT;

	if (work >= 0)
		(void)beneath_remove(work, ASKED);
	if (fs_read(path, &found, 0) == 0 && strcmp(found.buf, text) == 0)
		return 0;
	return fs_write_atomic(path, text, strlen(text), 0600);
}

static char *makefiles_for(const struct unit *unit, const char *answers)
{
	_cleanup_free_ char *path = unit_given(unit, "probes.mk");

	return xasprintf("%s %s", answers, path);
}

void kbuild_set_probes(const struct unit *unit, char ***env)
{
	_cleanup_free_ char *answers = answers_path(unit);
	_cleanup_free_ char *makefiles = makefiles_for(unit, answers);

	kbuild_set_variable(env, "MAKEFILES", makefiles);
}

static bool is_pure(const struct unit *unit, const char *name)
{
	_cleanup_free_ char *command = probe_command(name);

	return command && probe_is_pure(command, kbuild_compiler(unit), unit->tree->cross_prefix);
}

/* False if it is known already, or must not be remembered. */
static bool add_answer(const struct unit *unit, char *line, struct strbuf *answers)
{
	char *blank = strrchr(line, ' ');
	_cleanup_free_ char *start = NULL;

	if (!blank || (strcmp(blank, " y") != 0 && strcmp(blank, " n") != 0))
		return false;
	*blank = '\0';
	start = xasprintf(VARIABLE "%s := ", line);
	if (strstr(answers->buf, start) || !is_pure(unit, line))
		return false;
	strbuf_addf(answers, "%s%s\n", start, blank + 1);
	return true;
}

void kbuild_keep_answers(const struct unit *unit, char *const *env)
{
	_cleanup_close_ int work = unit_open_work(unit);
	_cleanup_free_ char *path = answers_path(unit);
	_cleanup_free_ char *makefiles = makefiles_for(unit, path);
	const char *had = kbuild_variable(env, "MAKEFILES");
	_cleanup_free_ char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	_cleanup_(strbuf_release) struct strbuf lines = STRBUF_INIT, answers = STRBUF_INIT;
	bool changed = false;
	char *rest;

	if (!had || strcmp(had, makefiles) != 0)
		return; /* the tools have changed since */
	if (work < 0 || beneath_read(work, ASKED, &lines, ANSWERS_MAX) < 0)
		return; /* all answers were known */
	if (fs_read(path, &answers, ANSWERS_MAX) < 0)
		strbuf_reset(&answers);
	rest = lines.buf;
	for (char *line; (line = strsep(&rest, "\n"));)
		changed |= add_answer(unit, line, &answers);
	if (changed && fs_mkdir_p(dir, 0700) == 0)
		(void)fs_write_atomic(path, answers.buf, answers.len, 0600);
}
