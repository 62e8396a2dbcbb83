// SPDX-License-Identifier: GPL-2.0-only
#include "host/symbolize/internal.h"

#include "common/alloc.h"
#include "common/process.h"
#include "common/strv.h"

#include <string.h>
#include <sys/resource.h>

#define TRIAL_SECONDS 20 /* of CPU time, for all frames of a report */

struct symbolizer {
	struct looked_up *modules;
	size_t n;
};

struct symbolizer *symbolizer_new(void)
{
	return xcalloc(1, sizeof(struct symbolizer));
}

void symbolizer_free(struct symbolizer *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		looked_up_release(&s->modules[i]);
	free(s->modules);
	free(s);
}

void symbolizer_add(struct symbolizer *s, const struct symbolizer_module *module)
{
	GROW(s->modules, s->n);
	s->modules[s->n++] = looked_up_new(module);
}

void frame_source_add(struct frame_source *frame, const char *function, const char *file, int line)
{
	GROW(frame->sites, frame->n);
	frame->sites[frame->n] = (struct site){ 0 };
	site_set(&frame->sites[frame->n++], function, file, line);
}

void site_set(struct site *site, const char *function, const char *file, int line)
{
	struct site new = { xstrdup(function), file ? xstrdup(file) : NULL, line };

	site_release(site);
	*site = new;
}

void site_release(struct site *site)
{
	free(site->function);
	free(site->file);
	*site = (struct site){ 0 };
}

static void frame_source_release(struct frame_source *frame)
{
	for (size_t i = 0; i < frame->n; i++)
		site_release(&frame->sites[i]);
	free(frame->sites);
	free(frame->why);
	*frame = (struct frame_source){ 0 };
}

void report_source_release(struct report_source *source)
{
	for (size_t i = 0; i < KLOG_MAX_FRAMES; i++)
		frame_source_release(&source->frames[i]);
	site_release(&source->at);
	strv_free(source->lines);
	strv_free(source->registers);
	free(source->note);
	*source = (struct report_source){ 0 };
}

/* --- one frame -------------------------------------------------------------------- */

static struct looked_up *find_module(const struct symbolizer *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->modules[i].name, name) == 0)
			return &s->modules[i];
	return NULL;
}

/* Names the function of a call into a module, or into its init section, that is gone. */
static void name_pc(struct symbolizer *s, struct klog_report *report)
{
	for (size_t i = 0; report->pc && i < 2 * s->n; i++) {
		struct looked_up *m = &s->modules[i % s->n];
		struct klog_frame frame;

		if (!looked_up_find_code(m, report->pc, i >= s->n, &frame))
			continue;
		snprintf(frame.module, sizeof(frame.module), "%s", m->name);
		klog_add_first_frame(report, &frame);
		memcpy(report->function, frame.function, sizeof(report->function));
		memcpy(report->module, frame.module, sizeof(report->module));
		report->pc = 0;
	}
}

static void look_up_all(struct symbolizer *s, struct klog_report *report,
			struct report_source *source)
{
	name_pc(s, report);
	for (size_t i = 0; i < report->n; i++) {
		struct looked_up *m = find_module(s, report->trace[i].module);

		if (m)
			looked_up_add_sites(m, &report->trace[i], &source->frames[i]);
	}
}

/* --- trying it first --------------------------------------------------------------- */

static bool concerns(const struct symbolizer *s, const struct klog_report *report)
{
	for (size_t i = 0; report->pc && i < s->n; i++)
		if (s->modules[i].n_code)
			return true;
	for (size_t i = 0; i < report->n; i++)
		if (find_module(s, report->trace[i].module))
			return true;
	return false;
}

static void __attribute__((noreturn)) try_in_child(struct symbolizer *s, struct klog_report *report)
{
	const struct rlimit cpu = { TRIAL_SECONDS, TRIAL_SECONDS }, core = { 0, 0 };
	static struct report_source source;

	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &core);
	look_up_all(s, report, &source);
	_exit(0);
}

/*
 * Does the lookup survive? The ELF and DWARF readers were written for files from compilers,
 * but a log may be symbolized with any file.
 */
static bool survives(struct symbolizer *s, struct klog_report *report)
{
	pid_t pid = fork();

	if (pid < 0)
		return false;
	if (pid == 0)
		try_in_child(s, report);
	return process_wait(pid) == 0;
}

static void give_up(const struct symbolizer *s, const struct klog_report *report,
		    struct report_source *source)
{
	for (size_t i = 0; i < report->n; i++)
		if (find_module(s, report->trace[i].module))
			source->frames[i].why = xstrdup("its debug info is damaged");
}

/* --- whose line it is --------------------------------------------------------------- */

/*
 * Is the report about this frame? It is the first frame of the report's function, ignoring
 * compiler suffixes.
 */
static bool is_function(const struct klog_frame *frame, const struct klog_report *report)
{
	size_t n = strlen(report->function);

	return n && strcmp(frame->module, report->module) == 0 &&
	       strncmp(frame->function, report->function, n) == 0 &&
	       (frame->function[n] == '\0' || frame->function[n] == '.');
}

/* The innermost place of a frame in the module's own files. */
static const struct site *own_site(const struct symbolizer *s, const struct klog_frame *frame,
				   const struct frame_source *where, struct origin *origin)
{
	const struct looked_up *m = find_module(s, frame->module);

	if (!where->n || !*frame->module)
		return NULL;
	*origin = (struct origin){ m->build_dir, m->user_dir, m->path, m->file->made };
	for (size_t i = 0; i < where->n; i++)
		if (where->sites[i].file && origin_is_own(origin, where->sites[i].file))
			return &where->sites[i];
	return NULL;
}

/*
 * Chooses the place in the frame of the report's function or, if that is in the kernel, in its
 * caller.
 */
static void choose_place(const struct symbolizer *s, const struct klog_report *report,
			 struct report_source *source)
{
	const struct site *found = NULL;
	struct origin origin, its;

	for (size_t i = 0; i < report->n; i++) {
		const struct site *site =
			own_site(s, &report->trace[i], &source->frames[i], &origin);

		if (!site || (found && !is_function(&report->trace[i], report)))
			continue;
		found = site;
		its = origin;
		source->frame = i;
		if (is_function(&report->trace[i], report))
			break;
	}
	if (!found)
		return;
	source->at = (struct site){ xstrdup(found->function), origin_shown(&its, found->file),
				    found->line };
	origin_read_lines(&its, found->file, source);
}

/* Replaces the compiler's paths with those that the user knows. */
static void show_paths(const struct symbolizer *s, const struct klog_report *report,
		       struct report_source *source)
{
	for (size_t i = 0; i < report->n; i++) {
		const struct looked_up *m = find_module(s, report->trace[i].module);
		struct frame_source *frame = &source->frames[i];

		for (size_t k = 0; k < frame->n; k++) {
			struct origin origin = { m->build_dir, m->user_dir, m->path,
						 m->file->made };
			struct site *site = &frame->sites[k];
			char *shown = site->file ? origin_shown(&origin, site->file) : NULL;

			free(site->file);
			site->file = shown;
		}
	}
}

void symbolizer_report(struct symbolizer *s, struct klog_report *report,
		       struct report_source *source)
{
	*source = (struct report_source){ 0 };
	if (!concerns(s, report))
		return;
	if (!survives(s, report)) {
		give_up(s, report, source);
		return;
	}
	look_up_all(s, report, source);
	choose_place(s, report, source);
	show_paths(s, report, source);
}
