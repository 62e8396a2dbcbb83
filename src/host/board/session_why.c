// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds out why ssh ended. Its exit status is always 255, so look for its messages, which have
 * been the same for many releases. In hints, @ stands for the destination and ^ for the login
 * name.
 */
#include "host/board/session_internal.h"

#include "common/alloc.h"
#include "common/process.h"
#include "common/tunnel.h"
#include "host/base/shell_word.h"

#include <errno.h>
#include <string.h>

#define SUDOERS \
	"echo \"^ ALL=(root) NOPASSWD: " AGENT_PATH " serve\" | sudo tee /etc/sudoers.d/outpost"

#define AMOUNTS_TO_ROOT "This lets the login load any module, which amounts to being root there. "

static const struct reason {
	const char *text; /* part of the message, in any case */
	enum failure_kind kind;
	const char *why;
	const char *hint;
	bool agent;
} reasons[] = {
	/* Its gateway, see src/gateway/connect.c. */
	{ "outpost-gateway: error: you may not use board", FAILURE_LOGIN,
	  "you may not use it: you are not in its gateway's group " TUNNEL_GROUP,
	  "On the gateway, as root, run usermod -aG " TUNNEL_GROUP " USER; then log in again",
	  false },
	{ "outpost-gateway: error: there is no board", FAILURE_OTHER,
	  "its gateway does not know it", "On the gateway, run outpost tunnel list", false },
	{ "is not connected to this gateway", FAILURE_AWAY, "it is not connected to its gateway",
	  "On the gateway, run outpost tunnel status", false },
	/* The board. */
	{ "outpost-agent: missing", FAILURE_OTHER, "it has no agent",
	  "Run outpost board show, which installs it", true },
	{ "exec format error", FAILURE_OTHER, "its agent is for another architecture", NULL, true },
	{ "cannot execute binary file", FAILURE_OTHER, "its agent is for another architecture",
	  NULL, true },
	{ "sudo: a password is required", FAILURE_SUDO, "sudo asks for a password",
	  AMOUNTS_TO_ROOT "On the board: " SUDOERS, false },
	{ "sudo: a terminal is required", FAILURE_SUDO, "sudo asks for a password",
	  AMOUNTS_TO_ROOT "On the board: " SUDOERS, false },
	{ "not in the sudoers file", FAILURE_SUDO, "the login may not use sudo",
	  AMOUNTS_TO_ROOT "On the board, as root: " SUDOERS, false },
	{ "is not allowed to execute", FAILURE_SUDO, "the login may not run the agent as root",
	  AMOUNTS_TO_ROOT "On the board, as root: " SUDOERS, false },
	{ "you must have a tty to run sudo", FAILURE_SUDO, "sudo requires a terminal (requiretty)",
	  "On the board, in sudoers: Defaults:^ !requiretty", false },
	{ "sudo: not found", FAILURE_LOGIN, "the login is not root, and sudo is not installed",
	  "Install sudo on the board, or use a root login: root@...", false },
	{ "sudo: command not found", FAILURE_LOGIN,
	  "the login is not root, and sudo is not installed",
	  "Install sudo on the board, or use a root login: root@...", false },
	{ "no space left on device", FAILURE_OTHER, "its disk is full",
	  "Run ssh @ df -h to see what is full, then remove files", false },
	{ "read-only file system", FAILURE_OTHER, "its file system is read-only",
	  "On the board: sudo mount -o remount,rw / (dmesg shows why)", false },
	{ "account is currently not available", FAILURE_LOGIN, "the login has no shell",
	  "Use another login, or set a shell: sudo chsh -s /bin/sh ^", false },
	/* The board's identity. */
	{ "remote host identification has changed", FAILURE_KEY, "its host key changed", NULL,
	  false },
	{ "host key verification failed", FAILURE_KEY, "its host key is not known",
	  "Connect by hand once and compare the key: ssh @", false },
	/* Our identity. */
	{ "too many authentication failures", FAILURE_LOGIN, "it refuses to try more of your keys",
	  "Set IdentityFile and IdentitiesOnly yes in your ssh configuration", false },
	{ "unprotected private key file", FAILURE_LOGIN, "others can read your private key file",
	  "Run ssh @ to see which file, then chmod 600 it", false },
	{ "permission denied (", FAILURE_LOGIN, "it accepts none of your keys",
	  "Run ssh-copy-id @ to install one; ssh-add -l lists those in your agent", false },
	/* The network, and our ssh configuration. */
	{ "could not resolve hostname", FAILURE_OTHER, "its name cannot be resolved",
	  "Check the spelling; ssh -G @ shows the name that ssh uses", false },
	{ "connection refused", FAILURE_REFUSED, "the connection was refused",
	  "It is on the network, but no SSH server answers; it may still be starting", false },
	{ "no route to host", FAILURE_OTHER, "no route to it on the network",
	  "Check that it is switched on, and that the address is right", false },
	{ "network is unreachable", FAILURE_OTHER, "this machine has no network that reaches it",
	  "Check that this machine is online", false },
	{ "timed out", FAILURE_AWAY, "it does not answer",
	  "Check that it is switched on, that the address is right, and that no firewall blocks "
	  "port 22",
	  false },
	{ "not responding", FAILURE_AWAY, "it stopped answering", NULL, false },
	{ "bad configuration option", FAILURE_OURS, "your ssh configuration has an error",
	  "Run ssh -G @ to see it", false },
	{ "bad owner or permissions", FAILURE_OURS, "others can write to your ssh configuration",
	  "Run ssh -G @ to see which file, then chmod 600 it", false },
	{ "kex_exchange_identification", FAILURE_AWAY, "it closed the connection immediately",
	  "Its SSH server may still be starting, or ban this address (fail2ban, MaxStartups)",
	  false },
	{ "remote side unexpectedly closed", FAILURE_AWAY, "it closed the connection", NULL,
	  false },
	{ "connection reset", FAILURE_AWAY, "the connection was lost", NULL, false },
	{ "broken pipe", FAILURE_AWAY, "the connection was lost", NULL, false },
	{ "closed by", FAILURE_AWAY, "it closed the connection", NULL, false },
};

void failure_release(struct failure *failure)
{
	free(failure->why);
	free(failure->hint);
	memset(failure, 0, sizeof(*failure));
}

int failure_not_started(struct failure *failure, int error)
{
	failure_release(failure);
	failure->kind = FAILURE_OURS;
	failure->why = error == -EINTR ? xstrdup("interrupted")
				       : xasprintf("cannot start ssh: %s", strerror(-error));
	if (error == -ENOENT)
		failure->hint = xstrdup("As root, run apt-get install openssh-client");
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

/* The text between `start` and the first character in `stop`, or NULL. The caller frees it. */
static char *word_after(const char *text, const char *start, const char *stop)
{
	const char *p = strcasestr(text, start);

	if (!p)
		return NULL;
	p += strlen(start);
	return xstrndup(p, strcspn(p, stop));
}

/*
 * "Offending ED25519 key in FILE:LINE", then "Host key for HOST has changed and ...". A board can
 * print that, too, once ssh has let it.
 */
static char *host_key_hint(const char *said)
{
	const char *offending = strcasestr(said, "offending ");
	_cleanup_free_ char *place = offending ? word_after(offending, " key in ", "\r\n") : NULL;
	_cleanup_free_ char *host = word_after(said, "host key for ", " \r\n");
	_cleanup_free_ char *file = NULL, *key = NULL;
	char *colon = place ? strrchr(place, ':') : NULL;

	if (!colon || !host)
		return xstrdup(
			"If you know why it changed, run ssh-keygen -R HOST to remove the old key");
	*colon = '\0';
	file = shell_word(place);
	key = shell_word(host);
	return xasprintf(
		"The old key is in line %s of %s; if the board has a new SD card or system, "
		"run ssh-keygen -f %s -R %s",
		colon + 1, place, file, key);
}

/* The last line that is not empty, cleaned, or NULL. */
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

/* Not a message that we know: quotes what ssh or the board printed. */
static void explain_unknown(struct failure *f, const struct ssh_end *end)
{
	_cleanup_free_ char *said = last_line(end->error, strlen(end->error));
	_cleanup_free_ char *noise = last_line(end->noise, end->noise_len);

	f->kind = FAILURE_OTHER;
	/*
	 * 255 is a failure of ssh itself, or a signal that ended the command, as happens with a
	 * damaged program. The text does not tell which, because a login's start-up files may
	 * print, too. If it was ssh, installing the agent fails for the same reason.
	 */
	f->agent = !end->spoke && !end->timeout_ms &&
		   (end->status == 255 ? !noise : end->status <= 128);
	if (end->timeout_ms) {
		f->kind = FAILURE_AWAY;
		f->why = xasprintf("no answer within %d ms%s%s", end->timeout_ms, said ? ": " : "",
				   said ? said : "");
	} else if (noise && !end->spoke) {
		f->why = xasprintf(
			"the login shell printed text instead of starting the agent: %s%s%s", noise,
			said ? "; " : "", said ? said : "");
		f->hint = xstrdup(
			"Its start-up files (.bashrc, .profile) must neither print nor exit if the "
			"shell is not interactive");
	} else if (end->spoke && end->status != 255) {
		f->why = xasprintf("the agent exited with status %d%s%s", end->status,
				   said ? ": " : "", said ? said : "");
	} else if (said) {
		f->why = xstrdup(said);
	} else {
		f->why = end->status != 255 ? xasprintf("ssh exited with status %d", end->status)
			 : end->spoke       ? xstrdup("the connection was lost")
					    : xstrdup("something ended the agent");
	}
}

/* For a virtual Pi that is down, hints about the network would mislead. */
static void explain_vm(struct failure *f, const struct board *board)
{
	if (!board->is_vm || (f->kind != FAILURE_REFUSED && f->kind != FAILURE_AWAY))
		return;
	if (f->kind == FAILURE_REFUSED) {
		free(f->why);
		f->why = xstrdup("the virtual Pi is not running");
	}
	free(f->hint);
	f->hint = xasprintf("Run outpost vm up %s to start it, or outpost vm status %s",
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
