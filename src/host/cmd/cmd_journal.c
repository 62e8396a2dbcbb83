// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmd/command.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/unpack.h"
#include "host/report/journal_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* FILE may be a pipe: it is read first, then unpacked. */
static int read_journal(const char *name, struct strbuf *journal)
{
	_cleanup_(strbuf_release) struct strbuf whole = STRBUF_INIT;
	_cleanup_close_ int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	enum packing packing;
	int r = name && file < 0 ? -errno : 0;

	if (r == 0)
		r = fs_read_fd(name ? file : STDIN_FILENO, &whole, UNPACKED_MAX);
	packing = packing_of(whole.buf, whole.len);
	if (r == 0 && packing)
		return unpack(packing, whole.buf, whole.len, journal);
	if (r == 0)
		strbuf_add(journal, whole.buf, whole.len);
	return r;
}

static int run(struct context *ctx, void *options, int argc, char **argv)
{
	_cleanup_(strbuf_release) struct strbuf journal = STRBUF_INIT, text = STRBUF_INIT;
	const char *file = strcmp(argv[0], "-") == 0 ? NULL : argv[0];
	const char *name = file ? file : "standard input";
	bool damaged;
	size_t used;
	int r = read_journal(file, &journal);

	(void)ctx;
	(void)options;
	(void)argc;
	if (r < 0)
		return log_error_errno(r, "Cannot read the journal %s", name);
	if (!journal.len)
		log_warn("%s is empty", name);
	used = journal_text(journal.buf, journal.len, &text, &damaged);
	fwrite(text.buf, 1, text.len, stdout);
	if (damaged && !used) {
		log_error("%s is not the journal of a run", name);
		log_hint("Pass the file 'journal' of a folder in ~/.local/state/outpost/runs");
		return -EBADMSG;
	}
	if (damaged) {
		log_error("The journal %s is damaged at byte %zu", name, used);
		log_hint("The entries before it are complete; run outpost results RUN to see the "
			 "result that was stored");
		return -EBADMSG;
	}
	if (used < journal.len)
		log_warn("The last entry of %s is cut off: %zu bytes are left over", name,
			 journal.len - used);
	return STATUS_OK;
}

const struct command cmd_journal = {
	.name = "journal",
	.args = "FILE",
	.summary = "Print the journal of a run as text (plumbing)",
	.help = "Prints one line for each entry: seconds since the board's boot, what happened, and\n"
		"details. The journal of a run is ~/.local/state/outpost/runs/RUN/journal. FILE may\n"
		"be compressed with gzip, xz or zstd; '-' is standard input.\n",
	.least_args = 1,
	.most_args = 1,
	.no_board = true,
	.no_trust = true,
	.no_cache = true,
	.run = run,
};
