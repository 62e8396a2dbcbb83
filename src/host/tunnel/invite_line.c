// SPDX-License-Identifier: GPL-2.0-only
/*
 * The line that an administrator pastes into a shell of the board. It is sh, has no single quotes
 * inside its own, and contains all that the board needs but ssh: it makes the folder of the
 * invitation, fetches the agent through ssh, which checks the gateway's host key, and runs it.
 *
 * Each user of the board can see the arguments of each process, and the key is among those of
 * printf. That is part of the shell, in the administrator's as well as in the one that reads the rest
 * from it through a pipe.
 */
#include "host/tunnel/invite.h"

#include "common/text.h"

/* The base64 digits of a key may be on one line; so the key has three. */
static void add_key(struct strbuf *out, struct text key)
{
	struct text line;
	bool inside = false;

	while (text_line(&key, &line)) {
		if (text_starts(line, "-----"))
			strbuf_addf(out, "%s\"%.*s\"%s", inside ? "\" " : " ", (int)line.n, line.p,
				    inside ? "" : " \"");
		else
			strbuf_addf(out, "%.*s", (int)line.n, line.p);
		inside = true;
	}
}

static void add_lines(struct strbuf *out, struct text lines)
{
	struct text line;

	while (text_line(&lines, &line))
		strbuf_addf(out, " \"%.*s\"", (int)line.n, line.p);
}

void invite_line(struct strbuf *out, const struct invite *invite)
{
	struct strbuf file = STRBUF_INIT;

	invitation_write(&file, &invite->invitation);
	strbuf_adds(out, "printf %s 'umask 077; d=$(mktemp -d) && cd \"$d\" && printf \"%s\\n\"");
	add_key(out, (struct text){ invite->key.buf, invite->key.len });
	strbuf_adds(out, " >key && printf \"%s\\n\"");
	add_lines(out, (struct text){ invite->known_hosts.buf, invite->known_hosts.len });
	strbuf_adds(out, " >known_hosts && printf \"%s\\n\"");
	add_lines(out, (struct text){ file.buf, file.len });
	strbuf_addf(out,
		    " >invitation && ssh -F none -T -i key -p %d -o IdentitiesOnly=yes"
		    " -o BatchMode=yes -o StrictHostKeyChecking=yes"
		    " -o UserKnownHostsFile=known_hosts -o GlobalKnownHostsFile=none"
		    " -o HostKeyAlias=" TUNNEL_GATEWAY_ALIAS " " TUNNEL_INVITE "@%s"
		    " agent $(uname -m) >outpost-agent && chmod 700 outpost-agent &&"
		    " ./outpost-agent tunnel join \"$d\"; r=$?; rm -rf \"$d\"; exit $r'"
		    " | sudo sh\n",
		    invite->invitation.port, invite->invitation.gateway);
	strbuf_release(&file);
}
