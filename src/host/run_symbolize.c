// SPDX-License-Identifier: GPL-2.0-only
/* The sources of what the kernel complained about in a run. */
#include "host/run_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "host/kernel.h"
#include "host/paths.h"

#include <ctype.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#define REGISTERS_MAX 40

/* --- which .ko ---------------------------------------------------------------------- */

static void add_built(struct symbolizer *s, const struct module *m, const char *build_id)
{
	if (!m->unstripped)
		return;
	symbolizer_add(s, &(struct symbolizer_module){
				  .name = m->name,
				  .file = m->unstripped,
				  .build_id = build_id,
				  .build_dir = m->build_dir,
				  .user_dir = m->build_dir ? m->source : NULL,
			  });
}

static bool has_build_id(const char *ko, const char *build_id)
{
	_cleanup_(module_freep) struct module *m = NULL;

	return module_read(ko, &m) == 0 && strcmp(m->build_id, build_id) == 0;
}

/* The run is that of a host process that went away: what it had built may still be in the cache. */
static void add_cached(struct symbolizer *s, const struct run *run, const outpost_PlanModule *p)
{
	static const char *const depths[] = { "*", "*/*", "*/*/*" };

	if (!*p->build_id || !path_is_plain_name(p->name))
		return;
	for (size_t d = 0; d < ARRAY_SIZE(depths); d++) {
		_cleanup_free_ char *builds = path_cache("build", NULL);
		_cleanup_free_ char *pattern = xasprintf("%s/*/%s/tree/up/%s/%s.ko", builds,
							 run->release, depths[d], p->name);
		glob_t found = { 0 };
		bool done = false;

		if (glob(pattern, 0, NULL, &found) == 0)
			for (size_t i = 0; i < found.gl_pathc && !done; i++)
				if ((done = has_build_id(found.gl_pathv[i], p->build_id)))
					symbolizer_add(s, &(struct symbolizer_module){
								  .name = p->name,
								  .file = found.gl_pathv[i],
								  .build_id = p->build_id });
		globfree(&found);
		if (done)
			return;
	}
}

static void add_planned(struct symbolizer *s, const struct run *run, size_t index)
{
	const outpost_PlanModule *p = &run->plan.modules[index];

	for (size_t i = 0; i < run->plan.n_asked; i++)
		if (run->plan.index[i] == (int)index && run->q->modules->modules[i]->unstripped)
			return add_built(s, run->q->modules->modules[i], p->build_id);
	add_cached(s, run, p);
}

/* The kernel itself, where somebody has it with debug info: in a tree of their own, say. */
static void add_kernel(struct symbolizer *s, const struct run *run)
{
	_cleanup_free_ char *installed = xasprintf("/usr/lib/debug/boot/vmlinux-%s", run->release);
	_cleanup_(kernel_tree_freep) struct kernel_tree *tree = NULL;
	_cleanup_free_ char *built = NULL;

	if (!*run->release || kernel_find(run->release, &tree) < 0)
		return;
	built = path_join(tree->build, "vmlinux", NULL);
	if (fs_exists(built) || fs_exists(installed))
		symbolizer_add(s,
			       &(struct symbolizer_module){
				       .name = "", .file = fs_exists(built) ? built : installed });
}

/* The module itself first: another folder of the plan may have one of the same name. */
static struct symbolizer *make_symbolizer(const struct run *run, size_t index)
{
	struct symbolizer *s = symbolizer_new();

	add_planned(s, run, index);
	for (size_t i = 0; i < run->plan.n; i++)
		if (i != index)
			add_planned(s, run, i);
	add_kernel(s, run);
	return s;
}

/* --- registers ---------------------------------------------------------------------- */

/* As arm64, arm and x86 print them. */
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

/* Those of the report's lines that show them. The log has a time before each line. */
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
				_cleanup_free_ char *text = xstrndup(line.p, line.n);

				strv_add(&source->registers, text);
				n++;
			}
		}
		p += length + (p[length] == '\n');
	}
}

/* --- the summary ----------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "... in f [m] while ...": where f is takes the place of "[m]"; and who called it, where that is
 * the kernel's. */
static void name_place(const struct klog_report *report, const struct report_source *source,
		       struct result *result)
{
	_cleanup_free_ char *place =
		xasprintf("%s:%d", base_name(source->at.file), source->at.line);
	_cleanup_free_ char *module = xasprintf(" [%s]", report->module);
	_cleanup_free_ char *rest = NULL;
	char *at = *report->module ? strstr(result->summary, module) : NULL;
	char *end = strstr(result->summary, " while ");
	bool own = strcmp(report->trace[source->frame].module, report->module) == 0;

	if (strstr(result->summary, place)) /* a WARNING's own words */
		return;
	if (own && at) {
		rest = xstrdup(at + strlen(module));
	} else if (end) {
		at = end;
		rest = xstrdup(end);
	} else {
		return;
	}
	*at = '\0';
	at = own ? xasprintf("%s (%s)%s", result->summary, place, rest)
		 : xasprintf("%s, from %s (%s)%s", result->summary, source->at.function, place,
			     rest);
	free(result->summary);
	result->summary = at;
}

/* The report that decided is the first that the summary speaks of. */
static const struct klog_report *find_decisive(const struct result *result)
{
	for (size_t i = 0; i < result->n_reports; i++) {
		const struct klog_report *r = &result->reports[i];

		if (*r->function && strstr(result->summary, r->function))
			return r;
	}
	return NULL;
}

void run_symbolize(const struct run *run, size_t index, const char *log, struct result *result)
{
	_cleanup_(symbolizer_freep) struct symbolizer *s = NULL;
	const struct klog_report *decisive;

	if (!result->n_reports)
		return;
	s = make_symbolizer(run, index);
	for (size_t i = 0; i < result->n_reports; i++) {
		struct report_source *source = result_source(result, i);

		symbolizer_report(s, &result->reports[i], source);
		take_registers(log, &result->reports[i], source);
	}
	decisive = find_decisive(result);
	if (decisive && result->sources[decisive - result->reports].at.file)
		name_place(decisive, &result->sources[decisive - result->reports], result);
}
