// SPDX-License-Identifier: GPL-2.0-only
#include "host/workflow/provision_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/options.h"
#include "common/similar.h"
#include "common/ssh_key.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/base/progress.h"

#include <errno.h>
#include <string.h>

#define KEY_MAX 16384 /* bytes; a file with a key of RSA and a comment is shorter */

const char *provision_state_name(enum provision_state state)
{
	static const char *const names[] = {
		[PROVISION_DONE] = "ok",         [PROVISION_WOULD] = "would change",
		[PROVISION_CHANGED] = "changed", [PROVISION_UNDONE] = "undone",
		[PROVISION_SKIPPED] = "skipped", [PROVISION_WAITS] = "waits",
		[PROVISION_FAILED] = "FAILED",
	};

	return names[state];
}

void provision_list_release(struct provision_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		strv_free(list->rows[i].lines);
		free(list->rows[i].why);
	}
	free(list->rows);
	findings_release(&list->notes);
}

struct provision_row *provision_add(struct provision_list *list, const char *step,
				    enum provision_state state)
{
	GROW(list->rows, list->n);
	list->rows[list->n] = (struct provision_row){ .step = step, .state = state };
	return &list->rows[list->n++];
}

/* --- what the user asks for -------------------------------------------------------------------- */

bool provision_wants(const struct provision_options *o, const char *name)
{
	const struct provision_step *step = provision_find_step(name);

	if (o->only)
		return strv_contains(o->only, name);
	if (o->undo)
		return step->can_be_undone;
	return !step->on_request || (o->headers && strcmp(name, "headers") == 0);
}

static int no_such_step(const char *name)
{
	struct similar similar = { .word = name };

	for (const struct provision_step *step = provision_steps; step->name; step++)
		similar_try(&similar, step->name);
	return log_error_errno(-EINVAL, "There is no step %s%s%s%s", name,
			       similar.found ? " (did you mean " : "",
			       similar.found ? similar.found : "", similar.found ? "?)" : "");
}

static int check_only(const struct provision_options *o)
{
	strv_foreach (name, o->only) {
		const struct provision_step *step = provision_find_step(*name);

		if (!step)
			return no_such_step(*name);
		if (o->undo && !step->can_be_undone)
			return log_error_errno(-EINVAL, "Step %s cannot be undone", *name);
	}
	return 0;
}

static int add_ports(const struct provision_options *o, outpost_Provision *request)
{
	strv_foreach (port, o->ports) {
		int number;

		if (parse_int(*port, 1, 65535, &number) < 0)
			return log_error_errno(-EINVAL,
					       "--allow-port requires a number from 1 to "
					       "65535, not %s",
					       *port);
		if (request->ports_count == ARRAY_SIZE(request->ports))
			return log_error_errno(-E2BIG, "--allow-port can be given %zu times",
					       ARRAY_SIZE(request->ports));
		request->ports[request->ports_count++] = (uint32_t)number;
	}
	return 0;
}

static int add_key(const char *path, outpost_Provision *request)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct ssh_key key;
	int r = fs_read_trimmed(path, &text, KEY_MAX);

	if (r < 0)
		return log_error_errno(r, "Cannot read the key %s", path);
	if (strchr(text.buf, '\n') ||
	    !ssh_key_parse(&key, (struct text){ text.buf, text.len }, SSH_KEY_HOST)) {
		log_error("%s is not one public key in OpenSSH's format", path);
		log_hint("Run ssh-keygen -t ed25519 -f KEY for a new one, and use --key KEY.pub");
		return -EINVAL;
	}
	proto_set(request->key, key.text);
	return 0;
}

static void add_module(outpost_Provision *request, const char *name)
{
	proto_set(request->modules[request->modules_count], name);
	request->modules_count++;
}

/* Folders for the modules of this project, so that ~/development looks the same everywhere. */
static void add_modules(outpost_Provision *request)
{
	_cleanup_strv_ char **names = NULL;

	if (fs_list("modules", &names) < 0)
		return;
	strv_foreach (name, names) {
		_cleanup_free_ char *kbuild = path_join("modules", *name, "Kbuild", NULL);
		_cleanup_free_ char *makefile = path_join("modules", *name, "Makefile", NULL);

		if (path_is_plain_name(*name) && strlen(*name) < sizeof(request->modules[0]) &&
		    request->modules_count < ARRAY_SIZE(request->modules) &&
		    (fs_exists(kbuild) || fs_exists(makefile)))
			add_module(request, *name);
	}
}

int provision_request(const struct provision_options *o, outpost_Provision *request)
{
	int r = 0;

	memset(request, 0, sizeof(*request));
	request->undo = o->undo;
	request->upgrade = o->upgrade;
	request->production = strcmp(o->profile, "production") == 0;
	if (!request->production && strcmp(o->profile, "development") != 0)
		return log_error_errno(-EINVAL, "--profile is development or production, not %s",
				       o->profile);
	r = check_only(o);
	if (r == 0)
		r = add_ports(o, request);
	if (r == 0 && o->key)
		r = add_key(o->key, request);
	add_modules(request);
	return r;
}

/* --- the steps --------------------------------------------------------------------------- */

static int one_step(struct provision_work *w, const struct provision_step *step)
{
	if (!provision_wants(w->options, step->name))
		return 0;
	if (!step->on_host)
		return provision_on_board(w, step);
	return w->options->dry_run || w->options->undo ? 0 : provision_selftest(w);
}

/* Undone in the reverse order: sudo, which we may need, last. */
static int each_step(struct provision_work *w)
{
	size_t n = 0;
	int r = 0;

	while (provision_steps[n].name)
		n++;
	for (size_t i = 0; i < n && r == 0 && !w->stop; i++)
		r = one_step(w, &provision_steps[w->options->undo ? n - 1 - i : i]);
	if (w->stop)
		log_warn("The steps after it were not tried");
	return r;
}

static int check_login(const struct provision_work *w, const outpost_Welcome *welcome)
{
	if (!welcome->production || w->options->dry_run)
		return 0;
	log_error("Board %s: this key is for production and may not change the board",
		  w->board->name);
	log_hint("Use the login that administers the board: outpost -b LOGIN@HOST provision");
	return -EPERM;
}

/* What the board's users should know, and no step mends. */
static int notes(struct provision_work *w)
{
	int r = doctor_condition(&w->list->notes, w->session);

	return r == -ENOTCONN ? session_say(w->session)
	       : r < 0 ? log_error_errno(r, "Cannot ask board %s for its condition", w->board->name)
		       : 0;
}

int provision_all(const struct context *ctx, const struct provision_options *options,
		  const outpost_Provision *request, struct provision_list *list)
{
	struct provision_work w = {
		.ctx = ctx, .options = options, .request = *request, .list = list
	};
	_cleanup_(board_freep) struct board *board = NULL;
	const outpost_Welcome *welcome;
	int r = board_find(ctx->board, &board);

	if (r < 0)
		return r;
	w.board = board;
	progress_start();
	r = session_open(board, NULL, &w.session);
	if (r == 0)
		r = session_welcome(w.session, &welcome);
	if (r == 0)
		r = check_login(&w, welcome);
	if (r == 0)
		r = each_step(&w);
	if (r == 0 && w.session)
		r = notes(&w);
	if (w.session)
		session_close(w.session);
	progress_end();
	return r;
}
