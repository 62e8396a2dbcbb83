// SPDX-License-Identifier: GPL-2.0-only
/*
 * The container that stays up. Next to its socket are a note of the folders that it was
 * started with, and a lock: shared while building, exclusive for starting and stopping it.
 */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"
#include "host/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- names ----------------------------------------------------------------------- */

/* The name depends on the caches and the image: users with others get a container of their own. */
static char *container_name(const struct container *container, const char *engine)
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

char *container_dir(const struct container *container, const char *engine)
{
	_cleanup_free_ char *name = container_name(container, engine);

	return path_runtime(name, NULL);
}

/* --- the lock --------------------------------------------------------------------- */

/* Polls the lock, which a long build may hold. 0, or -errno, logged. */
static int lock_for(int fd, int operation)
{
	bool said = false;

	while (flock(fd, operation | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return log_error_errno(-errno, "Cannot lock the build container");
		if (process_interrupted)
			return -EINTR;
		if (!said)
			log_info("Waiting for another outpost that uses the build container");
		said = true;
		log_tick();
		usleep(50 * 1000);
	}
	return 0;
}

static int open_lock(const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, "lock", NULL);
	int r = path_make_runtime(dir, LOG_LEVEL_ERROR), fd;

	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? log_error_errno(-errno, "Cannot open %s", path) : fd;
}

/* --- the note of how it was started -------------------------------------------------- */

/*
 * The first line is the image and the caches, each other line a folder, preceded by its
 * identity. The container does not see a folder that was deleted and recreated since: it has
 * another identity.
 */
static char *note_head(const char *image)
{
	_cleanup_free_ char *caches = container_identify_caches();

	return xasprintf("%s %s", image, caches);
}

static bool is_still(const char *path, const char *identity)
{
	_cleanup_free_ char *now = container_identify(path);

	return strcmp(now, identity) == 0;
}

static void read_note(const char *dir, char **head, char ***folders, bool replaced_too)
{
	_cleanup_free_ char *path = path_join(dir, "started", NULL);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	char *rest;

	if (fs_read(path, &text, 1 << 20) < 0)
		return;
	rest = text.buf;
	*head = xstrdup(strsep(&rest, "\n"));
	for (char *line; (line = strsep(&rest, "\n"));) {
		char *identity = strsep(&line, " ");

		if (line && *line == '/' && (replaced_too || is_still(line, identity)))
			container_add_folder(folders, line);
	}
}

static void format_note(struct strbuf *out, const char *image, char *const *folders)
{
	_cleanup_free_ char *head = note_head(image);

	strbuf_addf(out, "%s\n", head);
	strv_foreach (folder, folders) {
		_cleanup_free_ char *identity = container_identify(*folder);

		strbuf_addf(out, "%s %s\n", identity, *folder);
	}
}

static int write_note(const char *dir, const struct strbuf *text)
{
	_cleanup_free_ char *path = path_join(dir, "started", NULL);
	int r = fs_write_atomic(path, text->buf, text->len, 0600);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

bool container_is_up(const char *dir)
{
	_cleanup_close_ int fd = container_connect(dir);

	return fd >= 0;
}

/* Call with the exclusive lock: nobody is building. */
static int restart(const struct container *c, char *const *folders)
{
	_cleanup_strv_ char **before = NULL, **all = NULL;
	_cleanup_(strbuf_release) struct strbuf note = STRBUF_INIT;
	_cleanup_free_ char *head = NULL;
	int r;

	read_note(c->dir, &head, &before, true);
	strv_foreach (folder, before)
		if (fs_is_dir(*folder)) /* a missing folder cannot be mounted */
			container_add_folder(&all, *folder);
	strv_foreach (folder, folders)
		container_add_folder(&all, *folder);
	r = container_check_folders(all);
	if (r == 0)
		r = container_end(c);
	if (r < 0)
		return r;
	log_info("Starting the build container (%s)", c->image.engine);
	r = container_make_caches();
	if (r < 0)
		return r;
	/* Before the start, so that a folder that is replaced meanwhile differs. */
	format_note(&note, c->image.id, all);
	r = container_start(c, all);
	if (r == 0)
		r = write_note(c->dir, &note);
	if (r < 0)
		(void)container_end(c);
	return r;
}

/* --- entering and leaving --------------------------------------------------------------- */

static bool serves(const struct container *c, char *const *folders)
{
	_cleanup_strv_ char **known = NULL;
	_cleanup_free_ char *head = NULL, *wanted = note_head(c->image.id);

	read_note(c->dir, &head, &known, false);
	if (!head || strcmp(head, wanted) != 0)
		return false;
	strv_foreach (folder, folders)
		if (!container_reaches(known, *folder))
			return false;
	return container_is_up(c->dir);
}

static int find_image(struct container *c)
{
	int r;

	if (c->dir)
		return 0;
	r = container_image_read(&c->image);
	if (r < 0) {
		log_error(r == -ENOENT ? "There is no build container yet"
				       : "The note of the build container is damaged");
		log_hint("Run outpost container build, or build on this machine with --in host");
		return r;
	}
	c->dir = container_dir(c, c->image.engine);
	c->name = container_name(c, c->image.engine);
	return 0;
}

int container_enter(struct container *c, char *const *asked)
{
	_cleanup_strv_ char **folders = NULL;
	int r = find_image(c);

	strv_foreach (folder, asked)
		if (!container_is_cached(*folder)) /* a mount would make it read-only */
			strv_add(&folders, *folder);
	if (r == 0 && c->held < 0) {
		c->held = open_lock(c->dir);
		r = c->held < 0 ? c->held : lock_for(c->held, LOCK_SH);
	}
	while (r == 0 && !serves(c, folders)) {
		flock(c->held, LOCK_UN); /* two that wait for each other would wait forever */
		r = lock_for(c->held, LOCK_EX);
		if (r == 0 && !serves(c, folders))
			r = restart(c, folders);
		if (r == 0)
			r = lock_for(c->held, LOCK_SH);
	}
	if (r < 0)
		container_leave(c);
	return r;
}

void container_leave(struct container *c)
{
	close_fd(&c->held);
	free(TAKE_PTR(c->dir));
	free(TAKE_PTR(c->name));
	container_image_release(&c->image);
}

const char *container_entered_image(const struct container *c)
{
	return c->held >= 0 ? c->image.id : NULL;
}

int container_run(struct container *c, char *const *argv, const struct process_options *options)
{
	bool here = c->held < 0;
	int r = here ? container_enter(c, NULL) : 0;

	if (r == 0)
		r = container_call(c->dir, argv, options);
	if (here)
		container_leave(c);
	return r;
}

int container_stop(struct container *c)
{
	_cleanup_close_ int lock = -1;
	int r = find_image(c);

	if (r < 0)
		return r;
	lock = open_lock(c->dir);
	r = lock < 0 ? lock : lock_for(lock, LOCK_EX);
	if (r == 0)
		r = container_end(c);
	container_leave(c);
	return r;
}

void container_ask(const struct container *c, struct container_state *state)
{
	_cleanup_(container_image_release) struct container_image image = { 0 };
	_cleanup_free_ char *dir = NULL, *note = NULL;

	*state = (struct container_state){ 0 };
	if (container_image_read(&image) < 0)
		return;
	dir = container_dir(c, image.engine);
	state->name = container_name(c, image.engine);
	if (path_make_runtime(dir, LOG_LEVEL_WARN) < 0)
		return;
	state->is_up = container_is_up(dir);
	read_note(dir, &note, &state->folders, false);
}

void container_state_release(struct container_state *state)
{
	free(state->name);
	strv_free(state->folders);
}
