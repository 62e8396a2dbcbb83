// SPDX-License-Identifier: GPL-2.0-only
/* Starts and stops the container. */
#include "host/container/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/paths.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_MS  15000 /* time for the builder to listen, once the engine reports that it runs */
#define ENGINE_MS 120000

/*
 * Refuses folders that would hide our own mounts or the image's programs, and names with a
 * newline: the note has one folder per line, and the container would be restarted forever.
 */
static bool can_be_mounted(const struct container_mount *mount)
{
	static const char *const others[] = { "/",     "/bin",  "/dev", "/etc", "/lib",    "/lib64",
					      "/proc", "/sbin", "/sys", "/usr", "/outpost" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(mount->target, others[i]) == 0)
			return false;
	return !strchr(mount->target, '\n') && fs_is_dir(mount->source);
}

int container_check_mounts(const struct container_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		if (can_be_mounted(&mounts->list[i]))
			continue;
		log_error("Cannot mount %s in the build container", mounts->list[i].source);
		log_hint("Build on this machine with --in host");
		return -EINVAL;
	}
	return 0;
}

/*
 * Without privileges, an engine maps root in a container to the user (or the user is root).
 * With docker's daemon, root is root, so the container needs --user.
 */
static void add_user(char ***argv, const char *engine)
{
	_cleanup_(strbuf_release) struct strbuf security = STRBUF_INIT;
	_cleanup_free_ char *user =
		xasprintf("%u:%u", (unsigned int)getuid(), (unsigned int)getgid());

	if (strcmp(engine, "docker") != 0 || getuid() == 0)
		return;
	if (process_run(ARGV(engine, "info", "--format", "{{.SecurityOptions}}"),
			&(struct process_options){ .output = &security, .timeout_ms = 30000 }) ==
		    0 &&
	    strstr(security.buf, "rootless"))
		return;
	strv_add(argv, "--user");
	strv_add(argv, user);
}

/* podman has such a limit; docker has none, and a build may fork without end. */
static void add_limits(char ***argv, const char *engine)
{
	if (strcmp(engine, "docker") != 0)
		return;
	strv_add(argv, "--pids-limit");
	strv_add(argv, "4096");
}

static int await_builder(const struct container *container)
{
	long long deadline = monotonic_ms() + START_MS;

	while (!container_is_up(container->dir)) {
		if (process_interrupted)
			return -EINTR;
		if (monotonic_ms() > deadline) {
			log_error("The build container %s was started, but its builder does not "
				  "answer",
				  container->name);
			return -ETIMEDOUT;
		}
		usleep(5000);
	}
	return 0;
}

/* A new folder for the socket, the only one that the container may write to besides `work`. */
static int make_run(const struct container *container, char **run)
{
	int r;

	*run = path_join(container->dir, "run", NULL);
	r = fs_remove_tree(*run);
	if (r == 0 && mkdir(*run, 0700) < 0)
		r = -errno;
	return r < 0 ? log_error_errno(r, "Cannot create %s", *run) : 0;
}

static void add_mounts(char ***argv, const struct container_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++)
		container_mount(argv, mounts->list[i].source, mounts->list[i].target,
				mounts->list[i].read_only);
}

int container_start(const struct container *container, const struct container_mounts *mounts)
{
	_cleanup_free_ char *builder = path_own_file("outpost-builder"), *run = NULL;
	_cleanup_free_ char *real = builder ? realpath(builder, NULL) : NULL;
	_cleanup_(strbuf_release) struct strbuf id = STRBUF_INIT;
	_cleanup_strv_ char **argv = NULL;
	/* A device node that it made would still be one in work/, for this machine. */
	const char *const words[] = {
		container->image.engine, "run",           "--detach",   "--rm",         "--name",
		container->name,         "--network",     "none",       "--log-driver", "none",
		"--security-opt",        "label=disable", "--cap-drop", "mknod"
	};
	int r;

	if (!real) {
		log_error("outpost-builder is missing next to this program");
		log_hint("Run make");
		return -ENOENT;
	}
	r = make_run(container, &run);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strv_add(&argv, words[i]);
	add_mounts(&argv, mounts);
	container_mount(&argv, real, "/outpost/builder", true);
	container_mount(&argv, run, "/outpost/run", false);
	add_user(&argv, container->image.engine);
	add_limits(&argv, container->image.engine);
	container_add_words(&argv, container->settings.run_args);
	strv_add(&argv, container->image.id);
	strv_add(&argv, "/outpost/builder");
	strv_add(&argv, "/outpost/run/socket");
	r = container_engine(argv, &id, ENGINE_MS, "start the build container");
	return r < 0 ? r : await_builder(container);
}

/* Removing a missing container is an error for some engines. */
static bool is_there(const struct container *container)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;

	return process_run(ARGV(container->image.engine, "container", "inspect", container->name),
			   &(struct process_options){
				   .output = &said, .error = &said, .timeout_ms = ENGINE_MS }) == 0;
}

/* A container that crashed, or ran when the machine went down, still has the name. */
int container_end(const struct container *container)
{
	_cleanup_free_ char *note = path_join(container->dir, "started", NULL);
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	int r = process_run(ARGV(container->image.engine, "rm", "--force", container->name),
			    &(struct process_options){
				    .output = &said, .error = &said, .timeout_ms = ENGINE_MS });

	if (r == -EINTR)
		return r;
	if (r != 0 && is_there(container)) {
		log_error("%s cannot remove the build container %s: %s", container->image.engine,
			  container->name, r < 0 ? strerror(-r) : container_last_lines(&said, 1));
		log_hint("Run %s rm --force %s", container->image.engine, container->name);
		return r < 0 ? r : -EIO;
	}
	unlink(note);
	return 0;
}
