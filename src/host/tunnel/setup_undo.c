// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/setup_internal.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/tunnel/gateway_board.h"
#include "host/tunnel/gateway_files.h"
#include "host/tunnel/sshd.h"
#include "host/tunnel/systemd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void setup_stop_units(void)
{
	for (size_t i = 0; i < gateway_n_units; i++) {
		const char *unit = strrchr(gateway_units[i].path, '/') + 1;

		if (!strchr(unit, '@') && systemd_is_active(unit))
			(void)systemd_call("stop", unit);
	}
}

static int check_no_boards(void)
{
	_cleanup_(strbuf_release) struct strbuf list = STRBUF_INIT;
	_cleanup_strv_ char **names = NULL;
	int r = gateway_board_names(&names);

	if (r < 0 || !strv_length(names))
		return r;
	strv_foreach (name, names)
		strbuf_addf(&list, "%s%s", list.len ? ", " : "", *name);
	log_error("This gateway still has boards: %s", list.buf);
	log_hint("Run outpost tunnel revoke NAME for each of them first");
	return -EBUSY;
}

/* Takes the snippet away, unless sshd would not start without it. */
static int remove_snippet(void)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, why = STRBUF_INIT;
	int r = fs_read(SSHD_SNIPPET, &text, 0);

	if (r == -ENOENT)
		return 0;
	if (r < 0 || unlink(SSHD_SNIPPET) < 0)
		return log_error_errno(r < 0 ? r : -errno, "Cannot remove " SSHD_SNIPPET);
	r = sshd_test(&why);
	if (r == 0)
		r = sshd_reload();
	else
		log_lines(LOG_LEVEL_ERROR, why.buf,
			  "sshd would reject its configuration without " SSHD_SNIPPET
			  ", which therefore stays");
	if (r < 0)
		(void)fs_write_atomic(SSHD_SNIPPET, text.buf, text.len, 0644);
	return r;
}

static void describe_removal(const struct made *made, struct strbuf *changes)
{
	for (size_t i = made->n; i-- > 0;)
		strbuf_addf(changes, "- %s%s\n", made_label(made->things[i].kind),
			    made->things[i].name);
}

int setup_undo(bool dry_run, struct strbuf *changes)
{
	_cleanup_(made_release) struct made made = { 0 };
	_cleanup_close_ int lock = setup_lock();
	int r = lock < 0 ? lock : made_read(&made);

	if (r == 0)
		r = check_no_boards();
	if (r < 0)
		return r;
	describe_removal(&made, changes);
	if (dry_run || !made.n)
		return 0;
	if (made_has(&made, MADE_FILE_OR_LINK, SSHD_SNIPPET))
		r = remove_snippet();
	if (r < 0) {
		strbuf_reset(changes);
		return r;
	}
	setup_stop_units();
	r = made_remove(&made, 0);
	return r < 0 ? r : systemd_call("daemon-reload", NULL);
}
