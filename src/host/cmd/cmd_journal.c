// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmd/command.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/unpack.h"
#include "host/report/journal_text.h"

#include <errno.h>
#include <stdio.h>

/* Prints all whole entries of `journal`; how many bytes they are, or -EBADMSG, logged. */
static ssize_t print_entries(const struct strbuf *journal)
{
	static outpost_Entry entry; /* large, and filled by each call */
	_cleanup_(strbuf_release) struct strbuf line = STRBUF_INIT;
	struct journal_names names = { 0 };
	size_t used = 0;
	int r;

	for (;;) {
		struct frame frame;

		r = frame_parse((const uint8_t *)journal->buf + used, journal->len - used, &frame);
		if (r <= 0)
			break;
		entry = (outpost_Entry)outpost_Entry_init_zero;
		r = frame.type == FRAME_ENTRY ? proto_unpack(&frame, outpost_Entry_fields, &entry)
					      : -EBADMSG;
		if (r < 0)
			break;
		strbuf_reset(&line);
		journal_text_entry(&entry, &names, &line);
		fwrite(line.buf, 1, line.len, stdout);
		used += frame.total;
	}
	strv_free(names.names);
	return r < 0 ? log_error_errno(r, "The journal is damaged at byte %zu", used)
		     : (ssize_t)used;
}

static int run(struct context *ctx, void *options, int argc, char **argv)
{
	_cleanup_(strbuf_release) struct strbuf journal = STRBUF_INIT;
	ssize_t used;
	int r;

	(void)ctx;
	(void)options;
	(void)argc;
	r = unpack_read(argv[0], &journal);
	if (r < 0)
		return log_error_errno(r, "Cannot read the journal %s", argv[0]);
	used = print_entries(&journal);
	if (used >= 0 && (size_t)used < journal.len)
		log_warn("The last entry is cut off: %zu bytes are left over",
			 journal.len - (size_t)used);
	return used < 0 ? (int)used : STATUS_OK;
}

const struct command cmd_journal = {
	.name = "journal",
	.args = "FILE",
	.summary = "Print the journal of a run as text (plumbing)",
	.help = "One line for each entry: seconds since the board's boot, what happened, and details.\n"
		"The journals of all runs are in ~/.local/state/outpost/runs/RUN/journal. FILE may be\n"
		"compressed with gzip, xz or zstd.\n",
	.least_args = 1,
	.most_args = 1,
	.no_board = true,
	.run = run,
};
