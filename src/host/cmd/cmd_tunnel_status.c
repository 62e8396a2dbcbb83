// SPDX-License-Identifier: GPL-2.0-only
/* tunnel status: what the prober sees, and the outages of the past. */
#include "host/cmd/cmd_tunnel.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"
#include "host/report/out.h"
#include "host/report/out_table.h"
#include "host/report/out_tunnel.h"
#include "host/store/store.h"
#include "host/tunnel/status.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_MS   2000
#define OUTAGES_ALL 1  /* shown of each board */
#define OUTAGES_ONE 10 /* shown of the only board */

struct view {
	struct tunnel_boards boards;
	struct out_tunnel *tunnels; /* as many; their outages are allocated */
};

static void view_release(struct view *v)
{
	for (size_t i = 0; v->tunnels && i < v->boards.n; i++)
		free((void *)v->tunnels[i].outages);
	free(v->tunnels);
	tunnel_boards_release(&v->boards);
}

static void reverse(struct tunnel_outage *list, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct tunnel_outage o = list[i];

		list[i] = list[n - 1 - i];
		list[n - 1 - i] = o;
	}
}

/*
 * What the prober wrote goes to the store, which keeps more, and longer. Without a store, shows
 * what the prober wrote.
 */
static int read_outages(const char *root, struct store *store, size_t limit, struct out_tunnel *t)
{
	struct tunnel_outage *outages;
	size_t n;
	int r = tunnel_outages_read(root, t->board->name, &outages, &n);

	if (r == 0 && store) {
		r = store_add_outages(store, t->board->name, outages, n);
		free(outages);
		if (r == 0)
			r = store_outages(store, t->board->name, limit, &outages, &n);
	} else if (r == 0) {
		reverse(outages, n);
		n = n < limit ? n : limit;
	}
	if (r < 0)
		return r;
	t->outages = outages;
	t->n_outages = n;
	return 0;
}

static int view_read(struct view *v, const char *root, struct store *store, const char *name)
{
	int r = tunnel_boards_read(root, name, tunnel_now_ms(), &v->boards);

	if (r < 0)
		return r;
	v->tunnels = xcalloc(v->boards.n, sizeof(*v->tunnels));
	for (size_t i = 0; r == 0 && i < v->boards.n; i++) {
		v->tunnels[i].board = &v->boards.list[i];
		r = read_outages(root, store, name ? OUTAGES_ONE : OUTAGES_ALL, &v->tunnels[i]);
	}
	return r;
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* On a terminal, over the table printed before, which had `*lines`. */
static void print_table(const struct view *v, bool again, size_t *lines)
{
	_cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
	const struct out_tunnel_look look = { .now_ms = tunnel_now_ms(),
					      .columns = table_columns(stdout),
					      .colour = out_colour(stdout) };

	if (again && look.colour)
		printf("\033[%zuA\033[J", *lines);
	else if (again)
		putchar('\n');
	out_tunnel_table(&out, v->tunnels, v->boards.n, &look);
	fwrite(out.buf, 1, out.len, stdout);
	*lines = count_lines(out.buf);
}

static int show(const struct context *ctx, const struct view *v, bool watch, bool again,
		size_t *lines)
{
	json_t *document;

	if (ctx->json) {
		document = out_tunnel_json(v->tunnels, v->boards.n);
		return watch ? out_json_line(document) : out_json(document);
	}
	if (v->boards.n)
		print_table(v, again, lines);
	else if (!again)
		log_info("This gateway has no boards yet; as root, run outpost tunnel invite NAME");
	return 0;
}

static bool all_up(const struct tunnel_boards *boards)
{
	for (size_t i = 0; i < boards->n; i++)
		if (boards->list[i].seen != TUNNEL_SEEN_NOW || !boards->list[i].status.up)
			return false;
	return true;
}

/* Until the next time. False after Ctrl-C, or if nobody reads any more. */
static bool pause_watching(void)
{
	struct timespec pause = { REDRAW_MS / 1000, REDRAW_MS % 1000 * 1000000 };

	if (fflush(stdout) != 0)
		return false;
	nanosleep(&pause, NULL);
	return !process_interrupted;
}

int cmd_tunnel_status(struct context *ctx, const char *root, bool watch, const char *name)
{
	_cleanup_(store_closep) struct store *store = NULL;
	bool again = false, up = true;
	size_t lines = 0;
	int r;

	(void)store_open(&store); /* logged: the status is shown without it */
	do {
		_cleanup_(view_release) struct view view = { 0 };

		r = view_read(&view, root, store, name);
		if (r == 0)
			r = show(ctx, &view, watch, again, &lines);
		if (r < 0)
			return r;
		up = all_up(&view.boards);
		again = true;
	} while (watch && pause_watching());
	return name && !watch && !up ? STATUS_FAIL : STATUS_OK;
}
