// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loopback is open to every local user, so nftables decides who may connect to the port of a
 * board. `meta skgid` is the group that a process had when it created the socket, not its
 * supplementary groups; so the members of the group are named by their user ids.
 */
#include "gateway/gateway.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

#define CONF_MAX 4096

static int read_port(const char *path, unsigned int *port)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct text rest, line;
	uint64_t n;
	int r = fs_read(path, &text, CONF_MAX);

	if (r < 0)
		return r;
	rest = (struct text){ text.buf, text.len };
	while (text_line(&rest, &line)) {
		if (!text_take(&line, "port = "))
			continue;
		if (!text_take_u64(&line, &n) || line.n || n < 1 || n > 65535)
			return -EBADMSG;
		*port = (unsigned int)n;
		return 0;
	}
	return -EBADMSG;
}

static int add_ports(const char *conf, struct strbuf *out)
{
	_cleanup_strv_ char **files = NULL;
	const char *separator = "\t\telements = { ";
	int r = fs_list(conf, &files);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s", conf);
	strv_foreach (file, files) {
		_cleanup_free_ char *path = xasprintf("%s/%s", conf, *file);
		unsigned int port;

		if (!text_ends_with(*file, ".conf"))
			continue;
		r = read_port(path, &port);
		if (r == -ENOENT) /* revoked just now */
			continue;
		if (r < 0)
			return log_error_errno(r, "Cannot read the port in %s", path);
		strbuf_addf(out, "%s%u", separator, port);
		separator = ", ";
	}
	if (*separator == ',')
		strbuf_adds(out, " }\n");
	return 0;
}

int rules_write(const struct gateway_places *places, unsigned int gid, const unsigned int *uids,
		size_t n, struct strbuf *out)
{
	int r;

	/* The first two lines make the third work whether or not the table exists. */
	strbuf_adds(out, "table inet outpost\n"
			 "delete table inet outpost\n"
			 "table inet outpost {\n"
			 "\tset ports {\n"
			 "\t\ttype inet_service\n");
	r = add_ports(places->conf, out);
	if (r < 0)
		return r;
	/* Packets of a closed socket have no user: judge only the first one of a connection. */
	strbuf_addf(
		out,
		"\t}\n"
		"\tchain output {\n"
		"\t\ttype filter hook output priority filter; policy accept;\n"
		"\t\toifname \"lo\" ip daddr 127.0.0.1 tcp dport @ports"
		" tcp flags & (syn | ack) == syn goto developers\n"
		/* Boards are on 127.0.0.1, but "localhost" is this one, too: anybody could listen there. */
		"\t\toifname \"lo\" ip6 daddr ::1 tcp dport @ports"
		" tcp flags & (syn | ack) == syn reject with tcp reset\n"
		"\t}\n"
		"\tchain developers {\n"
		"\t\tmeta skgid %u accept\n"
		"\t\tmeta skuid { 0",
		gid);
	for (size_t i = 0; i < n; i++)
		strbuf_addf(out, ", %u", uids[i]);
	strbuf_adds(out, " } accept\n"
			 "\t\treject with tcp reset\n"
			 "\t}\n"
			 "}\n");
	return 0;
}

struct uids {
	unsigned int *list;
	size_t n;
};

static void add_uid(struct uids *uids, uid_t uid)
{
	for (size_t i = 0; i < uids->n; i++)
		if (uids->list[i] == uid)
			return;
	if (uid == 0) /* always in the rules */
		return;
	GROW(uids->list, uids->n);
	uids->list[uids->n++] = uid;
}

/* The members of the group, and those whose primary group it is. */
static void find_members(const struct group *group, struct uids *uids)
{
	const struct passwd *user;

	for (char **name = group->gr_mem; *name; name++) {
		user = getpwnam(*name);
		if (user)
			add_uid(uids, user->pw_uid);
	}
	setpwent();
	while ((user = getpwent()))
		if (user->pw_gid == group->gr_gid)
			add_uid(uids, user->pw_uid);
	endpwent();
}

int cmd_rules(int argc, char **argv)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	const struct group *group = getgrnam(TUNNEL_GROUP);
	struct uids uids = { 0 };
	int r;

	(void)argc;
	(void)argv;
	if (!group) {
		log_error("There is no group " TUNNEL_GROUP);
		log_hint("As root, run outpost tunnel setup-gateway");
		return 1;
	}
	find_members(group, &uids);
	r = rules_write(&gateway_places, group->gr_gid, uids.list, uids.n, &out);
	free(uids.list);
	return r < 0 || fs_write_all(STDOUT_FILENO, out.buf, out.len) < 0;
}
