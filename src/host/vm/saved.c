// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/saved.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/strv.h"
#include "host/base/hash.h"
#include "host/base/paths.h"
#include "host/vm/console.h"
#include "host/vm/guest.h"
#include "host/vm/saved_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Limits disk usage if --memory or --kernel change often: each state takes some 30 MB. */
#define KEEP_MAX 6
#define KEEP_S   (30 * 24 * 3600L)

bool saved_is_possible(const struct qemu_config *machine)
{
	return !machine->kvm && !machine->kaslr && !machine->disk && machine->identity;
}

/* QEMU's command line, without what differs from vm to vm. */
static void describe_arguments(const struct qemu_config *machine, struct strbuf *text)
{
	struct qemu_config any = *machine;
	_cleanup_strv_ char **argv = NULL;

	any.name = "any";
	any.dir = "/any";
	any.port = 0;
	any.waits = false;
	any.net = any.unconfined = false; /* not in the state */
	argv = qemu_argv(&any, NULL);
	strv_foreach (arg, argv)
		strbuf_addf(text, "%s\n", *arg);
}

/* The size of the vm's disk; -1 if there is none. */
static long long disk_size(const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, "disk.img", NULL);
	struct stat st;

	return stat(path, &st) < 0 ? -1 : (long long)st.st_size;
}

/*
 * A hash of QEMU, its arguments, the image's files (their manifest), init and disk. The caller
 * frees it; NULL (logged) on errors.
 */
static char *hash_of(const struct qemu_config *machine, const struct image *image)
{
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT, hash = STRBUF_INIT;
	_cleanup_free_ char *dir = path_cache("vm", image->release, NULL);
	_cleanup_free_ char *manifest = path_join(dir, "manifest", NULL);
	_cleanup_free_ char *qemu = qemu_describe_machine(machine);

	if (!qemu)
		return NULL;
	strbuf_addf(&text, "%s\n%lld\n", qemu, disk_size(machine->dir));
	describe_arguments(machine, &text);
	guest_add_common(&text);
	if (fs_read(manifest, &text, 0) < 0) {
		log_warn("Cannot read %s", manifest);
		return NULL;
	}
	hash_add(&hash, &text);
	return xstrndup(hash.buf, 16);
}

/* --- saving --- */

static int no_port(int port, void *arg)
{
	(void)port;
	(void)arg;
	return 0;
}

static int make_empty_disk(const char *dir, long long size)
{
	_cleanup_free_ char *path = path_join(dir, "disk.img", NULL);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd < 0 || ftruncate(fd, size) < 0 ? -errno : 0;
}

/* Fills the folder of the vm whose state will be saved with the files that QEMU expects. */
static int prepare(const struct qemu_config *machine, const struct image *image, const char *dir)
{
	_cleanup_free_ char *from = path_join(machine->dir, "board.dtb", NULL);
	_cleanup_free_ char *to = path_join(dir, "board.dtb", NULL);
	int r = fs_copy(from, to);

	if (r == 0)
		r = make_empty_disk(dir, disk_size(machine->dir));
	if (r < 0)
		return log_error_errno(r, "Cannot fill %s", dir);
	r = guest_write_initrd(GUEST_SMALL, "saved", dir, image->initramfs);
	return r < 0 ? r : guest_make_identity(dir);
}

/* Boots a vm in `dir` until it waits, and writes its state to the file. 0 or -errno, not logged. */
static int boot_and_save(const struct qemu_config *machine, const char *dir, const char *file,
			 int timeout_ms)
{
	struct qemu_config config = *machine;
	int r;

	config.name = "saved";
	config.dir = dir;
	config.waits = config.net = false;
	r = qemu_start(&config, no_port, NULL);
	if (r == 0)
		r = console_await(dir, 0, GUEST_WAITS, timeout_ms);
	if (r == 0)
		r = saved_stream_write(dir, file);
	if (qemu_pid(dir))
		qemu_stop(dir);
	return r;
}

/* Call with the lock held. 0 or -errno, not logged. */
static int make_in(const char *dir, const struct qemu_config *machine, const struct image *image,
		   const char *path, int timeout_ms)
{
	_cleanup_free_ char *file = path_join(dir, "state", NULL);
	int r;

	if (qemu_pid(dir)) /* left by an outpost that was killed */
		qemu_stop(dir);
	r = fs_remove_tree(dir);
	if (r == 0)
		r = fs_mkdir_p(dir, 0700);
	if (r == 0)
		r = prepare(machine, image, dir);
	if (r == 0)
		r = boot_and_save(machine, dir, file, timeout_ms);
	if (r == 0 && rename(file, path) < 0)
		r = -errno;
	fs_remove_tree(dir);
	return r;
}

/* --- expiry --- */

struct state {
	char *path;
	time_t used;
};

static int compare_used(const void *a, const void *b)
{
	const struct state *x = a, *y = b;

	return x->used > y->used ? -1 : x->used < y->used;
}

/* Removes all but the `keep` most recently used states, and those not used since `since`. */
static int expire(size_t keep, time_t since)
{
	_cleanup_free_ char *dir = path_cache("vm", NULL);
	_cleanup_free_ struct state *states = NULL;
	_cleanup_strv_ char **found = NULL;
	size_t n = 0;
	int r = 0;

	fs_find(dir, "saved-*.zst", &found);
	states = xcalloc(strv_length(found) + 1, sizeof(*states));
	strv_foreach (path, found) {
		struct stat st;

		if (stat(*path, &st) == 0)
			states[n++] = (struct state){ .path = *path, .used = st.st_mtime };
	}
	qsort(states, n, sizeof(*states), compare_used);
	for (size_t i = 0; i < n; i++)
		if ((i >= keep || states[i].used < since) && unlink(states[i].path) < 0 &&
		    errno != ENOENT)
			r = log_error_errno(-errno, "Cannot remove %s", states[i].path);
	return r;
}

int saved_remove_all(void)
{
	return expire(0, 0);
}

/* --- */

int saved_obtain(const struct qemu_config *machine, const struct image *image, int timeout_ms,
		 char **out)
{
	_cleanup_free_ char *hash = hash_of(machine, image);
	_cleanup_free_ char *file = xasprintf("saved-%s.zst", hash ? hash : "");
	_cleanup_free_ char *path = path_cache("vm", image->release, file, NULL);
	_cleanup_free_ char *dir = path_cache("vm", ".saving", NULL);
	_cleanup_free_ char *lock_path = path_cache("vm", ".saving.lock", NULL);
	_cleanup_close_ int lock =
		hash ? lock_take(lock_path, "is saving the state of a vm") : -ENOENT;
	int r = lock < 0 ? lock : 0;

	if (r == 0 && !fs_exists(path)) {
		log_info(
			"Saving the state of a booted virtual Pi with kernel %s; this is done once",
			image->release);
		r = make_in(dir, machine, image, path, timeout_ms);
		expire(KEEP_MAX, time(NULL) - KEEP_S);
	}
	if (r == 0) {
		(void)utimensat(AT_FDCWD, path, NULL, 0);
		*out = TAKE_PTR(path);
	} else if (r != -EINTR) {
		log_warn("Cannot save the state of a booted virtual Pi: %s", strerror(-r));
	}
	return r;
}
