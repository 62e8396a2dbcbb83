// SPDX-License-Identifier: GPL-2.0-only
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "host/base/json_make.h"
#include "host/base/progress.h"
#include "host/board/deploy.h"
#include "host/cmd/command.h"
#include "host/report/out.h"
#include "host/workflow/workflow.h"

#include <errno.h>
#include <string.h>

#define ROUNDS      3 /* the board may have lost files that we think it has; do not retry forever */
#define PATIENCE_MS 60000 /* time limit without any progress */

static const struct option_row options[] = {
	WORKFLOW_BUILD_OPTIONS(struct workflow_options, ),
	WORKFLOW_RETURN_OPTION(struct workflow_options, ),
	OPTION_END,
};

/* A module to be delivered. */
struct parcel {
	const struct module *module;
	uint8_t hash[HASH_SIZE];
	char *path; /* on the board, once delivered */
	bool changed;
	bool missing; /* the board replied Need */
	outpost_Need need;
};

struct parcels {
	struct workflow *w;
	struct deploy *deploy;
	struct parcel *items;
	size_t n;
};

static void parcels_release(struct parcels *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->items[i].path);
	free(all->items);
	if (all->deploy)
		deploy_free(all->deploy);
}

static int pack(struct parcels *all)
{
	all->deploy = deploy_new(all->w->board);
	all->items = xcalloc(all->w->modules.n + 1, sizeof(*all->items));
	for (size_t i = 0; i < all->w->modules.n; i++) {
		const struct module *m = all->w->modules.modules[i];
		struct parcel *parcel = &all->items[all->n];
		int r;

		if (m->error)
			continue;
		parcel->module = m;
		r = deploy_add(all->deploy, m->name, m->stripped, parcel->hash);
		if (r < 0)
			return r;
		all->n++;
	}
	return deploy_send(all->deploy, all->w->session);
}

static int send_deploys(struct parcels *all)
{
	int r = 0;

	for (size_t i = 0; i < all->n && r == 0; i++) {
		struct parcel *parcel = &all->items[i];
		outpost_Request request = { .which_body = outpost_Request_deploy_tag };

		if (parcel->path)
			continue;
		if (parcel->missing)
			r = deploy_need(all->deploy, all->w->session, &parcel->need);
		parcel->missing = false;
		proto_set(request.body.deploy.name, parcel->module->name);
		request.body.deploy.hash.size = HASH_SIZE;
		memcpy(request.body.deploy.hash.bytes, parcel->hash, HASH_SIZE);
		if (r == 0)
			r = session_send(all->w->session, &request);
	}
	return r;
}

static void take_need(struct parcels *all, const outpost_Need *need)
{
	for (size_t i = 0; i < all->n; i++)
		if (!all->items[i].path && need->hash.size == HASH_SIZE &&
		    memcmp(all->items[i].hash, need->hash.bytes, HASH_SIZE) == 0) {
			all->items[i].missing = true;
			all->items[i].need = *need;
		}
}

static void take_deployed(struct parcels *all, const outpost_Deployed *deployed)
{
	for (size_t i = 0; i < all->n; i++) {
		struct parcel *parcel = &all->items[i];

		if (strcmp(parcel->module->name, deployed->name) != 0)
			continue;
		if (!parcel->path)
			parcel->path = xstrdup(deployed->path);
		parcel->changed |= deployed->changed;
	}
}

static int take_reply(struct parcels *all)
{
	const char *board = all->w->board->name;
	outpost_Reply reply = { 0 };
	struct frame frame;
	int r = session_await(all->w->session, PATIENCE_MS, &frame);

	if (r == SESSION_ENDED)
		return session_say(all->w->session);
	if (r == SESSION_NOTHING)
		return log_error_errno(-ETIMEDOUT,
				       "Board %s has neither received nor sent anything for %d s",
				       board, PATIENCE_MS / 1000);
	if (r < 0)
		return r;
	if (frame.type != FRAME_REPLY || proto_unpack(&frame, outpost_Reply_fields, &reply) < 0)
		return log_error_errno(-EBADMSG, "Board %s: invalid message", board);
	if (reply.which_body == outpost_Reply_need_tag)
		take_need(all, &reply.body.need);
	else if (reply.which_body == outpost_Reply_deployed_tag)
		take_deployed(all, &reply.body.deployed);
	else if (reply.which_body == outpost_Reply_failure_tag)
		return session_say_failure(all->w->session, &reply.body.failure);
	return 0;
}

/* Counts the parcels without an answer, and those that the board asked for. */
static size_t open_parcels(const struct parcels *all, size_t *missing)
{
	size_t n = 0;

	*missing = 0;
	for (size_t i = 0; i < all->n; i++) {
		n += !all->items[i].path && !all->items[i].missing;
		*missing += all->items[i].missing;
	}
	return n;
}

static int deliver(struct parcels *all)
{
	size_t missing = 1;

	for (int round = 0; round < ROUNDS && missing; round++) {
		int r = send_deploys(all);

		while (r == 0 && open_parcels(all, &missing))
			r = take_reply(all);
		if (r < 0)
			return r;
	}
	if (missing)
		return log_error_errno(-EIO, "Board %s does not keep the files that it receives",
				       all->w->board->name);
	deploy_remember(all->deploy);
	return 0;
}

static json_t *to_json(const struct parcels *all)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < all->n; i++)
		json_array_append_new(rows, object_json("{s:s, s:s, s:b}", "module",
							all->items[i].module->name, "path",
							all->items[i].path, "changed",
							all->items[i].changed));
	return object_json("{s:s, s:s, s:s, s:I, s:o}", "schema", "outpost.deploy/1", "board",
			   all->w->board->name, "kernel", all->w->release, "bytes_sent",
			   (json_int_t)deploy_sent(all->deploy), "modules", rows);
}

static void print(const struct parcels *all)
{
	for (size_t i = 0; i < all->n; i++)
		out_print("%s%s\n", all->items[i].path,
			  all->items[i].changed ? "" : "  (unchanged)");
}

/* Reports the modules that were not deployed: not built, or not for this kernel. */
static int report_errors(const struct workflow *w)
{
	int status = STATUS_OK;

	for (size_t i = 0; i < w->modules.n; i++) {
		const struct module *m = w->modules.modules[i];

		if (!m->error)
			continue;
		log_error("%s was not deployed: %s", m->name, m->error);
		status = STATUS_TROUBLE;
	}
	return status;
}

static int run(struct context *ctx, void *arg, int argc, char **argv)
{
	char *const *paths = workflow_paths("deploy", argc, argv);
	_cleanup_(workflow_release) struct workflow w = { 0 };
	_cleanup_(parcels_release) struct parcels all = { .w = &w };
	int r;

	if (!paths)
		return STATUS_USAGE;
	r = workflow_board(&w, ctx, arg);
	if (r == 0)
		r = workflow_modules(&w, paths);
	if (r == 0)
		r = pack(&all);
	if (r == 0)
		r = deliver(&all);
	progress_end();
	if (r < 0)
		return r;
	if (ctx->json)
		r = out_json(to_json(&all));
	else
		print(&all);
	return r < 0 ? r : report_errors(&w);
}

const struct command cmd_deploy = {
	.name = "deploy",
	.args = "[PATH...]",
	.summary = "Put modules on the board, and keep the previous ones",
	.help = "Copies each module to ~/development/modules/NAME/NAME.ko, and keeps the previous\n"
		"ones in ~/development/backups/NAME/. Loads nothing.\n",
	.options = options,
	.options_size = sizeof(struct workflow_options),
	.has_json = true,
	.most_args = -1,
	.run = run,
};
