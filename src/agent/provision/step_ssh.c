// SPDX-License-Identifier: GPL-2.0-only
/* Logging in with keys only: sshd_config(5). The first value that sshd reads counts. */
#include "agent/provision/step.h"

#include "common/cleanup.h"
#include "common/embed.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>
#include <string.h>

/* The Makefile makes this object depend on the file. */
EMBED(board_sshd_conf, "board/sshd.conf");

#define SSHD_CONF "/etc/ssh/sshd_config.d/00-outpost.conf"

static const char *skip(struct provision *p)
{
	if (!provision_has_systemd(p))
		return provision_skip(p,
				      "no systemd, which would undo a change that locks you out");
	if (!provision_has_program(p, "sshd"))
		return provision_skip(p, "no OpenSSH server");
	return NULL;
}

static int change(struct provision *p)
{
	return provision_file(p, SSHD_CONF, board_sshd_conf, 0644);
}

static int apply(struct provision *p)
{
	int r;

	if (p->unattended) { /* while the board starts, sshd has not started yet */
		(void)provision_run(
			p, ARGV("systemctl", "--no-block", "try-reload-or-restart", "ssh.service"),
			NULL);
		return 0;
	}
	r = provision_must(p, ARGV("sshd", "-t"));
	if (r == 0)
		r = provision_must(p, ARGV("systemctl", "try-reload-or-restart", "ssh.service"));
	return r;
}

static int expect(struct provision *p, const char *settings, const char *line)
{
	if (strstr(settings, line))
		return 0;
	return provision_fail(p, -EPERM,
			      "sshd does not use \"%s\": does /etc/ssh/sshd_config begin with "
			      "Include /etc/ssh/sshd_config.d/*.conf?",
			      line);
}

static int prove(struct provision *p)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	int r = provision_run(p, ARGV("sshd", "-T"), &said);

	if (r)
		return provision_fail(p, -EIO, "sshd -T failed: %.200s", said.buf);
	r = expect(p, said.buf, "passwordauthentication no");
	return r < 0 ? r : expect(p, said.buf, "kbdinteractiveauthentication no");
}

const struct board_step step_ssh = {
	.name = "ssh",
	.skip = skip,
	.change = change,
	.apply = apply,
	.prove = prove,
	.confirm = true,
};
