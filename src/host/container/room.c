// SPDX-License-Identifier: GPL-2.0-only
/*
 * A room is a container with the folders that it shows. Each has a folder of its own on the host,
 * path_runtime(NAME): a lock, a note of how it was started, and run/, the only part that is shown
 * inside, with the builder's socket.
 */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/strv.h"
#include "common/text.h"
#include "host/base/paths.h"

#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- names ----------------------------------------------------------------------- */

/* The name depends on the caches and the image: users with others get containers of their own. */
static char *base_name(const struct container *container, const char *engine)
{
	const struct passwd *user = getpwuid(getuid());
	_cleanup_free_ char *cache = path_cache("", NULL), *runtime = path_runtime("", NULL);
	_cleanup_free_ char *all =
		xasprintf("%s %s %s %s", engine, container->settings.image, cache, runtime);
	uint32_t hash = (uint32_t)text_hash(all);

	if (user && path_is_plain_name(user->pw_name))
		return xasprintf("outpost-%s-%08x", user->pw_name, hash);
	return xasprintf("outpost-%u-%08x", (unsigned int)getuid(), hash);
}

char *container_name(const struct container *container, const char *engine, const char *work)
{
	char *base = base_name(container, engine), *name;

	if (!work)
		return base;
	name = xasprintf("%s-%012llx", base, (unsigned long long)text_hash(work) & 0xffffffffffff);
	free(base);
	return name;
}

char **container_names(const struct container *container, const char *engine)
{
	_cleanup_free_ char *base = base_name(container, engine), *dir = path_runtime("", NULL);
	_cleanup_strv_ char **names = NULL;
	size_t n = strlen(base);
	char **found = NULL;

	strv_add(&found, base);
	(void)fs_list(dir, &names);
	strv_foreach (name, names)
		if (strncmp(*name, base, n) == 0 && (*name)[n] == '-')
			strv_add(&found, *name);
	return found;
}

/* --- what it shows ------------------------------------------------------------------- */

static void add_mount(struct container_mounts *mounts, const char *source, const char *target,
		      bool read_only)
{
	GROW(mounts->list, mounts->n);
	mounts->list[mounts->n++] =
		(struct container_mount){ xstrdup(source), xstrdup(target), read_only };
}

static int compare(const void *a, const void *b)
{
	const struct container_mount *x = a, *y = b;

	return strcmp(x->target, y->target);
}

void container_mounts_of(const struct container_room *room, struct container_mounts *mounts)
{
	_cleanup_free_ char *trees = path_cache("trees", NULL);
	_cleanup_strv_ char **reads = NULL;

	if (!room->work)
		container_add_folder(&reads, trees);
	strv_foreach (folder, room->reads)
		container_add_folder(&reads, *folder);
	strv_foreach (folder, reads)
		add_mount(mounts, *folder, *folder, true);
	if (room->work)
		add_mount(mounts, room->work, room->work, false);
	if (room->links)
		add_mount(mounts, room->links, room->links_at, true);
	qsort(mounts->list, mounts->n, sizeof(*mounts->list), compare);
}

void container_mounts_release(struct container_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		free(mounts->list[i].source);
		free(mounts->list[i].target);
	}
	free(mounts->list);
	*mounts = (struct container_mounts){ 0 };
}

/* --- the note of how it was started -------------------------------------------------- */

/*
 * The inode number is not reused while a mount holds the folder. A mount keeps showing that
 * folder, whatever happens to the path.
 */
static char *identify(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return xstrdup("none");
	return xasprintf("%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
}

/*
 * The first line is the image, each other line a mount: "reads" or "writes", what identifies the
 * folder, and its path.
 */
void container_format_note(struct strbuf *out, const char *image,
			   const struct container_mounts *mounts)
{
	strbuf_addf(out, "%s\n", image);
	for (size_t i = 0; i < mounts->n; i++) {
		const struct container_mount *m = &mounts->list[i];
		_cleanup_free_ char *identity = identify(m->source);

		strbuf_addf(out, "%s %s %s\n", m->read_only ? "reads" : "writes", identity,
			    m->target);
	}
}

static int read_note(const char *name, struct strbuf *text)
{
	_cleanup_free_ char *path = path_runtime(name, "started", NULL);

	return fs_read(path, text, 1 << 20);
}

/* Does each line of `wanted` occur in `note`? The first line must be the same. */
static bool has_lines(const char *note, const char *wanted)
{
	_cleanup_free_ char *copy = xstrdup(wanted);
	char *rest = copy;
	size_t first = strcspn(note, "\n");

	if (strncmp(note, wanted, first + 1) != 0)
		return false;
	strsep(&rest, "\n");
	for (char *line; (line = strsep(&rest, "\n")) && *line;) {
		_cleanup_free_ char *whole = xasprintf("\n%s\n", line);

		if (!strstr(note, whole))
			return false;
	}
	return true;
}

bool container_was_started_as(const char *name, const char *note, bool or_more)
{
	_cleanup_(strbuf_release) struct strbuf found = STRBUF_INIT;

	if (read_note(name, &found) < 0)
		return false;
	return or_more ? has_lines(found.buf, note) : strcmp(found.buf, note) == 0;
}

/* --- all of them ------------------------------------------------------------------------ */

static void take_folders(struct container_state *state)
{
	_cleanup_(strbuf_release) struct strbuf note = STRBUF_INIT;
	char *rest;

	if (read_note(state->name, &note) < 0)
		return;
	rest = note.buf;
	strsep(&rest, "\n");
	for (char *line; (line = strsep(&rest, "\n")) && *line;) {
		char *mode = strsep(&line, " "), *identity = strsep(&line, " ");

		if (!identity || !line)
			continue;
		if (strcmp(mode, "reads") == 0)
			strv_add(&state->reads, line);
		else if (!state->writes)
			state->writes = xstrdup(line);
	}
}

void container_list(const struct container *c, struct container_states *states)
{
	_cleanup_(container_image_release) struct container_image image = { 0 };
	_cleanup_strv_ char **names = NULL;

	if (container_image_read(&image) < 0)
		return;
	names = container_names(c, image.engine);
	strv_foreach (name, names) {
		_cleanup_free_ char *dir = path_runtime(*name, NULL);
		struct container_state *state;

		if (!container_is_up(dir))
			continue;
		GROW(states->list, states->n);
		state = &states->list[states->n++];
		*state = (struct container_state){ .name = xstrdup(*name) };
		take_folders(state);
	}
}

void container_states_release(struct container_states *states)
{
	for (size_t i = 0; i < states->n; i++) {
		free(states->list[i].name);
		free(states->list[i].writes);
		strv_free(states->list[i].reads);
	}
	free(states->list);
	*states = (struct container_states){ 0 };
}
