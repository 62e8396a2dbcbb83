// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/made.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "host/tunnel/account.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char *const kinds[] = {
	[MADE_GROUP] = "group",
	[MADE_USER] = "user",
	[MADE_DIR] = "dir",
	[MADE_FILE_OR_LINK] = "file",
};

const char *made_label(enum made_kind kind)
{
	static const char *const labels[] = {
		[MADE_GROUP] = "group ",
		[MADE_USER] = "user ",
		[MADE_DIR] = "",
		[MADE_FILE_OR_LINK] = "",
	};

	return labels[kind];
}

static void append(struct made *made, enum made_kind kind, const char *name, size_t n)
{
	GROW(made->things, made->n);
	made->things[made->n++] = (struct made_thing){ .kind = kind, .name = xstrndup(name, n) };
}

static bool read_thing(struct made *made, struct text line)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct text name = line;

		if (!text_take(&name, kinds[i]) || !text_take(&name, " ") || !name.n)
			continue;
		append(made, (enum made_kind)i, name.p, name.n);
		return true;
	}
	return false;
}

int made_read(struct made *made)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct text rest, line;
	int r = fs_read(MADE_FILE, &text, 1024 * 1024);

	*made = (struct made){ 0 };
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return log_error_errno(r, "Cannot read " MADE_FILE);
	rest = (struct text){ text.buf, text.len };
	while (text_line(&rest, &line))
		if (!read_thing(made, line))
			return log_error_errno(-EBADMSG, "Cannot read " MADE_FILE);
	return 0;
}

void made_release(struct made *made)
{
	for (size_t i = 0; i < made->n; i++)
		free(made->things[i].name);
	free(made->things);
	*made = (struct made){ 0 };
}

bool made_has(const struct made *made, enum made_kind kind, const char *name)
{
	for (size_t i = 0; i < made->n; i++)
		if (made->things[i].kind == kind && strcmp(made->things[i].name, name) == 0)
			return true;
	return false;
}

static int write_record(const struct made *made)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r;

	if (!made->n) {
		if (unlink(MADE_FILE) < 0 && errno != ENOENT)
			return log_error_errno(-errno, "Cannot remove " MADE_FILE);
		return 0;
	}
	for (size_t i = 0; i < made->n; i++)
		strbuf_addf(&text, "%s %s\n", kinds[made->things[i].kind], made->things[i].name);
	r = fs_write_atomic(MADE_FILE, text.buf, text.len, 0644);
	return r < 0 ? log_error_errno(r, "Cannot write " MADE_FILE) : 0;
}

int made_add(struct made *made, enum made_kind kind, const char *name)
{
	if (made_has(made, kind, name))
		return 0;
	append(made, kind, name, strlen(name));
	return write_record(made);
}

/* Folders that only Outpost writes to; in others, somebody else may have put a file meanwhile. */
static bool is_ours_alone(const char *dir)
{
	static const char *const ours[] = { TUNNEL_ROOTS, TUNNEL_KEYS, TUNNEL_UIDS, TUNNEL_HISTORY,
					    TUNNEL_AGENTS };

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (strcmp(dir, ours[i]) == 0)
			return true;
	return false;
}

static int remove_dir(const char *path)
{
	int r;

	/* The record is in it. */
	if (strcmp(path, TUNNEL_STATE) == 0)
		fs_remove_torn(MADE_FILE);
	if (strcmp(path, TUNNEL_STATE) == 0 && unlink(MADE_FILE) < 0 && errno != ENOENT)
		return log_error_errno(-errno, "Cannot remove " MADE_FILE);
	if (is_ours_alone(path)) {
		r = fs_remove_tree(path);
		return r < 0 ? log_error_errno(r, "Cannot remove %s", path) : 0;
	}
	if (rmdir(path) == 0 || errno == ENOENT)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return log_error_errno(-errno, "Cannot remove %s", path);
	log_warn("%s stays: it has files that setup-gateway did not create", path);
	return 0;
}

static int remove_thing(const struct made_thing *thing)
{
	switch (thing->kind) {
	case MADE_GROUP: return account_remove_group(thing->name);
	case MADE_USER: return account_remove(thing->name);
	case MADE_DIR: return remove_dir(thing->name);
	case MADE_FILE_OR_LINK: break;
	}
	fs_remove_torn(thing->name);
	if (unlink(thing->name) < 0 && errno != ENOENT)
		return log_error_errno(-errno, "Cannot remove %s", thing->name);
	return 0;
}

int made_remove(struct made *made, size_t from)
{
	while (made->n > from) {
		int r = remove_thing(&made->things[made->n - 1]);

		if (r < 0)
			return r;
		free(made->things[--made->n].name);
		r = write_record(made);
		if (r < 0)
			return r;
	}
	return 0;
}
