// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why ssh ended. It tells by its messages only (its status is 255 for all of
 * them), so these are looked for; they have been the same for many releases.
 * In hints, @ stands for the destination and ^ for the login's name.
 */
#include "host/board/session_internal.h"

#include "common/alloc.h"
#include "common/process.h"

#include <errno.h>
#include <string.h>

#define SUDOERS "echo \"^ ALL=(root) NOPASSWD: " AGENT_PATH "\" | sudo tee /etc/sudoers.d/outpost"

static const struct reason {
	const char *text; /* in the message; case does not matter */
	enum failure_kind kind;
	const char *why;
	const char *hint;
	bool agent;
} reasons[] = {
	/* The remote side. */
	{ "outpost-agent: missing", FAILURE_OTHER, "there is no agent on it", NULL, true },
	{ "exec format error", FAILURE_OTHER, "the agent on it is for another architecture", NULL,
	  true },
	{ "cannot execute binary file", FAILURE_OTHER,
	  "the agent on it is for another architecture", NULL, true },
	{ "sudo: a password is required", FAILURE_SUDO, "sudo asks for a password there",
	  "On the board: " SUDOERS, false },
	{ "sudo: a terminal is required", FAILURE_SUDO, "sudo asks for a password there",
	  "On the board: " SUDOERS, false },
	{ "not in the sudoers file", FAILURE_SUDO, "the login may not use sudo there",
	  "On the board, as root: " SUDOERS, false },
	{ "is not allowed to execute", FAILURE_SUDO,
	  "the login may not run the agent as root there", "On the board, as root: " SUDOERS,
	  false },
	{ "you must have a tty to run sudo", FAILURE_SUDO,
	  "sudo requires a terminal there (requiretty)",
	  "On the board, in sudoers: Defaults:^ !requiretty", false },
	{ "sudo: not found", FAILURE_LOGIN, "the login is not root, and there is no sudo",
	  "Install sudo on the board, or use a root login: root@...", false },
	{ "sudo: command not found", FAILURE_LOGIN, "the login is not root, and there is no sudo",
	  "Install sudo on the board, or use a root login: root@...", false },
	{ "no space left on device", FAILURE_OTHER, "its disk is full",
	  "ssh @ df -h shows what is full; make room there.", false },
	{ "read-only file system", FAILURE_OTHER, "its file system is read-only",
	  "On the board: sudo mount -o remount,rw / (and look into dmesg for why).", false },
	{ "account is currently not available", FAILURE_LOGIN, "the login has no shell there",
	  "Use another login, or give it one: sudo chsh -s /bin/sh ^", false },
	/* Who is at the other end. */
	{ "remote host identification has changed", FAILURE_KEY, "its host key changed", NULL,
	  false },
	{ "host key verification failed", FAILURE_KEY, "its host key is not known here",
	  "Connect once by hand and compare the key: ssh @", false },
	/* Who we are. */
	{ "too many authentication failures", FAILURE_LOGIN, "it gave up after too many keys",
	  "Name the key: IdentityFile and IdentitiesOnly yes, in your ssh configuration.", false },
	{ "unprotected private key file", FAILURE_LOGIN,
	  "the private key's file can be read by others", "chmod 600 that file; ssh @ says which.",
	  false },
	{ "permission denied (", FAILURE_LOGIN, "it accepts none of your keys",
	  "ssh-copy-id @ puts yours there; ssh-add -l shows what your agent has.", false },
	/* The way there. */
	{ "could not resolve hostname", FAILURE_OTHER, "its name is not known",
	  "Is it spelled right? ssh -G @ shows what ssh makes of it.", false },
	{ "connection refused", FAILURE_REFUSED, "the connection was refused",
	  "It is on the network, but no SSH server answers there; is it still starting?", false },
	{ "no route to host", FAILURE_OTHER, "there is no way to it on the network",
	  "Is it switched on, and is the address right?", false },
	{ "network is unreachable", FAILURE_OTHER, "this machine has no network to reach it by",
	  "Is this machine on-line?", false },
	{ "timed out", FAILURE_AWAY, "it does not answer",
	  "Is it switched on, is the address right, and does a firewall let port 22 through?",
	  false },
	{ "not responding", FAILURE_AWAY, "it stopped answering", NULL, false },
	{ "bad configuration option", FAILURE_OURS, "your ssh configuration has a mistake",
	  "ssh -G @ shows it.", false },
	{ "bad owner or permissions", FAILURE_OURS,
	  "your ssh configuration can be written by others",
	  "chmod 600 that file; ssh -G @ says which.", false },
	{ "kex_exchange_identification", FAILURE_AWAY, "it closed the connection at once",
	  "Its SSH server is still starting, or bans this address (fail2ban, MaxStartups).",
	  false },
	{ "remote side unexpectedly closed", FAILURE_AWAY, "it closed the connection", NULL,
	  false },
	{ "connection reset", FAILURE_AWAY, "the connection was cut", NULL, false },
	{ "broken pipe", FAILURE_AWAY, "the connection was cut", NULL, false },
	{ "closed by", FAILURE_AWAY, "it closed the connection", NULL, false },
};

void failure_release(struct failure *failure)
{
	free(failure->why);
	free(failure->hint);
	*failure = (struct failure){ 0 };
}

int failure_not_started(struct failure *failure, int error)
{
	failure_release(failure);
	failure->kind = FAILURE_OURS;
	failure->why = error == -EINTR ? xstrdup("interrupted")
				       : xasprintf("ssh cannot be started: %s", strerror(-error));
	if (error == -ENOENT)
		failure->hint = xstrdup("apt-get install openssh-client");
	return error == -EINTR ? error : -ENOTCONN;
}

static const struct reason *find_reason(const char *said)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (strcasestr(said, reasons[i].text))
			return &reasons[i];
	return NULL;
}

static char *expand(const char *hint, const struct board *board)
{
	const char *at = strchr(board->destination, '@'), *config = board->ssh_config;
	struct strbuf sb = STRBUF_INIT;

	for (; *hint; hint++) {
		if (*hint == '@' && hint[-1] == ' ')
			strbuf_addf(&sb, "%s%s%s%s", config ? "-F " : "", config ? config : "",
				    config ? " " : "", board->destination);
		else if (*hint == '^' && at)
			strbuf_add(&sb, board->destination, (size_t)(at - board->destination));
		else if (*hint == '^')
			strbuf_adds(&sb, "USER");
		else
			strbuf_addch(&sb, *hint);
	}
	return strbuf_detach(&sb);
}

/* What stands between `start` and the end of its line or `stop`, or NULL. The caller frees it. */
static char *word_after(const char *text, const char *start, const char *stop)
{
	const char *p = strcasestr(text, start);

	if (!p)
		return NULL;
	p += strlen(start);
	return xstrndup(p, strcspn(p, stop));
}

/* "Offending ED25519 key in FILE:LINE", then "Host key for HOST has changed and ..." */
static char *host_key_hint(const char *said)
{
	const char *offending = strcasestr(said, "offending ");
	_cleanup_free_ char *place = offending ? word_after(offending, " key in ", "\r\n") : NULL;
	_cleanup_free_ char *host = word_after(said, "host key for ", " \r\n");
	char *colon = place ? strrchr(place, ':') : NULL;

	if (!colon || !host)
		return xstrdup(
			"ssh-keygen -R HOST forgets the old key, if you know why it changed.");
	*colon = '\0';
	return xasprintf("The old one is line %s of %s. If you know why it changed (a new SD card, "
			 "say): ssh-keygen -f %s -R '%s'",
			 colon + 1, place, place, host);
}

/* The last line that says something, cleaned; NULL when there is none. */
static char *last_line(const char *text, size_t n)
{
	struct strbuf sb = STRBUF_INIT;

	while (n && strchr("\r\n \t", text[n - 1]))
		n--;
	for (size_t i = n; i; i--) {
		if (text[i - 1] != '\n')
			continue;
		text += i;
		n -= i;
		break;
	}
	if (!n)
		return NULL;
	strbuf_add_clean(&sb, text, n < 300 ? n : 300);
	return strbuf_detach(&sb);
}

/* An unknown message: shown as it is. */
static void explain_unknown(struct failure *f, const struct ssh_end *end)
{
	_cleanup_free_ char *said = last_line(end->error, strlen(end->error));
	_cleanup_free_ char *noise = last_line(end->noise, end->noise_len);

	f->kind = FAILURE_OTHER;
	/*
	 * 255 is ssh's own failure, or that a signal ended what it ran, as with half a program.
	 * The text does not tell which: a login's start-up files may print, too. Where it was ssh,
	 * installing the agent fails for the same reason.
	 */
	f->agent = !end->spoke && !end->timeout_ms &&
		   (end->status == 255 ? !noise : end->status <= 128);
	if (end->timeout_ms) {
		f->kind = FAILURE_AWAY;
		f->why = xasprintf("no answer within %d ms%s%s", end->timeout_ms, said ? ": " : "",
				   said ? said : "");
	} else if (noise && !end->spoke) {
		f->why = xasprintf(
			"the login's shell printed text where the agent should answer: %s%s%s",
			noise, said ? "; " : "", said ? said : "");
		f->hint = xstrdup(
			"Its start-up files (.bashrc, .profile) must be silent, and must not "
			"end, when the shell is not interactive.");
	} else if (end->spoke && end->status != 255) {
		f->why = xasprintf("the agent ended (status %d)%s%s", end->status, said ? ": " : "",
				   said ? said : "");
	} else if (said) {
		f->why = xstrdup(said);
	} else {
		f->why = end->status != 255 ? xasprintf("ssh ended with status %d", end->status)
			 : end->spoke       ? xstrdup("the connection was lost")
					    : xstrdup("something ended the agent");
	}
}

/* A virtual Pi that is down is not to be searched on the network. */
static void explain_vm(struct failure *f, const struct board *board)
{
	if (!board->is_vm || (f->kind != FAILURE_REFUSED && f->kind != FAILURE_AWAY))
		return;
	if (f->kind == FAILURE_REFUSED) {
		free(f->why);
		f->why = xstrdup("the virtual Pi is not running");
	}
	free(f->hint);
	f->hint = xasprintf("outpost vm up %s starts it; outpost vm status %s says how it is.",
			    board->name, board->name);
}

int failure_explain(struct failure *failure, const struct board *board, const struct ssh_end *end)
{
	const struct reason *reason = find_reason(end->error);

	failure_release(failure);
	if (!reason && end->noise_len && !end->spoke)
		reason = find_reason(end->noise);
	if (!reason) {
		explain_unknown(failure, end);
	} else {
		failure->kind = reason->kind;
		failure->agent = reason->agent && !end->spoke;
		failure->why = xstrdup(reason->why);
		if (reason->kind == FAILURE_KEY && !reason->hint)
			failure->hint = host_key_hint(end->error);
		else if (reason->hint)
			failure->hint = expand(reason->hint, board);
	}
	explain_vm(failure, board);
	return -ENOTCONN;
}
