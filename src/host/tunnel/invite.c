// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/invite.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/hex.h"
#include "common/log.h"
#include "common/options.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/base/ini.h"
#include "host/tunnel/gateway_board.h"
#include "host/tunnel/gateway_files.h"
#include "host/tunnel/made.h"
#include "host/tunnel/setup.h"
#include "host/tunnel/sshd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_LOGIN "pi"

/* "address = gw.example.org": where boards reach this gateway. */
#define INVITE_CONF "/etc/outpost/gateway.conf"

void invite_release(struct invite *invite)
{
	explicit_bzero(invite->key.buf, invite->key.len);
	strbuf_release(&invite->key);
	strbuf_release(&invite->known_hosts);
}

/* --- the address, which is remembered --- */

static int remember_line(const struct ini_entry *e, void *arg)
{
	char **address = arg;

	if (e->key && !*address)
		*address = xstrdup(e->value);
	return 0;
}

static int remembered_address(char **address)
{
	static const struct ini_key keys[] = { { "address" }, { NULL } };
	static const struct ini_syntax syntax = { .keys = keys, .level = LOG_LEVEL_ERROR };
	int r = ini_read(INVITE_CONF, &syntax, remember_line, address);

	return r == -ENOENT ? 0 : r;
}

static int remember(const char *address)
{
	_cleanup_(made_release) struct made made = { 0 };
	_cleanup_free_ char *text = xasprintf("address = %s\n", address);
	int r = made_read(&made);

	if (r == 0)
		r = made_add(&made, MADE_FILE_OR_LINK, INVITE_CONF);
	if (r < 0)
		return r;
	r = fs_write_atomic(INVITE_CONF, text, strlen(text), 0644);
	return r < 0 ? log_error_errno(r, "Cannot write " INVITE_CONF) : 0;
}

static int sshd_port(int *port)
{
	_cleanup_(strbuf_release) struct strbuf settings = STRBUF_INIT;
	_cleanup_free_ char *text = NULL;
	struct text value;
	int r = sshd_settings(NULL, &settings);

	if (r < 0)
		return r;
	if (!sshd_setting(&settings, "port", &value))
		return 0;
	text = xstrndup(value.p, value.n);
	return parse_int(text, 1, 65535, port);
}

static int find_address(const char *given, struct invitation *invitation)
{
	_cleanup_free_ char *remembered = NULL;
	const char *address = given;
	int r = given ? 0 : remembered_address(&remembered);

	if (r < 0)
		return r;
	if (!address)
		address = remembered;
	if (!address) {
		log_error("The address at which boards reach this gateway is not known");
		log_hint("Add --address NAME[:PORT], such as --address gw.example.org; it is "
			 "remembered in " INVITE_CONF);
		return -EINVAL;
	}
	invitation->port = 22;
	r = sshd_port(&invitation->port);
	if (r == 0)
		r = invite_parse_address(address, invitation->gateway, sizeof(invitation->gateway),
					 &invitation->port);
	if (r < 0)
		return log_error_errno(r, "'%s' is not the address of a gateway", address);
	return given ? remember(given) : 0;
}

/* --- the board --- */

static int check_port(const struct gateway_board *board)
{
	_cleanup_strv_ char **names = NULL;
	int r = gateway_board_names(&names);

	strv_foreach (name, names) {
		struct gateway_board other;

		if (strcmp(*name, board->name) == 0)
			continue;
		r = gateway_board_read(*name, &other);
		if (r < 0)
			return r;
		if (other.port != board->port)
			continue;
		log_error("Port %d belongs to board %s", board->port, other.name);
		return -EADDRINUSE;
	}
	return r;
}

/* What is not given is as it was, or the default. *is_new: there is no such board yet. */
static int plan_board(const struct invite_options *o, struct gateway_board *board, bool *is_new)
{
	int r = gateway_board_read(o->name, board);

	*is_new = r == -ENOENT;
	if (r < 0 && r != -ENOENT)
		return r;
	r = 0;
	if (o->login || *is_new)
		snprintf(board->login, sizeof(board->login), "%s",
			 o->login ? o->login : DEFAULT_LOGIN);
	if (o->port)
		board->port = o->port;
	else if (*is_new)
		r = gateway_board_free_port(&board->port);
	return r < 0 ? r : check_port(board);
}

/* --- the keys --- */

/* In a folder of /run, so that the private key is never on a disk. */
static int make_key(const char *name, struct strbuf *private_key, struct ssh_key *public_key)
{
	char dir[] = "/run/outpost-invite.XXXXXX";
	_cleanup_free_ char *file = NULL, *file_pub = NULL,
			    *comment = xasprintf("outpost-invitation-%s", name);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	if (!mkdtemp(dir))
		return log_error_errno(-errno, "Cannot create a folder in /run");
	file = xasprintf("%s/key", dir);
	file_pub = xasprintf("%s.pub", file);
	r = process_run(
		ARGV("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file),
		&(struct process_options){ .timeout_ms = 20000 });
	if (r == 0)
		r = fs_read(file, private_key, 4096);
	if (r == 0)
		r = fs_read_trimmed(file_pub, &text, 4096);
	(void)fs_remove_tree(dir);
	if (r == 0 &&
	    !ssh_key_parse(public_key, (struct text){ text.buf, text.len }, SSH_KEY_LOGIN))
		r = -EBADMSG;
	return r ? log_error_errno(r < 0 ? r : -EIO, "Cannot create a key with ssh-keygen") : 0;
}

/*
 * A board needs only one of them to pin the gateway. When it joins, it gets the others from the file,
 * which is brought up to date.
 */
static int add_known_hosts(struct strbuf *out)
{
	_cleanup_(strbuf_release) struct strbuf all = STRBUF_INIT;
	struct ssh_key keys[INVITATION_HOST_KEYS];
	size_t n, best = 0;
	int r = sshd_host_keys(keys, ARRAY_SIZE(keys), &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		strbuf_addf(&all, "%s\n", keys[i].text);
		if (strncmp(keys[i].text, "ssh-ed25519 ", 12) == 0)
			best = i;
	}
	invitation_write_known_hosts(out, TUNNEL_GATEWAY_ALIAS, &keys[best], 1);
	r = fs_write_atomic(TUNNEL_HOST_KEYS, all.buf, all.len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write " TUNNEL_HOST_KEYS) : 0;
}

static int remove_older(const char *dir, const char *keep)
{
	_cleanup_strv_ char **files = NULL;
	int r = fs_list(dir, &files);

	strv_foreach (file, files) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, *file);
		bool is_ours = strncmp(*file, INVITATION_PREFIX, strlen(INVITATION_PREFIX)) == 0 ||
			       strncmp(*file, "claimed.", strlen("claimed.")) == 0;

		if (is_ours && strcmp(path, keep) != 0 && unlink(path) < 0 && errno != ENOENT)
			r = -errno;
	}
	return r;
}

/* The older one goes first: at no time are there two. */
static int put_record(const char *name, const struct invitation_record *record)
{
	unsigned char random[(INVITATION_ID_SIZE - 1) / 2];
	char id[INVITATION_ID_SIZE];
	_cleanup_free_ char *dir = xasprintf(TUNNEL_KEYS "/%s", name), *path = NULL;
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return log_error_errno(-EIO, "Cannot get random bytes");
	hex_encode(id, random, sizeof(random));
	path = xasprintf("%s/" INVITATION_PREFIX "%s", dir, id);
	invitation_write_record(&text, record);
	r = remove_older(dir, path);
	if (r == 0)
		r = fs_write_atomic(path, text.buf, text.len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int put_invitation(const struct gateway_board *board, struct invite *invite)
{
	struct invitation_record record = { .expires = invite->invitation.expires };
	_cleanup_free_ char *account = xasprintf(TUNNEL_ACCOUNT "%s", board->name);
	int r = gateway_board_create(board);

	/* Only now is there a user whom sshd can tell about. */
	if (r == 0)
		r = sshd_check_block(gateway_sshd_config, "Match Group " TUNNEL_BOARDS, account);
	if (r == 0)
		r = make_key(board->name, &invite->key, &record.key);
	if (r == 0)
		r = add_known_hosts(&invite->known_hosts);
	return r < 0 ? r : put_record(board->name, &record);
}

static int check_options(const struct invite_options *o)
{
	if (!tunnel_is_name(o->name)) {
		log_error("'%s' is not a valid name for a board behind a gateway", o->name);
		log_hint("Use up to 24 lower-case letters, digits and dashes; start with a letter");
		return -EINVAL;
	}
	if (o->login && !tunnel_is_login(o->login)) {
		log_error("'%s' is not a valid name of a user", o->login);
		return -EINVAL;
	}
	return setup_is_done() ? 0 : -ENOENT;
}

int invite_create(const struct invite_options *o, struct invite *invite)
{
	struct gateway_board board;
	_cleanup_close_ int lock = -1;
	bool is_new = false;
	int r = check_options(o);

	*invite = (struct invite){ .key = STRBUF_INIT, .known_hosts = STRBUF_INIT };
	if (r < 0)
		return r;
	lock = setup_lock();
	if (lock < 0)
		return lock;
	snprintf(invite->invitation.name, sizeof(invite->invitation.name), "%s", o->name);
	invite->invitation.expires = (long long)time(NULL) + o->expires_s;
	r = find_address(o->address, &invite->invitation);
	if (r == 0)
		r = plan_board(o, &board, &is_new);
	if (r < 0)
		return r;
	r = put_invitation(&board, invite);
	if (r < 0 && is_new) {
		log_info("Removing what was created for board %s", o->name);
		(void)gateway_board_remove(o->name);
	}
	invite->board_port = board.port;
	return r;
}
