// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/gateway.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"

#include <errno.h>
#include <string.h>

#define RECORD_MAX 4096

const struct gateway_places gateway_places = {
	.keys = TUNNEL_KEYS,
	.roots = TUNNEL_ROOTS,
	.agents = TUNNEL_AGENTS,
	.conf = TUNNEL_CONF,
	.host_keys = TUNNEL_HOST_KEYS,
};

bool invitation_is_id(const char *id)
{
	return strlen(id) == INVITATION_ID_SIZE - 1 &&
	       strspn(id, "0123456789abcdef") == INVITATION_ID_SIZE - 1;
}

int invitation_find(const struct gateway_places *places, const char *name, const char *id,
		    time_t now, struct invitation_record *record)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, why = STRBUF_INIT;
	_cleanup_free_ char *file = xasprintf("%s/" INVITATION_PREFIX "%s", name, id);
	_cleanup_close_ int keys = beneath_root(places->keys);
	int r = keys < 0 ? keys : beneath_read(keys, file, &text, RECORD_MAX);

	if (r < 0)
		return r;
	if (!invitation_read_record(record, (struct text){ text.buf, text.len }, &why))
		return -EBADMSG;
	return record->expires <= now ? -ETIME : 0;
}

/* sshd(8) reads the time in the local time zone; a trailing Z is understood only from 9.1 on. */
static void add_invitation(struct strbuf *out, const char *name, const char *id,
			   const struct invitation_record *record)
{
	time_t expires = (time_t)record->expires;
	char text[32] = "";
	struct tm tm;

	if (!localtime_r(&expires, &tm) || !strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm))
		return;
	strbuf_addf(out,
		    "restrict,expiry-time=\"%s\",command=\"%s/outpost-gateway accept %s %s\" %s\n",
		    text, TUNNEL_LIB, name, id, record->key.text);
}

/* At most one is there, unless a command was killed. */
static void add_invitations_of(const struct gateway_places *places, const char *name, time_t now,
			       struct strbuf *out)
{
	_cleanup_free_ char *dir = xasprintf("%s/%s", places->keys, name);
	_cleanup_strv_ char **files = NULL;
	struct invitation_record record;

	if (fs_list(dir, &files) < 0)
		return;
	strv_foreach (file, files) {
		const char *id = *file + strlen(INVITATION_PREFIX);

		if (strncmp(*file, INVITATION_PREFIX, strlen(INVITATION_PREFIX)) == 0 &&
		    invitation_is_id(id) && invitation_find(places, name, id, now, &record) == 0)
			add_invitation(out, name, id, &record);
	}
}

static int add_invitations(const struct gateway_places *places, time_t now, struct strbuf *out)
{
	_cleanup_strv_ char **names = NULL;
	int r = fs_list(places->keys, &names);

	strv_foreach (name, names)
		if (tunnel_is_name(*name))
			add_invitations_of(places, *name, now, out);
	return r;
}

static int add_tunnel_key(const struct gateway_places *places, const char *name, struct strbuf *out)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *file = xasprintf("%s/key", name);
	_cleanup_close_ int keys = beneath_root(places->keys);
	struct text rest, line;
	struct ssh_key key;
	int r = keys < 0 ? keys : beneath_read(keys, file, &text, RECORD_MAX);

	if (r < 0)
		return r;
	rest = (struct text){ text.buf, text.len };
	if (!text_line(&rest, &line) || rest.n || !ssh_key_parse(&key, line, SSH_KEY_LOGIN))
		return -EBADMSG;
	strbuf_addf(out, "restrict,port-forwarding %s\n", key.text);
	return 0;
}

int keys_write(const struct gateway_places *places, const char *user, time_t now,
	       struct strbuf *out)
{
	const char *name = user + strlen(TUNNEL_ACCOUNT);
	int r;

	if (strcmp(user, TUNNEL_INVITE) == 0)
		return add_invitations(places, now, out);
	if (strncmp(user, TUNNEL_ACCOUNT, strlen(TUNNEL_ACCOUNT)) != 0 || !tunnel_is_name(name))
		return 0;
	if (board_is_crowded(places, user))
		return 0;
	r = add_tunnel_key(places, name, out);
	return r == -ENOENT ? 0 : r; /* invited only */
}

int cmd_keys(int argc, char **argv)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r = keys_write(&gateway_places, argv[0], time(NULL), &out);

	(void)argc;
	if (r < 0)
		return log_error_errno(r, "Cannot read the keys of %s", argv[0]) < 0;
	return fs_write_all(STDOUT_FILENO, out.buf, out.len) < 0;
}
