// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a board sent for builds: headers whose makefiles and programs nobody signed. The user is
 * asked once for each board whether they may run, and in words where: the consent for the container
 * is not one for this machine. It is remembered beside what else is known about the board, with the
 * board's ssh destination; ssh knows the host key of that.
 */
#include "host/kernel/internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/config.h"
#include "host/base/consent.h"
#include "host/board/board.h"
#include "host/board/last_seen.h"
#include "host/container/buildenv.h"

#include <errno.h>
#include <string.h>

#define FILE_MAX 4096

static const char *place_of(const struct kernel_wanted *wanted)
{
	return buildenv_has_container(wanted->env) ? "container" : "host";
}

/* The line that a consent is, without the newline. */
static char *consent_to(const struct kernel_wanted *wanted, const char *place)
{
	return xasprintf("%s %s", place, wanted->board->destination);
}

/* A consent for this machine includes the container. */
static bool is_remembered(const struct kernel_wanted *wanted)
{
	_cleanup_free_ char *path = last_seen_path(wanted->board->name, "headers");
	_cleanup_free_ char *line = consent_to(wanted, place_of(wanted)),
			    *more = consent_to(wanted, "host");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (fs_read(path, &text, FILE_MAX) < 0)
		return false;
	text.buf[strcspn(text.buf, "\n")] = '\0';
	return strcmp(text.buf, line) == 0 || strcmp(text.buf, more) == 0;
}

static int remember(const struct kernel_wanted *wanted)
{
	_cleanup_free_ char *path = last_seen_path(wanted->board->name, "headers");
	_cleanup_free_ char *line = consent_to(wanted, place_of(wanted)),
			    *text = xasprintf("%s\n", line);
	int r = fs_write_atomic(path, text, strlen(text), 0600);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : KERNEL_FOUND;
}

static const char *what_runs(const struct kernel_wanted *wanted)
{
	return buildenv_has_container(wanted->env)
		       ? "their makefiles and programs run in the build container, without a "
			 "network and without your home folder"
		       : "their makefiles and programs run on this machine, and can do whatever "
			 "you can";
}

void kernel_sent_hint(const struct kernel_wanted *wanted)
{
	log_hint("To allow it for board %s, run outpost -b %s kernel sync --yes: when you build "
		 "for it, %s",
		 wanted->board->name, wanted->board->name, what_runs(wanted));
}

int kernel_sent_allowed(struct kernel_wanted *wanted, struct strbuf *why)
{
	const struct config *config = buildenv_config(wanted->env);
	const char *board = wanted->board->name;
	int answer;

	if (buildenv_has_container(wanted->env) && !buildenv_wants_container(wanted->env)) {
		strbuf_addf(why,
			    "the headers of board %s are used in the build container only (omit "
			    "--in host or build.in)",
			    board);
		return KERNEL_NONE;
	}
	if (is_remembered(wanted))
		return KERNEL_FOUND;
	if (config_answers_yes(config))
		return wanted->keeps_yes ? remember(wanted) : KERNEL_FOUND;
	answer = consent_ask(config,
			     "There is no signed package of kernel %s. Board %s may have its "
			     "headers, which nobody signed:\nwhen you build for this board, %s.\n"
			     "Use the headers of board %s?",
			     wanted->release, board, what_runs(wanted), board);
	if (answer == -EINTR)
		return answer;
	if (answer == 1)
		return remember(wanted);
	wanted->needs_consent = true;
	strbuf_addf(why, "you have not allowed the headers of board %s, which nobody signed",
		    board);
	return KERNEL_NONE;
}
