// SPDX-License-Identifier: GPL-2.0-only
/*
 * Journals, up to the verdicts. No fuzzer would get past the checksums of
 * frames, so the input is the entries, each after its length in two bytes
 * (little-endian), and is framed here. The raw input is also read as a journal.
 * Both are also printed as text.
 */
#include "fuzz.h"
#include "host/judge/verdict.h"

#include "common/log.h"
#include "host/report/journal_text.h"

#include <stdlib.h>
#include <string.h>

static void check(const struct evidence *e)
{
	struct result result;

	MUST(e->trial.n_marks == 0 || e->trial.marks);
	for (size_t i = 0; i < e->log.n_records; i++)
		MUST(e->log.records[i].offset + e->log.records[i].length <= e->log.text.len);
	verdict_judge(e, 0, &result);
	MUST(result.verdict < VERDICT_COUNT && result.summary.what && *result.phase);
	MUST(result.summary.report < (int)result.n_reports);
	free(result_summary(&result));
	if (result.verdict == VERDICT_PASS) {
		MUST(e->trial.ended && e->trial.has_before && e->trial.has_after &&
		     !evidence_rebooted(e) && !e->log.lost);
		MUST(e->trial.before.has_log && e->trial.after.has_log && !result.n_reports &&
		     !result.ktap_fail);
		MUST(!*result.rule);
	}
	result_release(&result);
}

static void frame_entries(const uint8_t *data, size_t size, struct strbuf *journal)
{
	while (size >= 2) {
		size_t n = data[0] | (size_t)data[1] << 8;
		uint8_t header[FRAME_HEADER];

		data += 2;
		size -= 2;
		n = n < size ? n : size;
		frame_header(header, FRAME_ENTRY, data, n);
		strbuf_add(journal, header, sizeof(header));
		strbuf_add(journal, data, n);
		data += n;
		size -= n;
	}
}

static void print(const void *journal, size_t size)
{
	struct strbuf text = STRBUF_INIT;
	bool damaged;

	MUST(journal_text(journal, size, &text, &damaged) <= size);
	for (size_t i = 0; i < text.len; i++)
		MUST((unsigned char)text.buf[i] >= ' ' || strchr("\n\t", text.buf[i]));
	strbuf_release(&text);
}

static void judge(const void *journal, size_t size)
{
	struct evidence_list list = { 0 };
	ssize_t used = evidence_parse(&list, journal, size, NULL);

	MUST(used < 0 || (size_t)used <= size);
	/* Entries before a contradiction are judged too. */
	for (size_t i = 0; i < list.n; i++)
		check(list.items[i]);
	evidence_list_release(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf journal = STRBUF_INIT;

	log_set_level((enum log_level) - 1); /* contradictions are normal here */
	frame_entries(data, size, &journal);
	judge(journal.buf, journal.len);
	judge(data, size);
	print(journal.buf, journal.len);
	print(data, size);
	strbuf_release(&journal);
	return 0;
}
