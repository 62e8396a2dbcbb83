// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/status.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/tunnel.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define HISTORY_MAX (1024 * 1024) /* bytes; the prober keeps less */

void tunnel_boards_release(struct tunnel_boards *boards)
{
	for (size_t i = 0; i < boards->n; i++)
		free(boards->list[i].name);
	free(boards->list);
	*boards = (struct tunnel_boards){ 0 };
}

int64_t tunnel_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool tunnel_is_gateway(const char *root)
{
	_cleanup_free_ char *dir = xasprintf("%s" TUNNEL_ROOTS, root);

	return fs_is_dir(dir);
}

static int log_no_gateway(const char *root)
{
	log_error("This machine is not a gateway: there is no folder %s" TUNNEL_ROOTS, root);
	log_hint("As root, run outpost tunnel setup-gateway");
	return -ENOENT;
}

static int log_no_board(const char *name)
{
	log_error("This gateway has no board '%s'", name);
	log_hint("Run outpost tunnel status to list its boards, or, as root, outpost tunnel "
		 "invite NAME to add one");
	return -ENOENT;
}

/* A status that cannot be read is as one that was never written, and the prober's fault. */
static void read_status(const char *root, int64_t now_ms, struct tunnel_board *board)
{
	_cleanup_free_ char *path = xasprintf("%s" TUNNEL_STATUS "/%s", root, board->name);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_read(path, &text, TUNNEL_STATUS_SIZE);

	if (r == 0)
		r = tunnel_status_parse((struct text){ text.buf, text.len }, &board->status);
	if (r == 0)
		board->seen = now_ms - board->status.written_ms > TUNNEL_STALE_MS ? TUNNEL_SEEN_ONCE
										  : TUNNEL_SEEN_NOW;
	else if (r != -ENOENT)
		log_warn_errno(r, "Cannot read %s", path);
}

int tunnel_boards_read(const char *root, const char *only, int64_t now_ms,
		       struct tunnel_boards *boards)
{
	_cleanup_free_ char *dir = xasprintf("%s" TUNNEL_ROOTS, root);
	_cleanup_strv_ char **entries = NULL;
	int r = fs_list(dir, &entries);

	if (r == -ENOENT)
		return log_no_gateway(root);
	if (r < 0)
		return log_error_errno(r, "Cannot read %s", dir);
	*boards = (struct tunnel_boards){ 0 };
	strv_foreach (entry, entries) {
		const char *name = *entry + strlen(TUNNEL_ACCOUNT);
		struct tunnel_board *board;

		if (strncmp(*entry, TUNNEL_ACCOUNT, strlen(TUNNEL_ACCOUNT)) != 0 ||
		    !tunnel_is_name(name) || (only && strcmp(name, only) != 0))
			continue;
		GROW(boards->list, boards->n);
		board = &boards->list[boards->n++];
		*board = (struct tunnel_board){ .name = xstrdup(name) };
		read_status(root, now_ms, board);
	}
	return only && !boards->n ? log_no_board(only) : 0;
}

int tunnel_outages_read(const char *root, const char *name, struct tunnel_outage **outages,
			size_t *n)
{
	_cleanup_free_ char *path = xasprintf("%s" TUNNEL_HISTORY "/%s", root, name);
	_cleanup_(strbuf_release) struct strbuf all = STRBUF_INIT;
	int r = fs_read(path, &all, HISTORY_MAX);
	struct text rest = { all.buf, all.len }, line;

	*outages = NULL;
	*n = 0;
	if (r < 0)
		return r == -ENOENT ? 0 : log_error_errno(r, "Cannot read %s", path);
	while (text_line(&rest, &line)) {
		struct tunnel_outage outage;

		if (tunnel_outage_parse(line, &outage) < 0) {
			log_debug("%s has a line that is not an outage", path);
			continue;
		}
		GROW(*outages, *n);
		(*outages)[(*n)++] = outage;
	}
	return 0;
}
