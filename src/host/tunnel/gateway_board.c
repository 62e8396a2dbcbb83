// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/gateway_board.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/invitation.h"
#include "common/log.h"
#include "common/options.h"
#include "common/strv.h"
#include "host/base/ini.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FILE_MAX 4096

int gateway_board_names(char ***names)
{
	_cleanup_strv_ char **files = NULL, **found = NULL;
	int r = fs_list(TUNNEL_CONF, &files);

	if (r < 0 && r != -ENOENT)
		return log_error_errno(r, "Cannot read " TUNNEL_CONF);
	strv_foreach (file, files) {
		_cleanup_free_ char *name = xstrdup(*file);

		if (!text_ends_with(name, ".conf"))
			continue;
		name[strlen(name) - strlen(".conf")] = '\0';
		if (tunnel_is_name(name))
			strv_add(&found, name);
	}
	*names = TAKE_PTR(found);
	return 0;
}

static int set_key(const struct ini_entry *e, void *arg)
{
	struct gateway_board *board = arg;

	if (!e->key)
		return 0;
	if (strcmp(e->key, "port") == 0)
		return parse_int(e->value, 1, 65535, &board->port) == 0
			       ? 0
			       : ini_error(e, LOG_LEVEL_ERROR, "expected a port");
	if (!tunnel_is_login(e->value))
		return ini_error(e, LOG_LEVEL_ERROR, "expected the name of a user");
	snprintf(board->login, sizeof(board->login), "%s", e->value);
	return 0;
}

int gateway_board_read(const char *name, struct gateway_board *board)
{
	static const struct ini_key keys[] = { { "port" }, { "login" }, { NULL } };
	static const struct ini_syntax syntax = { .keys = keys, .level = LOG_LEVEL_ERROR };
	_cleanup_free_ char *path = xasprintf(TUNNEL_CONF "/%s.conf", name);
	int r;

	*board = (struct gateway_board){ 0 };
	snprintf(board->name, sizeof(board->name), "%s", name);
	r = ini_read(path, &syntax, set_key, board);
	if (r == 0 && (!board->port || !*board->login)) {
		log_error("%s: 'port' or 'login' is missing", path);
		return -EINVAL;
	}
	return r;
}

/* --- what became of it --- */

static long long read_expiry(const char *dir, const char *file)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, file);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, why = STRBUF_INIT;
	struct invitation_record record;

	if (fs_read(path, &text, FILE_MAX) < 0 ||
	    !invitation_read_record(&record, (struct text){ text.buf, text.len }, &why))
		return 0;
	return record.expires > (long long)time(NULL) ? record.expires : 0;
}

static char *read_hostname(const char *dir)
{
	_cleanup_free_ char *path = xasprintf("%s/board", dir);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, clean = STRBUF_INIT;
	struct text rest, line;

	if (fs_read(path, &text, FILE_MAX) < 0)
		return NULL;
	rest = (struct text){ text.buf, text.len };
	if (!text_line(&rest, &line) || !text_take(&line, "hostname "))
		return NULL;
	strbuf_add_clean(&clean, line.p, line.n);
	return strbuf_detach(&clean);
}

void gateway_board_state(const char *name, struct gateway_board_state *state)
{
	_cleanup_free_ char *dir = xasprintf(TUNNEL_KEYS "/%s", name);
	_cleanup_free_ char *key = xasprintf("%s/key", dir);
	_cleanup_strv_ char **files = NULL;

	*state = (struct gateway_board_state){ .joined = fs_exists(key) };
	state->hostname = read_hostname(dir);
	if (fs_list(dir, &files) < 0)
		return;
	strv_foreach (file, files)
		if (strncmp(*file, INVITATION_PREFIX, strlen(INVITATION_PREFIX)) == 0 &&
		    !state->invited_until)
			state->invited_until = read_expiry(dir, *file);
}

int gateway_board_free_port(int *port)
{
	_cleanup_strv_ char **names = NULL;
	int r = gateway_board_names(&names);
	bool taken = true;

	for (*port = GATEWAY_FIRST_PORT - 1; r == 0 && taken;) {
		++*port;
		taken = false;
		strv_foreach (name, names) {
			struct gateway_board board;

			r = gateway_board_read(*name, &board);
			if (r < 0)
				break;
			taken = taken || board.port == *port;
		}
	}
	return r;
}
