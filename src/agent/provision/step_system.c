// SPDX-License-Identifier: GPL-2.0-only
/* The system journal, kernel settings, and the watchdog: journald.conf(5), systemd-system.conf(5). */
#include "agent/provision/step.h"

#include "agent/guard/guard.h"
#include "common/cleanup.h"
#include "common/embed.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The Makefile makes this object depend on the files. */
EMBED(board_journald_conf, "board/journald.conf");
EMBED(board_sysctl_development, "board/sysctl-development.conf");
EMBED(board_sysctl_production, "board/sysctl-production.conf");

/* Sorts last, since the last value counts. Raspberry Pi OS has 40-rpi-*.conf in /usr/lib. */
#define JOURNALD_CONF "/etc/systemd/journald.conf.d/zz-outpost.conf"
#define SYSTEM_CONF   "/etc/systemd/system.conf.d/zz-outpost.conf"
#define SYSCTL_CONF   "/etc/sysctl.d/zz-outpost.conf"

static const char *skip_without_systemd(struct provision *p)
{
	return provision_has_systemd(p) ? NULL : provision_skip(p, "no systemd");
}

/* --- journal ---------------------------------------------------------------------- */

static int change_journal(struct provision *p)
{
	return provision_file(p, JOURNALD_CONF, board_journald_conf, 0644);
}

static int apply_journal(struct provision *p)
{
	int r = provision_must(p, ARGV("systemctl", "restart", "systemd-journald.service"));

	/* Moves what is in /run so far. */
	return r < 0 || p->undo ? r : provision_must(p, ARGV("journalctl", "--flush"));
}

static int prove_journal(struct provision *p)
{
	char machine[64], path[DIRS_MAX];

	provision_path(p, path, "/etc/machine-id");
	dirs_read(path, machine, sizeof(machine));
	snprintf(path, sizeof(path), "/var/log/journal/%s/system.journal", machine);
	return provision_exists(p, path)
		       ? 0
		       : provision_fail(p, -ENOENT, "journald does not write to %s", path);
}

const struct board_step step_journal = {
	.name = "journal",
	.skip = skip_without_systemd,
	.change = change_journal,
	.apply = apply_journal,
	.prove = prove_journal,
};

/* --- sysctl ----------------------------------------------------------------------- */

/* The values found, "key value", so that undoing restores them. */
#define SYSCTL_FOUND "sysctl.found"

static const char *settings(const struct provision *p)
{
	return p->request->production ? board_sysctl_production : board_sysctl_development;
}

/* "kernel.panic = 10": the path below /proc/sys and the value. False: no setting. */
static bool parse_setting(struct text line, char path[128], char value[32])
{
	const char *equals = line.n ? memchr(line.p, '=', line.n) : NULL;
	struct text key = { line.p, equals ? (size_t)(equals - line.p) : 0 }, rest;
	char name[96];

	if (!equals || text_starts(line, "#"))
		return false;
	rest = (struct text){ equals + 1, line.n - key.n - 1 };
	text_trim_end(&key);
	text_skip_blanks(&rest);
	text_trim_end(&rest);
	if (!text_copy(name, sizeof(name), key) || !text_copy(value, 32, rest))
		return false;
	for (char *c = name; *c; c++)
		*c = *c == '.' ? '/' : *c;
	snprintf(path, 128, "/proc/sys/%s", name);
	return true;
}

/* Remembers the values before the first change. */
static int remember_settings(struct provision *p)
{
	_cleanup_(strbuf_release) struct strbuf found = STRBUF_INIT;
	struct text rest = { settings(p), strlen(settings(p)) }, line;
	char path[128], value[32], unused[8];

	if (provision_recall(p, SYSCTL_FOUND, unused, sizeof(unused)))
		return 0;
	while (text_line(&rest, &line)) {
		if (!parse_setting(line, path, value))
			continue;
		guard_read(p->dirs, path, value, sizeof(value));
		if (*value)
			strbuf_addf(&found, "%s = %s\n", path + strlen("/proc/sys/"), value);
	}
	return provision_remember(p, SYSCTL_FOUND, found.buf);
}

static int change_sysctl(struct provision *p)
{
	int r = p->look || p->undo ? 0 : remember_settings(p);

	if (r < 0)
		return provision_fail(p, r, "Cannot record the present settings: %s",
				      log_reason(r));
	return provision_file(p, SYSCTL_CONF, settings(p), 0644);
}

/* A setting that this kernel does not have is no error. */
static void set_all(struct provision *p, const char *text)
{
	struct text rest = { text, strlen(text) }, line;
	char path[128], value[32];

	while (text_line(&rest, &line))
		if (parse_setting(line, path, value))
			(void)guard_write(p->dirs, path, value);
}

static int apply_sysctl(struct provision *p)
{
	char found[1024];

	if (!p->undo) {
		set_all(p, settings(p));
	} else if (provision_recall(p, SYSCTL_FOUND, found, sizeof(found))) {
		set_all(p, found);
		provision_forget(p, SYSCTL_FOUND);
	}
	return 0;
}

static int prove_sysctl(struct provision *p)
{
	struct text rest = { settings(p), strlen(settings(p)) }, line;
	char path[128], value[32], now[32];

	while (text_line(&rest, &line)) {
		if (!parse_setting(line, path, value) || !guard_exists(p->dirs, path))
			continue;
		guard_read(p->dirs, path, now, sizeof(now));
		now[strcspn(now, "\n")] = '\0';
		if (strcmp(now, value) != 0 && !guard_is_armed(p->dirs))
			return provision_fail(p, -EIO, "%s is %s, not %s", path, now, value);
	}
	return 0;
}

const struct board_step step_sysctl = {
	.name = "sysctl",
	.change = change_sysctl,
	.apply = apply_sysctl,
	.prove = prove_sysctl,
};

/* --- watchdog --------------------------------------------------------------------- */

#define PROPERTY                                                 \
	"org.freedesktop.systemd1", "/org/freedesktop/systemd1", \
		"org.freedesktop.systemd1.Manager", "RuntimeWatchdogUSec"

static const char *skip_watchdog(struct provision *p)
{
	if (!guard_has_watchdog(p->dirs))
		return provision_skip(p, "no watchdog device%s",
				      board_is_pi(p->dirs) ? ": see step boot" : "");
	return skip_without_systemd(p);
}

/*
 * Raspberry Pis' watchdog counts to 15 s. Drivers before Linux 6.8 refuse more (EINVAL), and
 * systemd then uses no watchdog at all; later ones feed it themselves in between, and have no
 * limit. A minute is Raspberry Pi OS' own setting.
 */
static unsigned int wanted_s(const struct provision *p)
{
	unsigned int limit = guard_watchdog_limit_s(p->dirs);

	return limit && limit < 60 ? limit : 60;
}

unsigned int provision_systemd_watchdog_s(const struct provision *p)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	uint64_t usec = 0;
	struct text t;

	if (provision_run(p, ARGV("busctl", "get-property", PROPERTY), &said))
		return 0;
	t = (struct text){ said.buf, said.len };
	return text_take(&t, "t ") && text_take_u64(&t, &usec) && usec / 1000000 < UINT32_MAX
		       ? (unsigned int)(usec / 1000000)
		       : 0;
}

static bool suffices(unsigned int now, unsigned int wanted)
{
	return now && now <= wanted;
}

static int change_watchdog(struct provision *p)
{
	unsigned int wanted = wanted_s(p);
	char text[256], reboot[64] = "";

	/* One that somebody else set and that works is left alone. */
	if (!p->undo && !provision_exists(p, SYSTEM_CONF) &&
	    suffices(provision_systemd_watchdog_s(p), wanted))
		return 0;
	/* Its default, 10 minutes, would be refused as well; then a board that hangs while it
	 * shuts down stays so. */
	if (wanted < 60)
		snprintf(reboot, sizeof(reboot), "RebootWatchdogSec=%us\n", wanted);
	snprintf(text, sizeof(text),
		 "# Written by outpost provision; outpost provision --undo --only watchdog removes "
		 "it.\n[Manager]\nRuntimeWatchdogSec=%us\n%s",
		 wanted, reboot);
	return provision_file(p, SYSTEM_CONF, text, 0644);
}

static int apply_watchdog(struct provision *p)
{
	/* RuntimeWatchdogSec is read again only by this; services keep running. */
	return provision_must(p, ARGV("systemctl", "daemon-reexec"));
}

static int prove_watchdog(struct provision *p)
{
	unsigned int now = provision_systemd_watchdog_s(p), wanted = wanted_s(p);

	if (suffices(now, wanted) || guard_is_armed(p->dirs))
		return 0;
	return provision_fail(p, -EIO,
			      "systemd's watchdog timeout is %u s, not %u s: does another file in "
			      "/etc/systemd/system.conf.d set it?",
			      now, wanted);
}

const struct board_step step_watchdog = {
	.name = "watchdog",
	.skip = skip_watchdog,
	.change = change_watchdog,
	.apply = apply_watchdog,
	.prove = prove_watchdog,
};
