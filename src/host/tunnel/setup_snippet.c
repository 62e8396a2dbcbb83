// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/setup_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "host/tunnel/gateway_files.h"
#include "host/tunnel/sshd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SNIPPET_MAX      (64 * 1024)
#define STARTUPS_DEFAULT "10:30:100" /* sshd_config(5) */

static bool startups_are_set(const struct strbuf *settings)
{
	struct text value;

	return sshd_setting(settings, "maxstartups", &value) &&
	       (value.n != strlen(STARTUPS_DEFAULT) ||
		memcmp(value.p, STARTUPS_DEFAULT, value.n) != 0);
}

/* With these, sshd may turn boards away before it looks at their keys. */
static void warn_of_lists(const struct strbuf *settings)
{
	static const char *const names[] = { "allowusers", "allowgroups", "denyusers",
					     "denygroups" };
	struct text value;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!sshd_setting(settings, names[i], &value))
			continue;
		log_warn(
			"sshd's configuration has %s %.*s: see that it lets in the group " TUNNEL_BOARDS
			" and the user " TUNNEL_INVITE,
			names[i], (int)value.n, value.p);
	}
}

static int check_exempt(const char *exempt)
{
	_cleanup_free_ char *line = xasprintf("PerSourcePenaltyExemptList %s", exempt);

	if (strspn(exempt, "0123456789abcdefABCDEF.:/,*") == strlen(exempt) && sshd_knows(line))
		return 0;
	if (sshd_knows("PerSourcePenaltyExemptList 127.0.0.1")) {
		log_error("'%s' is not a list of addresses, such as 192.0.2.0/24,198.51.100.7",
			  exempt);
		return -EINVAL;
	}
	log_error(
		"This sshd has no penalties (OpenSSH 9.8 and later have), so --exempt has no use");
	return -EINVAL;
}

static int make_snippet(const struct strbuf *old, const char *exempt, struct strbuf *text)
{
	_cleanup_(strbuf_release) struct strbuf settings = STRBUF_INIT;
	_cleanup_free_ char *before = NULL;
	bool with_startups = false;
	struct text value;
	int r = sshd_settings(NULL, &settings);

	if (r < 0)
		return r;
	gateway_snippet_read(old->buf, &with_startups, &before);
	if (!old->len)
		with_startups = !startups_are_set(&settings);
	if (!with_startups && sshd_setting(&settings, "maxstartups", &value))
		log_info("MaxStartups of sshd stays as it is: %.*s. If more boards than its first "
			 "number connect at once, some are refused and try again.",
			 (int)value.n, value.p);
	warn_of_lists(&settings);
	gateway_snippet(text, with_startups, exempt ? exempt : before);
	return 0;
}

static void restore(const struct strbuf *old)
{
	int r = 0;

	if (old->len)
		r = fs_write_atomic(SSHD_SNIPPET, old->buf, old->len, 0644);
	else if (unlink(SSHD_SNIPPET) < 0 && errno != ENOENT)
		r = -errno;
	if (r < 0)
		log_error_errno(r, "Cannot restore " SSHD_SNIPPET);
}

static int test_snippet(const struct strbuf *text)
{
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	int r = sshd_test(&why);

	if (r == -EINVAL)
		log_lines(LOG_LEVEL_ERROR, why.buf,
			  "sshd rejects its configuration with " SSHD_SNIPPET);
	else if (r < 0)
		log_error_errno(r, "Cannot test the configuration of sshd");
	return r < 0 ? r : sshd_check_block(text->buf, "Match User " TUNNEL_INVITE, TUNNEL_INVITE);
}

int setup_put_snippet(struct setup *s, const char *exempt)
{
	_cleanup_(strbuf_release) struct strbuf old = STRBUF_INIT, text = STRBUF_INIT;
	int r = fs_read(SSHD_SNIPPET, &old, SNIPPET_MAX);

	if (r < 0 && r != -ENOENT)
		return log_error_errno(r, "Cannot read " SSHD_SNIPPET);
	if (old.len && !made_has(&s->made, MADE_FILE_OR_LINK, SSHD_SNIPPET))
		strbuf_reset(&old); /* setup_put_text() refuses */
	r = exempt ? check_exempt(exempt) : 0;
	if (r == 0)
		r = make_snippet(&old, exempt, &text);
	if (r == 0)
		r = setup_put_text(s, SSHD_SNIPPET, text.buf, text.len);
	if (r < 0 || s->dry_run || (old.len == text.len && strcmp(old.buf, text.buf) == 0))
		return r;
	r = test_snippet(&text);
	if (r == 0)
		r = sshd_reload();
	if (r < 0) {
		restore(&old);
		(void)sshd_reload();
	}
	return r;
}
