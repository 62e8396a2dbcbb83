// SPDX-License-Identifier: GPL-2.0-only
/* Adds source lines to the kernel reports of a run. */
#include "host/run/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"
#include "common/text.h"
#include "host/kernel/kernel.h"
#include "host/base/paths.h"

#include <ctype.h>
#include <glob.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REGISTERS_MAX 40

/* --- which .ko ---------------------------------------------------------------------- */

static void add_built(struct symbolizer *s, const struct module *m, const outpost_PlanModule *p,
		      const outpost_StepEnd *loaded)
{
	if (!m->unstripped)
		return;
	symbolizer_add(s, &(struct symbolizer_module){
				  .name = m->name,
				  .file = m->unstripped,
				  .build_id = p->build_id,
				  .srcversion = p->srcversion,
				  .code = loaded->code,
				  .n_code = loaded->code_count,
				  .build_dir = m->build_dir,
				  .user_dir = m->build_dir ? m->source : NULL,
			  });
}

static bool is_planned(const char *ko, const outpost_PlanModule *p)
{
	_cleanup_(module_freep) struct module *m = NULL;

	return module_read(ko, &m) == 0 && strcmp(m->build_id, p->build_id) == 0 &&
	       strcmp(m->srcversion, p->srcversion) == 0;
}

/* The path of the copy that the compiler saw; the original source folder is unknown. */
static char *copy_of(const char *ko)
{
	const char *end = strrchr(ko, '/') - strlen("/made"); /* as the pattern below has it */
	_cleanup_free_ char *link = xasprintf("%.*s/copy", (int)(end - ko), ko);
	char copy[PATH_MAX];
	ssize_t n = readlink(link, copy, sizeof(copy));

	return n > 0 && n < (ssize_t)sizeof(copy) ? xstrndup(copy, (size_t)n) : NULL;
}

static void add_copy(struct symbolizer *s, const char *ko, const outpost_PlanModule *p,
		     const outpost_StepEnd *loaded)
{
	_cleanup_free_ char *copy = copy_of(ko);

	if (!copy)
		return;
	symbolizer_add(s, &(struct symbolizer_module){ .name = p->name,
						       .file = ko,
						       .build_id = p->build_id,
						       .srcversion = p->srcversion,
						       .code = loaded->code,
						       .n_code = loaded->code_count,
						       .build_dir = copy,
						       .user_dir = copy });
}

/* Another host process built the modules: they may still be in the cache. */
static void add_cached(struct symbolizer *s, const struct run *run, const outpost_PlanModule *p,
		       const outpost_StepEnd *loaded)
{
	_cleanup_free_ char *builds = path_cache("build", NULL), *pattern = NULL;
	glob_t found = { 0 };

	if ((!*p->build_id && !*p->srcversion) || !path_is_plain_name(p->name))
		return;
	pattern = xasprintf("%s/*/%s*/made/%s.ko", builds, run_link_release(run->link), p->name);
	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			if (!is_planned(found.gl_pathv[i], p))
				continue;
			add_copy(s, found.gl_pathv[i], p, loaded);
			break;
		}
	}
	globfree(&found);
}

/* Where the kernel loaded it in this boot; empty: unknown. */
static const outpost_StepEnd *find_loaded(const struct evidence *e, const char *boot_id)
{
	static const outpost_StepEnd none;

	return e && strcmp(e->board.boot_id, boot_id) == 0
		       ? &e->trial.steps[outpost_Step_LOADING].end
		       : &none;
}

static void add_planned(struct symbolizer *s, const struct run *run, size_t index,
			const char *boot_id)
{
	const outpost_PlanModule *p = &run->plan.modules[index];
	const outpost_StepEnd *loaded =
		find_loaded(evidence_find(run_evidence(run), (uint32_t)index), boot_id);

	for (size_t i = 0; i < run->plan.n_asked; i++)
		if (run->plan.index[i] == (int)index && run->q->modules->modules[i]->unstripped)
			return add_built(s, run->q->modules->modules[i], p, loaded);
	add_cached(s, run, p, loaded);
}

/* The kernel itself, if it is available with debug info, for example in the user's own tree. */
static void add_kernel(struct symbolizer *s, const struct run *run)
{
	const char *release = run_link_release(run->link);
	_cleanup_free_ char *installed = xasprintf("/usr/lib/debug/boot/vmlinux-%s", release);
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_free_ char *built = NULL;

	if (!*release || kernel_look(NULL, run->q->board, release, &tree) != KERNEL_FOUND)
		return;
	built = path_join(tree->build, "vmlinux", NULL);
	if (fs_exists(built) || fs_exists(installed))
		symbolizer_add(s,
			       &(struct symbolizer_module){
				       .name = "", .file = fs_exists(built) ? built : installed });
}

/* The module itself first: another folder of the plan may have a module of the same name. */
static struct symbolizer *make_symbolizer(const struct run *run, size_t index)
{
	const struct evidence *e = evidence_find(run_evidence(run), (uint32_t)index);
	const char *boot_id = e ? e->board.boot_id : "";
	struct symbolizer *s = symbolizer_new();

	add_planned(s, run, index, boot_id);
	for (size_t i = 0; i < run->plan.n; i++)
		if (i != index)
			add_planned(s, run, i, boot_id);
	add_kernel(s, run);
	return s;
}

/* --- registers ---------------------------------------------------------------------- */

/* The lines with registers as arm64, arm and x86 print them. */
static bool is_register_line(struct text t)
{
	static const char *const starts[] = {
		"pstate: ", "pc : ", "lr : ",  "sp : ",  "psr: ",  "RIP: ",  "RSP: ",
		"RAX: ",    "RDX: ", "RBP: ",  "R10: ",  "R13: ",  "FS:  ",  "CS:  ",
		"CR2: ",    "EAX: ", "ESI: ",  "EIP: ",  "Code: ", "ESR = ", "pmr_save",
		"DR0: ",    "DR3: ", "PKRU: ", "Flags: "
	};

	text_skip_blanks(&t);
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (text_starts(t, starts[i]))
			return true;
	if (t.n < 3 || (*t.p != 'x' && *t.p != 'r') || !isdigit((unsigned char)t.p[1]))
		return false;
	text_skip(&t, isdigit((unsigned char)t.p[2]) ? 3 : 2);
	text_skip_blanks(&t);
	return text_starts(t, ": ");
}

/* Copies the lines of the report that show registers. Each line of the log starts with a time. */
static void take_registers(const char *log, const struct klog_report *report,
			   struct report_source *source)
{
	uint64_t number = 0;
	size_t n = 0;

	for (const char *p = log; *p && number <= report->end && n < REGISTERS_MAX; number++) {
		size_t length = strcspn(p, "\n");
		struct klog_prefix prefix;
		struct text line = { p, length };

		if (number >= report->start) {
			line = klog_strip_prefix(line, &prefix);
			if (is_register_line(line)) {
				_cleanup_free_ char *text = NULL;

				text_skip_blanks(&line);
				text = xstrndup(line.p, line.n);

				strv_add(&source->registers, text);
				n++;
			}
		}
		p += length + (p[length] == '\n');
	}
}

/* --- the summary ------------------------------------------------------------------------ */

/* Adds the source line of the report to the summary. */
static void add_source(struct summary *summary, const struct klog_report *report,
		       const struct report_source *source, bool unloaded)
{
	const struct site *at = &source->at;

	if (unloaded) {
		site_set(&summary->where, report->function, at->file, at->line);
		free(summary->module);
		summary->module = xstrdup(report->module);
		summary->unloaded = true;
	} else if (!at->file) {
		return;
	} else if (strcmp(report->trace[source->frame].module, report->module) == 0) {
		site_set(&summary->where, report->function, at->file, at->line);
	} else {
		site_set(&summary->from, at->function, at->file, at->line);
	}
}

static void symbolize_report(struct symbolizer *s, const char *log, size_t index,
			     struct result *result)
{
	struct klog_report *report = &result->reports[index];
	struct report_source *source = result_source(result, index);
	uint64_t pc = report->pc;

	symbolizer_report(s, report, source);
	take_registers(log, report, source);
	if ((int)index == result->summary.report)
		add_source(&result->summary, report, source, pc && !report->pc);
}

void run_symbolize(const struct run *run, size_t index, const char *log, struct result *result)
{
	_cleanup_(symbolizer_freep) struct symbolizer *s = NULL;

	if (!result->n_reports)
		return;
	s = make_symbolizer(run, index);
	for (size_t i = 0; i < result->n_reports; i++)
		symbolize_report(s, log, i, result);
}
