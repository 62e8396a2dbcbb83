// SPDX-License-Identifier: GPL-2.0-only
#include "host/report/journal_text.h"

#include "common/proto.h"
#include "common/strv.h"
#include "host/judge/words.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* The names of the plan's modules, by index; from the first entries. */
struct journal_names {
	char **names;
	size_t n;
};

/* Adds text from the board, cleaned, on one line. */
static void add_clean(struct strbuf *out, const char *text, size_t n)
{
	const char *end = text + n;

	for (const char *line = text; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		strbuf_add_clean(out, line, (size_t)((newline ? newline : end) - line));
		if (newline)
			strbuf_adds(out, "\\n");
		line = newline ? newline + 1 : end;
	}
}

static void add_text(struct strbuf *out, const char *key, const char *text)
{
	if (!*text)
		return;
	strbuf_addf(out, " %s=\"", key);
	add_clean(out, text, strlen(text));
	strbuf_addch(out, '"');
}

static void add_bytes(struct strbuf *out, const void *data, size_t n)
{
	strbuf_adds(out, ": ");
	add_clean(out, data, n);
}

static void add_number(struct strbuf *out, const char *key, uint64_t number)
{
	if (number)
		strbuf_addf(out, " %s=%" PRIu64, key, number);
}

static void add_flag(struct strbuf *out, const char *name, bool set)
{
	if (set)
		strbuf_addf(out, " %s", name);
}

static void add_module(struct strbuf *out, const struct journal_names *names, uint32_t index)
{
	if (index < names->n && names->names[index])
		add_text(out, "module", names->names[index]);
	else
		strbuf_addf(out, " module=%" PRIu32, index);
}

/* Remembers the name of a module of the plan. An index beyond the plan means a damaged journal. */
static void remember_name(struct journal_names *names, const outpost_PlanModule *module)
{
	if (module->index != names->n)
		return;
	strv_add(&names->names, module->name);
	names->n++;
}

static void plan(const outpost_Plan *p, struct strbuf *out)
{
	static const char *const purposes[] = { "test", "load", "unload", "prove" };

	strbuf_adds(out, "plan");
	add_text(out, "run", p->run);
	add_text(out, "user", p->user);
	if (p->purpose < sizeof(purposes) / sizeof(purposes[0]))
		add_text(out, "purpose", purposes[p->purpose]);
	add_number(out, "modules", p->modules);
	add_number(out, "repeat", p->repeat);
	add_flag(out, "no-reboot", p->no_reboot);
}

static void module(const outpost_PlanModule *m, struct strbuf *out)
{
	strbuf_addf(out, "module %" PRIu32, m->index);
	add_text(out, "name", m->name);
	add_text(out, "params", m->params);
	add_text(out, "program", m->program_name);
	add_text(out, "skip", m->skip);
	add_text(out, "build-id", m->build_id);
	add_number(out, "load_ms", m->load_ms);
	add_number(out, "test_ms", m->test_ms);
	add_number(out, "unload_ms", m->unload_ms);
	add_number(out, "settle_ms", m->settle_ms);
}

static void boot(const outpost_Boot *b, struct strbuf *out)
{
	strbuf_adds(out, "boot");
	add_text(out, "boot_id", b->boot_id);
	add_text(out, "nonce", b->nonce);
	add_text(out, "release", b->release);
	add_text(out, "agent", b->agent);
	add_number(out, "wall_s", b->wall_s);
	add_number(out, "watchdog_s", b->watchdog_s);
	add_flag(out, "panics-on-oops", b->panics_on_oops);
}

static void state(const outpost_State *s, struct strbuf *out)
{
	strbuf_addf(out, "state %s taint=%" PRIu64,
		    s->when == outpost_State_When_BEFORE ? "before" : "after", s->taint);
	if (s->has_counts)
		strbuf_addf(out, " warn_count=%" PRIu64 " oops_count=%" PRIu64, s->warn_count,
			    s->oops_count);
	add_flag(out, "loaded", s->loaded);
	add_number(out, "next_sequence", s->next_sequence);
	add_text(out, "boot_id", s->boot_id);
}

static void step_end(const outpost_StepEnd *e, struct strbuf *out)
{
	strbuf_addf(out, "end of %s duration_us=%" PRIu64, step_progress(e->step), e->duration_us);
	if (e->error)
		strbuf_addf(out, " error=%" PRId32, e->error);
	if (e->exit_status)
		strbuf_addf(out, " exit_status=%" PRId32, e->exit_status);
	if (e->signal)
		strbuf_addf(out, " signal=%" PRId32, e->signal);
	add_flag(out, "late", e->late);
	add_flag(out, "stuck", e->stuck);
	add_flag(out, "cancelled", e->cancelled);
	add_number(out, "tries", e->tries);
	add_text(out, "detail", e->detail);
}

static void module_end(const outpost_ModuleEnd *e, const struct journal_names *names,
		       struct strbuf *out)
{
	strbuf_adds(out, "end of module");
	add_module(out, names, e->index);
	add_number(out, "attempt", e->attempt);
	add_flag(out, "not-run", e->not_run);
	add_text(out, "why", e->why);
	add_flag(out, "leftovers-checked", e->leftovers_checked);
	strbuf_addf(out, " log=%" PRIu64 "..%" PRIu64, e->first_sequence, e->end_sequence);
}

static void recovery(const outpost_Recovery *r, const struct journal_names *names,
		     struct strbuf *out)
{
	strbuf_adds(out, "recovery (host)");
	add_module(out, names, r->index);
	add_text(out, "tried", r->tried);
	add_flag(out, "power-cycled", r->power_cycled);
	add_flag(out, "cut-off", r->cut_off);
	add_flag(out, "unreachable", r->unreachable);
	add_flag(out, "rebooted", r->rebooted);
	if (r->has_down)
		strbuf_addf(out, " down_ms=%" PRId64, r->down_ms);
	add_flag(out, "lost", r->lost);
	add_flag(out, "cancelled", r->cancelled);
}

/* Entries about the kernel log and other output. */
static void output_entry(const outpost_Entry *e, struct strbuf *out)
{
	switch (e->which_body) {
	case outpost_Entry_record_tag:
		strbuf_addf(out, "record %" PRIu64 " level=%" PRIu32 "%s", e->body.record.sequence,
			    e->body.record.level, e->body.record.user ? " user" : "");
		add_bytes(out, e->body.record.text.bytes, e->body.record.text.size);
		break;
	case outpost_Entry_lost_tag:
		strbuf_addf(out, "lost records first=%" PRIu64 " count=%" PRIu64 "%s",
			    e->body.lost.first, e->body.lost.count,
			    e->body.lost.kept_back ? " kept-back" : "");
		break;
	case outpost_Entry_output_tag:
		strbuf_addf(out, "output%s", e->body.output.truncated ? " truncated" : "");
		add_bytes(out, e->body.output.data.bytes, e->body.output.data.size);
		break;
	case outpost_Entry_survivor_tag:
		strbuf_addf(out, "survivor%s bytes=%u", e->body.survivor.first ? " first" : "",
			    (unsigned int)e->body.survivor.data.size);
		add_text(out, "name", e->body.survivor.name);
		break;
	case outpost_Entry_leftover_tag:
		strbuf_adds(out, "leftover");
		add_text(out, "path", e->body.leftover.path);
		break;
	case outpost_Entry_note_tag:
		strbuf_adds(out, "note");
		add_text(out, "text", e->body.note.text);
		break;
	default: strbuf_addf(out, "unknown entry %u", (unsigned int)e->which_body);
	}
}

static void add_entry(const outpost_Entry *e, struct journal_names *names, struct strbuf *out)
{
	strbuf_addf(out, "%6" PRIu64 ".%06" PRIu64 "  ", e->time_us / 1000000,
		    e->time_us % 1000000);
	switch (e->which_body) {
	case outpost_Entry_plan_tag: plan(&e->body.plan, out); break;
	case outpost_Entry_module_tag:
		remember_name(names, &e->body.module);
		module(&e->body.module, out);
		break;
	case outpost_Entry_boot_tag: boot(&e->body.boot, out); break;
	case outpost_Entry_begin_tag:
		strbuf_adds(out, "begin");
		add_module(out, names, e->body.begin.index);
		add_number(out, "attempt", e->body.begin.attempt);
		break;
	case outpost_Entry_state_tag: state(&e->body.state, out); break;
	case outpost_Entry_step_tag:
		strbuf_addf(out, "%s repetition=%" PRIu32, step_progress(e->body.step.step),
			    e->body.step.repetition);
		break;
	case outpost_Entry_step_end_tag: step_end(&e->body.step_end, out); break;
	case outpost_Entry_end_tag: module_end(&e->body.end, names, out); break;
	case outpost_Entry_reboot_tag:
		strbuf_adds(out, "reboot ordered");
		add_module(out, names, e->body.reboot.index);
		add_text(out, "why", e->body.reboot.why);
		break;
	case outpost_Entry_run_end_tag:
		strbuf_adds(out, "end of run");
		add_flag(out, "cancelled", e->body.run_end.cancelled);
		if (e->body.run_end.error)
			strbuf_addf(out, " error=%" PRId32, e->body.run_end.error);
		add_text(out, "what", e->body.run_end.what);
		break;
	case outpost_Entry_alive_tag: strbuf_adds(out, "alive"); break;
	case outpost_Entry_recovery_tag: recovery(&e->body.recovery, names, out); break;
	default: output_entry(e, out);
	}
	strbuf_addch(out, '\n');
}

size_t journal_text(const void *data, size_t n, struct strbuf *out, bool *damaged)
{
	static outpost_Entry entry; /* large, and refilled by each call */
	struct journal_names names = { 0 };
	struct frame frame;
	size_t used = 0;
	int r;

	while ((r = frame_parse((const uint8_t *)data + used, n - used, &frame)) > 0) {
		entry = (outpost_Entry)outpost_Entry_init_zero;
		r = -EBADMSG;
		if (frame.type == FRAME_ENTRY)
			r = proto_unpack(&frame, outpost_Entry_fields, &entry);
		if (r < 0)
			break;
		add_entry(&entry, &names, out);
		used += frame.total;
	}
	strv_free(names.names);
	*damaged = r < 0;
	return used;
}
