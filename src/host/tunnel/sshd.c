// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/sshd.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "host/tunnel/systemd.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define SSHD       "/usr/sbin/sshd"
#define OUTPUT_MAX (256 * 1024)

/* sshd requires this folder, which its service creates. */
static int run_sshd(char *const *argv, struct strbuf *output)
{
	const struct process_options options = {
		.output = output, .error = output, .timeout_ms = 20000, .output_max = OUTPUT_MAX
	};

	if (mkdir("/run/sshd", 0755) < 0 && errno != EEXIST)
		return -errno;
	return process_run(argv, &options);
}

int sshd_test(struct strbuf *why)
{
	int r = run_sshd(ARGV(SSHD, "-t"), why);

	return r > 0 ? -EINVAL : r;
}

bool sshd_knows(const char *line)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;

	return run_sshd(ARGV(SSHD, "-t", "-o", line), &output) == 0;
}

int sshd_settings(const char *user, struct strbuf *settings)
{
	_cleanup_free_ char *who =
		xasprintf("user=%s,host=localhost,addr=127.0.0.1", user ? user : "root");
	int r = user ? run_sshd(ARGV(SSHD, "-T", "-C", who), settings)
		     : run_sshd(ARGV(SSHD, "-T"), settings);

	if (r == 0)
		return 0;
	if (r < 0)
		return log_error_errno(r, "Cannot run " SSHD);
	log_lines(LOG_LEVEL_ERROR, settings->buf, "sshd -T does not print its configuration");
	return -EINVAL;
}

bool sshd_setting(const struct strbuf *settings, const char *name, struct text *value)
{
	struct text rest = { settings->buf, settings->len }, line;
	size_t n = strlen(name);

	while (text_line(&rest, &line)) {
		if (line.n <= n || strncasecmp(line.p, name, n) != 0 || line.p[n] != ' ')
			continue;
		text_skip(&line, n + 1);
		*value = line;
		return true;
	}
	return false;
}

/* Some settings are printed only where they are not "none". */
static bool holds(const struct strbuf *settings, const char *name, struct text expected)
{
	struct text value;

	if (!sshd_setting(settings, name, &value))
		return text_starts(expected, "none") && expected.n == 4;
	return value.n == expected.n && memcmp(value.p, expected.p, value.n) == 0;
}

static int check_line(const struct strbuf *settings, const char *user, struct text line)
{
	const char *blank = memchr(line.p, ' ', line.n);
	_cleanup_free_ char *name = NULL;

	if (!blank)
		return 0;
	name = xstrndup(line.p, (size_t)(blank - line.p));
	text_skip(&line, (size_t)(blank - line.p) + 1);
	if (holds(settings, name, line))
		return 0;
	log_error("sshd does not obey '%s %.*s' for %s: another file sets it first", name,
		  (int)line.n, line.p, user);
	return -EINVAL;
}

int sshd_check_block(const char *snippet, const char *match, const char *user)
{
	_cleanup_(strbuf_release) struct strbuf settings = STRBUF_INIT;
	struct text rest = { snippet, strlen(snippet) }, line;
	bool inside = false;
	int r = sshd_settings(user, &settings), bad = 0;

	while (r == 0 && text_line(&rest, &line)) {
		if (text_starts(line, "Match "))
			inside = line.n == strlen(match) && memcmp(line.p, match, line.n) == 0;
		text_skip_blanks(&line);
		if (inside && line.n && *line.p != '#' && !text_starts(line, "Match ") &&
		    check_line(&settings, user, line) < 0)
			bad = -EINVAL;
	}
	if (bad < 0)
		log_hint(
			"Look for it in /etc/ssh/sshd_config and /etc/ssh/sshd_config.d, and check "
			"that sshd_config includes that folder before its own settings");
	return r < 0 ? r : bad;
}

/* --- reloading --- */

static bool is_sshd(long pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%ld/comm", pid);
	_cleanup_(strbuf_release) struct strbuf name = STRBUF_INIT;

	return fs_read_trimmed(path, &name, 64) == 0 && strcmp(name.buf, "sshd") == 0;
}

/* Where systemd does not run: sshd reads its configuration after SIGHUP. */
static int hang_up(void)
{
	_cleanup_(strbuf_release) struct strbuf settings = STRBUF_INIT, text = STRBUF_INIT;
	_cleanup_free_ char *path = NULL;
	struct text value;
	long pid;
	int r = sshd_settings(NULL, &settings);

	if (r < 0)
		return r;
	if (!sshd_setting(&settings, "pidfile", &value))
		return 0;
	path = xstrndup(value.p, value.n);
	if (fs_read_trimmed(path, &text, 32) < 0)
		return 0;
	pid = strtol(text.buf, NULL, 10);
	if (pid > 1 && is_sshd(pid) && kill((pid_t)pid, SIGHUP) < 0)
		return log_error_errno(-errno, "Cannot make sshd read its configuration");
	return 0;
}

int sshd_reload(void)
{
	static const char *const units[] = { "ssh.service", "sshd.service" };

	if (!systemd_runs())
		return hang_up();
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (systemd_is_active(units[i]))
			return systemd_call("reload", units[i]);
	return 0; /* started by its socket, when needed */
}

/* --- host keys --- */

/* The public key beside the private one; HostKey may also name a public key, for an agent. */
static int add_host_key(struct text file, struct ssh_key *keys, size_t max, size_t *n)
{
	_cleanup_free_ char *name = xstrndup(file.p, file.n);
	_cleanup_free_ char *path =
		xasprintf("%s%s", name, text_ends_with(name, ".pub") ? "" : ".pub");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_read_trimmed(path, &text, 16 * 1024);

	if (r == -ENOENT || *n == max)
		return 0;
	if (r < 0)
		return log_error_errno(r, "Cannot read the host key %s", path);
	if (ssh_key_parse(&keys[*n], (struct text){ text.buf, text.len }, SSH_KEY_HOST))
		++*n;
	else
		log_warn("Boards do not pin %s: its type or length is not supported", path);
	return 0;
}

int sshd_host_keys(struct ssh_key *keys, size_t max, size_t *n)
{
	_cleanup_(strbuf_release) struct strbuf settings = STRBUF_INIT;
	struct text rest, line;
	int r = sshd_settings(NULL, &settings);

	*n = 0;
	rest = (struct text){ settings.buf, settings.len };
	while (r == 0 && text_line(&rest, &line))
		if (text_take(&line, "hostkey "))
			r = add_host_key(line, keys, max, n);
	if (r == 0 && *n == 0) {
		log_error("sshd has no host key that a board can pin");
		log_hint("As root, run ssh-keygen -A");
		return -ENOENT;
	}
	return r;
}
