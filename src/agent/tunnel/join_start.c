// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/join.h"

#include "agent/tunnel/run.h"
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/embed.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* The Makefile makes this object depend on the unit. */
EMBED(tunnel_unit, "board/outpost-tunnel.service");

#define WAIT_MS       30000 /* for the tunnel to work, */
#define WAIT_PROBE_MS 10000 /* and once it is connected, for the prober */

#define STATUS_MAX (8 * 1024)

static int systemctl(const char *verb, const char *argument)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	const struct process_options options = {
		.output = &said, .error = &said, .output_max = STATUS_MAX, .timeout_ms = 90000
	};
	int r = process_run(argument ? ARGV("systemctl", verb, argument) : ARGV("systemctl", verb),
			    &options);

	if (r == 0)
		return 0;
	if (r < 0)
		return log_error_errno(r, "Cannot run systemctl %s", verb);
	log_lines(LOG_LEVEL_ERROR, said.buf, "systemctl %s %s failed", verb,
		  argument ? argument : "");
	log_hint("See journalctl -u " TUNNEL_UNIT);
	return -EIO;
}

/* --- the state --- */

/* The value of `key` in the supervisor's status file, to be freed; NULL: none. */
static char *status_value(const struct strbuf *status, const char *key)
{
	struct text rest = { status->buf, status->len }, line;

	while (text_line(&rest, &line))
		if (text_take(&line, key) && text_take(&line, "="))
			return xstrndup(line.p, line.n);
	return NULL;
}

static bool has_value(const struct strbuf *status, const char *key, const char *value)
{
	_cleanup_free_ char *found = status_value(status, key);

	return found && strcmp(found, value) == 0;
}

static void read_status(const struct join *join, struct strbuf *status)
{
	_cleanup_free_ char *path = join_path(join, TUNNEL_RUN "/" RUN_STATUS_FILE);

	strbuf_reset(status);
	(void)fs_read(path, status, STATUS_MAX);
}

bool join_is_up(const struct join *join)
{
	_cleanup_(strbuf_release) struct strbuf status = STRBUF_INIT;

	read_status(join, &status);
	return has_value(&status, "state", "up") &&
	       has_value(&status, "name", join->invitation.name) &&
	       has_value(&status, "gateway", join->invitation.gateway);
}

/* --- starting it --- */

static int install_unit(const struct join *join)
{
	_cleanup_free_ char *path = join_path(join, TUNNEL_UNIT_PATH);
	int r = fs_write_atomic(path, tunnel_unit, (size_t)(tunnel_unit_end - tunnel_unit), 0644);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static void say_done(const struct join *join)
{
	log_info("This board is now %s on %s: there, run ssh %s", join->invitation.name,
		 join->invitation.gateway, join->invitation.name);
}

static int not_up(const struct strbuf *status)
{
	_cleanup_free_ char *sentence = status_value(status, "status");

	log_error("The gateway has accepted this board, but the tunnel does not work yet: %s",
		  sentence ? sentence : TUNNEL_UNIT " does not run");
	log_hint("It is tried again and again. See systemctl status " TUNNEL_UNIT);
	return -ETIMEDOUT;
}

static int wait_until_up(const struct join *join)
{
	_cleanup_(strbuf_release) struct strbuf status = STRBUF_INIT;
	long long begin = monotonic_ms(), opened = 0;

	while (monotonic_ms() - begin < WAIT_MS) {
		read_status(join, &status);
		if (has_value(&status, "state", "up")) {
			say_done(join);
			return 0;
		}
		if (!has_value(&status, "state", "open"))
			opened = 0;
		else if (!opened)
			opened = monotonic_ms();
		else if (monotonic_ms() - opened > WAIT_PROBE_MS) {
			log_warn("Connected, but the gateway's prober has not called");
			log_hint("On the gateway, see systemctl status outpost-prober");
			say_done(join);
			return 0;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 100 * 1000 * 1000 }, NULL);
	}
	return not_up(&status);
}

int join_start(struct join *join)
{
	int r = install_unit(join);

	if (r == 0)
		r = systemctl("daemon-reload", NULL);
	if (r == 0)
		r = systemctl("enable", TUNNEL_UNIT);
	if (r == 0)
		r = systemctl("restart", TUNNEL_UNIT);
	return r == 0 ? wait_until_up(join) : r;
}
