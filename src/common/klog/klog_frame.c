// SPDX-License-Identifier: GPL-2.0-only
/* Parses lines of call traces, and registers that name a function. */
#include "common/klog/internal.h"

#include "common/cleanup.h"

static bool is_name(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26 || (unsigned char)(c - '0') < 10 ||
	       c == '_' || c == '.' || c == '$';
}

static bool take_hex(struct text *t, uint32_t *value)
{
	uint64_t v = 0;
	size_t i = 2;

	if (!text_starts(*t, "0x"))
		return false;
	for (; i < t->n && i < 18 && isxdigit((unsigned char)t->p[i]); i++) {
		char c = (char)(t->p[i] | 0x20);

		v = v << 4 | (uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
	}
	if (i == 2)
		return false;
	*value = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
	text_skip(t, i);
	return true;
}

/* "[<ffffffff82d4e304>] ", without <> on powerpc */
static bool take_address(struct text *t)
{
	struct text at = *t;
	size_t digits = 0;

	if (!text_take(&at, "["))
		return false;
	text_take(&at, "<");
	for (; at.n && isxdigit((unsigned char)*at.p); digits++)
		text_skip(&at, 1);
	text_take(&at, ">");
	if (digits < 8 || !text_take(&at, "]"))
		return false;
	text_skip_blanks(&at);
	*t = at;
	return true;
}

/* " [module]", perhaps with flags or a build-id: "[crash(OE)]", "[crash 0123abcd...]" */
static void take_module(struct text *t, struct klog_frame *frame)
{
	struct text at = *t, name;

	if (!text_take(&at, " ["))
		return;
	name = (struct text){ at.p, 0 };
	while (name.n < at.n && (is_name(at.p[name.n]) || at.p[name.n] == '-'))
		name.n++;
	if (!name.n || name.n == at.n || !strchr("] (", at.p[name.n]))
		return;
	if (name.n == 6 && memcmp(name.p, "inline", 6) == 0)
		return;
	text_copy(frame->module, sizeof(frame->module), name);
	text_skip(&at, name.n);
	while (at.n && *at.p != ']')
		text_skip(&at, 1);
	text_take(&at, "]");
	*t = at;
}

/* " (P)", arm64 since Linux 6.13: from the registers, not a return address; letters may follow */
static bool is_marked_exact(struct text t)
{
	if (!text_take(&t, " ("))
		return false;
	while (t.n && isupper((unsigned char)*t.p) && *t.p != 'P')
		text_skip(&t, 1);
	return text_starts(t, "P");
}

bool klog_parse_name(struct text *t, struct klog_frame *frame)
{
	struct text at = *t, name = { t->p, 0 };

	while (name.n < at.n && is_name(at.p[name.n]))
		name.n++;
	if (!name.n || isdigit((unsigned char)*name.p))
		return false;
	memset(frame, 0, sizeof(*frame));
	text_skip(&at, name.n);
	text_copy(frame->function, sizeof(frame->function), name);
	take_module(&at, frame);
	*t = at;
	return true;
}

/*
 * " (mm/slub.c:12 mm/slub.c:34) module", which decode_stacktrace.sh makes of "+0x1/0x2 [module]"
 */
static bool take_decoded(struct text *t, struct klog_frame *frame)
{
	struct text at = *t, module;
	const char *dot, *colon, *end;

	if (!text_take(&at, " (") || !(end = memchr(at.p, ')', at.n)))
		return false;
	dot = memchr(at.p, '.', (size_t)(end - at.p));
	colon = dot ? memchr(dot, ':', (size_t)(end - dot)) : NULL;
	if (!colon || !isdigit((unsigned char)colon[1]) ||
	    memchr(at.p, ' ', (size_t)(colon - at.p)))
		return false;
	text_skip(&at, (size_t)(end - at.p) + 1);
	take_module(&at, frame);
	module = at;
	if (!*frame->module && text_take(&module, " ") && module.n && is_name(*module.p)) {
		text_copy(frame->module, sizeof(frame->module), module);
		at.n = 0;
	}
	*t = at;
	return true;
}

bool klog_parse_symbol(struct text *t, struct klog_frame *frame)
{
	struct klog_frame found = { 0 };
	struct text at = *t, name = { t->p, 0 };

	while (name.n < at.n && is_name(at.p[name.n]))
		name.n++;
	if (!name.n || isdigit((unsigned char)*name.p))
		return false;
	text_skip(&at, name.n);
	found.decoded = take_decoded(&at, &found);
	if (!found.decoded) {
		if (!text_take(&at, "+") || !take_hex(&at, &found.offset))
			return false;
		if (text_take(&at, "/") && !take_hex(&at, &found.size))
			return false;
		take_module(&at, &found);
		found.exact = is_marked_exact(at);
	}
	text_copy(found.function, sizeof(found.function), name);
	*frame = found;
	*t = at;
	return true;
}

/* "<IRQ>", "</TASK>", "<EOI>", "<#DF>" */
static void take_marks(struct text *t)
{
	for (;;) {
		const char *end;

		text_skip_blanks(t);
		end = t->n && *t->p == '<' ? memchr(t->p, '>', t->n < 10 ? t->n : 10) : NULL;
		if (!end)
			return;
		text_skip(t, (size_t)(end - t->p) + 1);
	}
}

/*
 * arm: "(callee) from [<addr>] (caller+0x1/0x2)" or "callee from caller+0x1/0x2": the place of
 * the call. Before 3.16 "(callee+0x0/0x2) from ...".
 */
static bool take_from(struct text *t)
{
	struct text at = *t;
	struct klog_frame callee;
	bool bracketed = text_take(&at, "(");

	if (!(bracketed && klog_parse_symbol(&at, &callee)) && !klog_parse_name(&at, &callee))
		return false;
	if ((bracketed && !text_take(&at, ")")) || !text_take(&at, " from "))
		return false;
	take_address(&at);
	text_take(&at, "(");
	*t = at;
	return true;
}

bool klog_parse_frame(struct text line, struct klog_frame *frame)
{
	struct text at = line;
	bool bracketed;

	take_marks(&at);
	bracketed = take_address(&at);
	while (bracketed && take_address(&at))
		;
	if (text_starts(at, "? "))
		return false;
	if (take_from(&at))
		return klog_parse_symbol(&at, frame);
	/* Without indentation, only an address or a whole line makes a frame. */
	if (text_take(&at, "("))
		return false;
	if (!klog_parse_symbol(&at, frame) || text_starts(at, " (unreliable)"))
		return false;
	return bracketed || at.p > line.p || frame->decoded;
}

bool klog_parse_doubtful(struct text line, struct klog_frame *frame)
{
	struct text at = line;

	take_marks(&at);
	while (take_address(&at))
		;
	return text_take(&at, "? ") && klog_parse_symbol(&at, frame);
}

bool klog_is_bare_frame(struct text line)
{
	struct klog_frame frame;
	struct text at = line;

	text_skip_blanks(&at);
	return (take_address(&at) || take_from(&at)) && klog_parse_frame(line, &frame);
}

bool klog_is_call_from(struct text line)
{
	take_marks(&line);
	take_address(&line);
	return take_from(&line);
}

bool klog_is_trace_filler(struct text line)
{
	struct klog_frame frame;
	struct text at = line;

	take_marks(&at);
	if (!at.n)
		return true;
	take_address(&at);
	if (text_take(&at, "? "))
		return true;
	return klog_parse_symbol(&at, &frame) || text_find(at, "[inline]");
}

/* "0010:", "0010:[<addr>]  [<addr>] ": kernel code segments only */
static bool take_segment(struct text *t)
{
	if (text_starts(*t, "0033:") || text_starts(*t, "0023:") || text_starts(*t, "002b:"))
		return false;
	if (t->n > 5 && t->p[4] == ':')
		text_skip(t, 5);
	while (take_address(t))
		;
	return true;
}

/* Removes the name of the register: "pc : ", "RIP: 0010:". */
static bool take_pc(struct text *line)
{
	static const char *const starts[] = { "RIP: ", "pc : ",      "PC is at ", "IP: ",
					      "EIP: ", "EIP is at ", "NIP ",      "epc : " };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (line->n && *line->p == *starts[i] && text_take(line, starts[i]))
			return take_segment(line);
	return false;
}

bool klog_parse_pc(struct text line, struct klog_frame *frame)
{
	return take_pc(&line) && klog_parse_symbol(&line, frame);
}

uint64_t klog_parse_raw_pc(struct text line)
{
	uint64_t address = 0;

	if (!take_pc(&line) || !text_take(&line, "0x"))
		return 0;
	for (size_t i = 0; i < line.n && i < 16 && isxdigit((unsigned char)line.p[i]); i++) {
		char c = (char)(line.p[i] | 0x20);

		address = address << 4 | (uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
	}
	return address;
}

bool klog_parse_link(struct text line, struct klog_frame *frame)
{
	return (text_take(&line, "lr : ") || text_take(&line, "LR is at ")) &&
	       klog_parse_symbol(&line, frame);
}

void klog_plain_name(char *to, size_t size, const char *function)
{
	static const char *const suffixes[] = { ".isra", ".constprop", ".part",
						".cold", ".llvm",      ".lto" };
	struct text t = { function, strlen(function) };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		const char *at = text_find(t, suffixes[i]);

		if (at && at > t.p)
			t.n = (size_t)(at - t.p);
	}
	text_copy(to, size, t);
}
