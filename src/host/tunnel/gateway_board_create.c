// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/gateway_board_internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/tunnel/account.h"
#include "host/tunnel/gateway_files.h"
#include "host/tunnel/sshd.h"
#include "host/tunnel/systemd.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void gateway_board_paths(const char *name, struct gateway_board_paths *p)
{
	p->account = xasprintf(TUNNEL_ACCOUNT "%s", name);
	p->conf = xasprintf(TUNNEL_CONF "/%s.conf", name);
	p->keys = xasprintf(TUNNEL_KEYS "/%s", name);
	p->root = xasprintf(TUNNEL_ROOTS "/%s", p->account);
	p->sockets = xasprintf("%s/" TUNNEL_SOCKETS, p->root);
	p->host_entry = xasprintf("/etc/ssh/ssh_config.d/50-outpost-%s.conf", name);
	p->socket_unit = xasprintf("outpost-port@%s.socket", name);
	p->service_unit = xasprintf("outpost-port@%s.service", name);
	p->unit_dir = xasprintf(UNIT_DIR "/%s.d", p->socket_unit);
	p->unit_port = xasprintf("%s/port.conf", p->unit_dir);
	p->unit_link = xasprintf(UNIT_DIR "/sockets.target.wants/%s", p->socket_unit);
	p->status = xasprintf(TUNNEL_STATUS "/%s", name);
	p->history = xasprintf(TUNNEL_HISTORY "/%s", name);
}

void gateway_board_paths_release(struct gateway_board_paths *p)
{
	char *const all[] = { p->account,  p->conf,       p->keys,        p->root,
			      p->sockets,  p->host_entry, p->socket_unit, p->service_unit,
			      p->unit_dir, p->unit_port,  p->unit_link,   p->status,
			      p->history };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		free(all[i]);
}

char *gateway_board_uid_file(const char *account)
{
	const struct passwd *user = getpwnam(account);

	return user ? xasprintf(TUNNEL_UIDS "/%u", user->pw_uid) : NULL;
}

static int put_dir(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	int r = 0;

	/* The mode comes last: chown(2) clears the setgid bit. */
	if ((mkdir(path, 0700) < 0 && errno != EEXIST) || lchown(path, uid, gid) < 0 ||
	    chmod(path, mode) < 0)
		r = -errno;
	return r < 0 ? log_error_errno(r, "Cannot create %s", path) : 0;
}

static int put_account(const char *name)
{
	const struct account account = { name, TUNNEL_BOARDS, "/nonexistent", "/usr/sbin/nologin",
					 true };

	_cleanup_free_ char *file = NULL;
	int r = account_exists(name) ? 0 : account_add(&account);

	if (r < 0)
		return r;
	file = gateway_board_uid_file(name);
	r = file ? fs_write_atomic(file, "", 0, 0644) : -ESRCH;
	return r < 0 ? log_error_errno(r, "Cannot note the user id of %s", name) : 0;
}

static int put_dirs(const struct gateway_board_paths *p)
{
	const struct passwd *user = getpwnam(p->account);
	uid_t board = user ? user->pw_uid : 0;
	const struct group *group = getgrnam(TUNNEL_GROUP);
	gid_t developers = group ? group->gr_gid : 0;
	int r;

	user = getpwnam(TUNNEL_INVITE);
	if (!board || !developers || !user) {
		log_error("The account " TUNNEL_INVITE ", the group " TUNNEL_GROUP
			  " or %s is missing",
			  p->account);
		log_hint("Run outpost tunnel setup-gateway again");
		return -ESRCH;
	}
	r = put_dir(p->keys, 0755, user->pw_uid, user->pw_gid);
	if (r == 0)
		r = put_dir(p->root, 0755, 0, 0);
	/* Sockets that sshd creates here for the board belong to the group. */
	return r < 0 ? r : put_dir(p->sockets, 02750, board, developers);
}

static int put_text(const char *path, const struct strbuf *text)
{
	int r = fs_write_atomic(path, text->buf, text->len, 0644);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int put_conf(const struct gateway_board_paths *p, const struct gateway_board *board)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "port = %d\nlogin = %s\n", board->port, board->login);
	return put_text(p->conf, &text);
}

void gateway_board_host_entry(struct strbuf *out, const struct gateway_board *board)
{
	strbuf_addf(out,
		    "# Board %s, written by Outpost; \"outpost tunnel revoke %s\" removes it.\n"
		    "Host %s\n"
		    "\tUser %s\n"
		    "\tProxyCommand " TUNNEL_LIB "/outpost-gateway connect %s\n"
		    "\tProxyUseFdpass yes\n"
		    "\tHostKeyAlias " TUNNEL_BOARD_ALIAS "%s\n"
		    "\tUserKnownHostsFile " TUNNEL_KEYS "/%s/host_keys\n"
		    "\tGlobalKnownHostsFile none\n"
		    "\tStrictHostKeyChecking yes\n"
		    "\tUpdateHostKeys no\n",
		    board->name, board->name, board->name, board->login, board->name, board->name,
		    board->name);
}

static int put_host_entry(const struct gateway_board_paths *p, const struct gateway_board *board)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_mkdir_p("/etc/ssh/ssh_config.d", 0755);

	if (r < 0)
		return log_error_errno(r, "Cannot create /etc/ssh/ssh_config.d");
	gateway_board_host_entry(&text, board);
	return put_text(p->host_entry, &text);
}

/* A socket listens on another port only after it was stopped, with its service. */
static int put_port(const struct gateway_board_paths *p, int port)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, old = STRBUF_INIT;
	int r = fs_read(p->unit_port, &old, 4096);

	strbuf_addf(&text, "[Socket]\nListenStream=127.0.0.1:%d\n", port);
	if (r == 0 && strcmp(old.buf, text.buf) == 0)
		return 0;
	r = 0;
	if (systemd_is_active(p->socket_unit))
		r = systemd_call("stop", p->socket_unit);
	if (r == 0 && systemd_is_active(p->service_unit))
		r = systemd_call("stop", p->service_unit);
	return r < 0 ? r : put_text(p->unit_port, &text);
}

static int put_units(const struct gateway_board_paths *p, const struct gateway_board *board)
{
	int r = put_dir(p->unit_dir, 0755, 0, 0);

	if (r == 0)
		r = put_port(p, board->port);
	if (r == 0 && !fs_is_there(p->unit_link)) {
		r = fs_put_link(p->unit_link, UNIT_DIR "/outpost-port@.socket");
		if (r < 0)
			return log_error_errno(r, "Cannot create %s", p->unit_link);
	}
	if (r == 0)
		r = systemd_call("daemon-reload", NULL);
	/* Not before nobody else can connect to it. */
	if (r == 0)
		r = systemd_call("reload-or-restart", "outpost-nft.service");
	return r < 0 ? r : systemd_call("start", p->socket_unit);
}

int gateway_board_create(const struct gateway_board *board)
{
	_cleanup_(gateway_board_paths_release) struct gateway_board_paths p;
	int r;

	gateway_board_paths(board->name, &p);
	r = put_conf(&p, board); /* first: with it, revoke finds the rest */
	if (r == 0)
		r = put_account(p.account);
	if (r == 0)
		r = put_dirs(&p);
	if (r == 0)
		r = put_host_entry(&p, board);
	return r < 0 ? r : put_units(&p, board);
}
