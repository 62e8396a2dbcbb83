// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/unit.h"

#include "agent/tunnel/run.h"
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/embed.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"

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

static void read_status(const char *root, struct strbuf *status)
{
	_cleanup_free_ char *path = xasprintf("%s" TUNNEL_RUN "/" RUN_STATUS_FILE, root);

	strbuf_reset(status);
	(void)fs_read(path, status, STATUS_MAX);
}

bool unit_is_up(const char *root, const char *name, const char *gateway)
{
	_cleanup_(strbuf_release) struct strbuf status = STRBUF_INIT;

	read_status(root, &status);
	return has_value(&status, "state", "up") && has_value(&status, "name", name) &&
	       has_value(&status, "gateway", gateway);
}

static int not_up(const struct strbuf *status)
{
	_cleanup_free_ char *sentence = status_value(status, "status");

	log_error("The tunnel does not work yet: %s",
		  sentence ? sentence : TUNNEL_UNIT " does not run");
	log_hint("It is tried again and again. See systemctl status " TUNNEL_UNIT);
	return -ETIMEDOUT;
}

/* How long it has been connected without a ping, in ms; *opened: since when, 0: it is not. */
static long long waited_for_probe(const struct strbuf *status, long long *opened)
{
	long long now = monotonic_ms();

	if (!has_value(status, "state", "open"))
		*opened = 0;
	else if (!*opened)
		*opened = now;
	return *opened ? now - *opened : 0;
}

static int wait_until_up(const char *root)
{
	_cleanup_(strbuf_release) struct strbuf status = STRBUF_INIT;
	long long begin = monotonic_ms(), opened = 0;

	while (monotonic_ms() - begin < WAIT_MS) {
		read_status(root, &status);
		if (has_value(&status, "state", "up"))
			return 0;
		if (waited_for_probe(&status, &opened) > WAIT_PROBE_MS) {
			log_warn("Connected, but the gateway's prober has not called");
			log_hint("On the gateway, see systemctl status outpost-prober");
			return 0;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 100 * 1000 * 1000 }, NULL);
	}
	return not_up(&status);
}

/* --- starting it --- */

int unit_install(const char *root)
{
	_cleanup_free_ char *path = xasprintf("%s" TUNNEL_UNIT_PATH, root);
	int r = fs_write_atomic(path, tunnel_unit, (size_t)(tunnel_unit_end - tunnel_unit), 0644);

	if (r < 0)
		return log_error_errno(r, "Cannot write %s", path);
	r = systemctl("daemon-reload", NULL);
	return r == 0 ? systemctl("enable", TUNNEL_UNIT) : r;
}

int unit_restart(const char *root)
{
	int r = systemctl("restart", TUNNEL_UNIT);

	return r == 0 ? wait_until_up(root) : r;
}
