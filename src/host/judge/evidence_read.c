// SPDX-License-Identifier: GPL-2.0-only
/* Reading whole journals; looking up and freeing evidence. */
#include "host/judge/evidence_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"

#include <errno.h>
#include <string.h>

#define JOURNAL_MAX (1024u * 1024 * 1024)

ssize_t evidence_parse(struct evidence_list *list, const void *data, size_t n, size_t *own)
{
	static outpost_Entry entry; /* too large for the stack */
	size_t used = 0;

	if (own)
		*own = 0;
	for (;;) {
		struct frame frame;
		int r = frame_parse((const uint8_t *)data + used, n - used, &frame);

		if (r == 0)
			return (ssize_t)used;
		if (r > 0 && frame.type == FRAME_ENTRY) {
			entry = (outpost_Entry)outpost_Entry_init_zero;
			r = proto_unpack(&frame, outpost_Entry_fields, &entry);
		} else if (r > 0) {
			r = -EBADMSG;
		}
		if (r < 0)
			return log_error_errno(r, "The journal is damaged at byte %zu", used);
		r = evidence_add(list, &entry);
		if (r < 0)
			return r;
		used += frame.total;
		if (own && entry.which_body == outpost_Entry_recovery_tag)
			*own += frame.total;
	}
}

int evidence_read(struct evidence_list *list, const char *journal)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	ssize_t used;
	int r = fs_read(journal, &sb, JOURNAL_MAX);

	if (r < 0)
		return log_error_errno(r, "Cannot read journal %s", journal);
	used = evidence_parse(list, sb.buf, sb.len, NULL);
	if (used < 0)
		return (int)used;
	if ((size_t)used < sb.len)
		log_debug("Journal %s ends in an incomplete frame; ignored its last %zu bytes",
			  journal, sb.len - (size_t)used);
	return 0;
}

struct evidence *evidence_find(const struct evidence_list *list, uint32_t index)
{
	for (size_t i = list->n; i-- > 0;)
		if (list->items[i]->plan.index == index)
			return list->items[i];
	return NULL;
}

static void evidence_free(struct evidence *e)
{
	free(e->trial.marks);
	free(e->log.records);
	strbuf_release(&e->log.text);
	strbuf_release(&e->trial.output);
	strbuf_release(&e->survivors.data);
	free(e->survivors.files);
	free(e->host.tried);
	strv_free(e->trial.leftovers);
	free(e);
}

void evidence_list_release(struct evidence_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		evidence_free(list->items[i]);
	free(list->items);
	free(list->modules);
	*list = (struct evidence_list){ 0 };
}

static bool did_nothing(const struct evidence *e)
{
	return !e->trial.n_marks && !e->trial.has_before &&
	       (*e->plan.skip || (e->trial.ended && e->trial.end.not_run));
}

struct evidence *evidence_last(const struct evidence_list *list)
{
	for (size_t i = list->n; i-- > 0;)
		if (!did_nothing(list->items[i]))
			return list->items[i];
	return NULL;
}
