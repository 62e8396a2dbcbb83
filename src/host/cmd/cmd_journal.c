// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmd/command.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "host/base/unpack.h"
#include "host/report/journal_text.h"

#include <errno.h>
#include <stdio.h>

static int run(struct context *ctx, void *options, int argc, char **argv)
{
	_cleanup_(strbuf_release) struct strbuf journal = STRBUF_INIT, text = STRBUF_INIT;
	bool damaged;
	size_t used;
	int r;

	(void)ctx;
	(void)options;
	(void)argc;
	r = unpack_read(argv[0], &journal);
	if (r < 0)
		return log_error_errno(r, "Cannot read the journal %s", argv[0]);
	used = journal_text(journal.buf, journal.len, &text, &damaged);
	fwrite(text.buf, 1, text.len, stdout);
	if (damaged)
		return log_error_errno(-EBADMSG, "The journal %s is damaged at byte %zu", argv[0],
				       used);
	if (used < journal.len)
		log_warn("The last entry of %s is cut off: %zu bytes are left over", argv[0],
			 journal.len - used);
	return STATUS_OK;
}

const struct command cmd_journal = {
	.name = "journal",
	.args = "FILE",
	.summary = "Print the journal of a run as text (plumbing)",
	.help = "Prints one line for each entry: seconds since the board's boot, what happened, and\n"
		"details. The journal of a run is ~/.local/state/outpost/runs/RUN/journal. FILE may\n"
		"be compressed with gzip, xz or zstd.\n",
	.least_args = 1,
	.most_args = 1,
	.no_board = true,
	.run = run,
};
