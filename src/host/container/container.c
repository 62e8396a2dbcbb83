// SPDX-License-Identifier: GPL-2.0-only
/*
 * Containers that stay up, one for each folder that a build may write to: see room.c. Each has a
 * lock: shared while building in it, exclusive for starting and stopping it.
 */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

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

static int lock_of(const char *dir, int operation)
{
	int fd = open_lock(dir);
	int r = fd < 0 ? fd : lock_for(fd, operation);

	if (r < 0)
		close_fd(&fd);
	return r < 0 ? r : fd;
}

/* --- starting ------------------------------------------------------------------------ */

bool container_is_up(const char *dir)
{
	_cleanup_close_ int fd = container_connect(dir);

	return fd >= 0;
}

static int write_note(const char *dir, const struct strbuf *text)
{
	_cleanup_free_ char *path = path_join(dir, "started", NULL);
	int r = fs_write_atomic(path, text->buf, text->len, 0600);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

/* The note that a container works: see container_works(). */
static char *works_path(const struct container *c, const char *engine)
{
	_cleanup_free_ char *name = container_name(c, engine, NULL);

	return path_runtime(name, "works", NULL);
}

static void forget_works(const struct container *c)
{
	_cleanup_free_ char *path = works_path(c, c->image.engine);

	unlink(path);
}

/* Logged once, by whichever process is first: builds start containers side by side. */
static void say_start(const struct container *c)
{
	if (c->said && atomic_exchange(c->said, true))
		log_debug("Starting %s", c->name);
	else
		log_info("Starting the build container (%s)", c->image.engine);
}

/* Call with the exclusive lock: nobody is building. */
static int restart(const struct container *c, const struct container_mounts *mounts)
{
	_cleanup_(strbuf_release) struct strbuf note = STRBUF_INIT;
	int r = container_check_mounts(mounts);

	if (r == 0)
		r = container_end(c);
	if (r < 0)
		return r;
	say_start(c);
	/* Before the start, so that a folder that is replaced meanwhile differs. */
	container_format_note(&note, c->image.id, mounts);
	r = container_start(c, mounts);
	if (r == 0)
		r = write_note(c->dir, &note);
	if (r == 0)
		return 0;
	forget_works(c);
	(void)container_end(c);
	return r;
}

/* --- entering and leaving --------------------------------------------------------------- */

static int find_image(struct container *c)
{
	int r;

	if (c->image.id)
		return 0;
	r = container_image_read(&c->image);
	if (r < 0) {
		log_error(r == -ENOENT ? "There is no build container yet"
				       : "The note of the build container is damaged");
		log_hint("Run outpost container build, or build on this machine with --in host");
	}
	return r;
}

/* A room with nothing to write to may show more than was asked for. */
static bool serves(const struct container *c, const struct container_mounts *mounts, bool or_more)
{
	_cleanup_(strbuf_release) struct strbuf note = STRBUF_INIT;

	container_format_note(&note, c->image.id, mounts);
	return container_was_started_as(c->name, note.buf, or_more) && container_is_up(c->dir);
}

static int enter(struct container *c, const struct container_mounts *mounts, bool or_more)
{
	int r;

	c->held = lock_of(c->dir, LOCK_SH);
	r = c->held < 0 ? c->held : 0;
	while (r == 0 && !serves(c, mounts, or_more)) {
		flock(c->held, LOCK_UN); /* two that wait for each other would wait forever */
		r = lock_for(c->held, LOCK_EX);
		if (r == 0 && !serves(c, mounts, or_more))
			r = restart(c, mounts);
		if (r == 0)
			r = lock_for(c->held, LOCK_SH);
	}
	return r;
}

static int make_trees(void)
{
	_cleanup_free_ char *dir = path_cache("trees", NULL);
	int r = fs_mkdir_p(dir, 0755);

	return r < 0 ? log_error_errno(r, "Cannot create %s", dir) : 0;
}

int container_enter(struct container *c, const struct container_room *room)
{
	static const struct container_room tools;
	_cleanup_(container_mounts_release) struct container_mounts mounts = { 0 };
	int r;

	if (c->held >= 0)
		return 0;
	r = find_image(c);
	if (r < 0)
		return r;
	room = room ? room : &tools;
	r = room->work ? 0 : make_trees();
	c->name = container_name(c, c->image.engine, room->work);
	c->dir = path_runtime(c->name, NULL);
	container_mounts_of(room, &mounts);
	if (r == 0)
		r = enter(c, &mounts, !room->work);
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
	struct process_options o = options ? *options : (struct process_options){ 0 };
	_cleanup_strv_ char **env = o.env ? NULL : container_environment(c);
	bool here = c->held < 0;
	int r = here ? container_enter(c, NULL) : 0;

	o.env = o.env ? o.env : env;
	if (r == 0)
		r = container_call(c->dir, argv, &o);
	if (here)
		container_leave(c);
	return r;
}

/* --- all of them ------------------------------------------------------------------------ */

static int stop(struct container *c, const char *name)
{
	int r;

	c->name = xstrdup(name);
	c->dir = path_runtime(name, NULL);
	c->held = lock_of(c->dir, LOCK_EX);
	r = c->held < 0 ? c->held : container_end(c);
	close_fd(&c->held);
	free(TAKE_PTR(c->dir));
	free(TAKE_PTR(c->name));
	return r;
}

int container_stop(struct container *c)
{
	_cleanup_strv_ char **names = NULL;
	int r = find_image(c);

	if (r < 0)
		return r;
	names = container_names(c, c->image.engine);
	strv_foreach (name, names) {
		r = stop(c, *name);
		if (r < 0)
			break;
	}
	container_leave(c);
	return r;
}

/*
 * Starting one takes a second, so it is noted where it is lost with the container: at log-out, or
 * when the machine goes down.
 */
int container_works(struct container *c)
{
	_cleanup_(container_image_release) struct container_image image = { 0 };
	_cleanup_free_ char *path = NULL, *wanted = NULL;
	_cleanup_(strbuf_release) struct strbuf note = STRBUF_INIT;
	int r;

	if (container_image_read(&image) == 0) {
		path = works_path(c, image.engine);
		wanted = xasprintf("%s %s\n", image.id,
				   c->settings.run_args ? c->settings.run_args : "");
		if (fs_read(path, &note, 1 << 16) == 0 && strcmp(note.buf, wanted) == 0)
			return 0;
	}
	r = container_enter(c, NULL);
	container_leave(c);
	if (r == 0 && wanted)
		(void)fs_write_atomic(path, wanted, strlen(wanted), 0600);
	return r;
}
