// SPDX-License-Identifier: GPL-2.0-only
#include "host/build/tasks.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "host/build/kbuild.h"
#include "host/base/paths.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit statuses of the process that builds a unit. */
#define EXIT_FAILED  1
#define EXIT_TROUBLE 3 /* not the unit's fault */

char *tasks_name(const struct tasks *t, const struct unit *unit)
{
	if (t->n_trees < 2)
		return xstrdup(unit->shown);
	return xasprintf("%s for %s", unit->shown, unit->tree->release);
}

static void progress(const struct tasks *t, const struct unit *unit)
{
	_cleanup_free_ char *what = tasks_name(t, unit);

	if (t->request->progress)
		t->request->progress(what, t->n_done, t->n, t->request->arg);
}

static bool __attribute__((pure)) wants(const struct unit *unit, const struct unit *other)
{
	if (unit->tree != other->tree)
		return false;
	strv_foreach (name, unit->wants)
		if (strv_contains(other->provides, *name) && !strv_contains(unit->provides, *name))
			return true;
	return false;
}

/* --- the end of a task ------------------------------------------------------------------ */

static void read_error(struct unit *unit, bool trouble)
{
	_cleanup_free_ char *path = unit_file(unit, "error");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (fs_read_trimmed(path, &text, 0) < 0 || text.len == 0)
		strbuf_adds(&text, trouble ? "this machine could not build it; see above"
					   : "its build failed without an error message");
	unit->error = strbuf_detach(&text);
}

static void unlock(struct task *task)
{
	if (task->lock >= 0)
		close(task->lock);
	if (task->link_lock >= 0)
		close(task->link_lock);
	task->lock = task->link_lock = -1;
}

static void finish(struct tasks *t, struct task *task)
{
	if (!process_interrupted)
		unit_collect(&task->unit, &task->modules);
	unlock(task);
	task->state = TASK_DONE;
	t->n_done++;
	progress(t, &task->unit);
}

static void reap(struct tasks *t, struct task *task)
{
	int status = 0;
	bool trouble;

	while (waitpid(task->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(task->pidfd);
	task->pidfd = -1;
	t->n_running--;
	task->unit.ms = (int)(monotonic_ms() - task->started);
	trouble = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_TROUBLE;
	if (status != 0)
		read_error(&task->unit, trouble);
	if (trouble)
		t->trouble = -EIO;
	kbuild_count(&task->unit, &t->counts);
	if (!process_interrupted)
		tasks_say(t, &task->unit);
	finish(t, task);
}

/* --- starting a task -------------------------------------------------------------------- */

static void __attribute__((noreturn)) run_child(struct tasks *t, struct unit *unit)
{
	_cleanup_free_ char *path = unit_file(unit, "error");
	char *error = NULL;
	int r;

	for (size_t i = 0; i < t->n; i++)
		if (&t->list[i].unit != unit)
			unlock(&t->list[i]); /* or this copy would keep it locked */
	log_set_line(NULL);                  /* the progress line belongs to the parent */
	unlink(path);
	r = unit_build(unit, &error);
	if (r < 0 && !error)
		error = xasprintf("building failed: %s", log_reason(r));
	/* If the disk is full, the error does not fit, either. */
	if (error && fs_write_atomic(path, error, strlen(error), 0600) < 0)
		log_error("%s: %s", unit->shown, error);
	_exit(!error ? 0 : unit_is_trouble(r) ? EXIT_TROUBLE : EXIT_FAILED);
}

/*
 * The holder builds a module of that name in another folder: this does not take long, and is
 * not logged.
 */
static int take_link_lock(struct task *task)
{
	_cleanup_free_ char *path = xasprintf("%s.lock", task->unit.link);
	_cleanup_free_ char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	int r = fs_mkdir_p(dir, 0700);

	if (r < 0)
		return log_error_errno(r, "Cannot create the folder %s", dir);
	r = lock_try(path, &task->link_lock);
	if (r == LOCK_HELD)
		unlock(task);
	return r;
}

/* An enum lock_outcome, or -errno, logged. */
static int take_lock(struct task *task)
{
	_cleanup_free_ char *path = unit_file(&task->unit, "lock");
	int r = fs_mkdir_p(task->unit.dir, 0700);

	if (r < 0)
		return log_error_errno(r, "Cannot create the folder %s", task->unit.dir);
	r = lock_try(path, &task->lock);
	if (r == LOCK_TAKEN)
		return task->unit.link ? take_link_lock(task) : LOCK_TAKEN;
	if (r == LOCK_HELD && !task->said_waiting)
		log_info("Waiting for another outpost that is building %s", task->unit.shown);
	task->said_waiting |= r == LOCK_HELD;
	return r;
}

/* SIGTERM makes it end its own child. */
static void stop_child(pid_t pid)
{
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int collect_symvers(const struct tasks *t, struct unit *unit)
{
	int r = 0;

	for (size_t i = 0; i < t->n && r == 0; i++) {
		const struct unit *other = &t->list[i].unit;

		if (other != unit && wants(unit, other))
			r = unit_add_symvers(unit, other);
	}
	return r;
}

static void say_not_built(const struct tasks *t, const struct unit *unit)
{
	_cleanup_free_ char *name = tasks_name(t, unit);

	log_error("%s was not built: %s", name, unit->error);
}

/* True if nothing is left to wait for, or if the unit cannot be built. */
static bool is_ready(const struct tasks *t, struct unit *unit)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct task *other = &t->list[i];

		if (&other->unit == unit || !wants(unit, &other->unit))
			continue;
		if (other->state != TASK_DONE)
			return false;
		if (other->unit.error && !unit->error) {
			unit->error =
				xasprintf("it depends on %s, which failed", other->unit.shown);
			say_not_built(t, unit);
		}
	}
	return true;
}

/* 0, LOCK_HELD, or -errno, logged. */
static int start(struct tasks *t, struct task *task)
{
	struct unit *unit = &task->unit;
	int left = (int)(t->n - t->n_done), r = take_lock(task);

	if (r == LOCK_TAKEN)
		r = collect_symvers(t, unit);
	if (r != 0)
		return r;
	unit->tests = t->request->tests;
	unit->jobs = t->jobs / (left < t->jobs ? left : t->jobs);
	task->started = monotonic_ms();
	task->pid = fork();
	if (task->pid == 0)
		run_child(t, unit);
	if (task->pid < 0)
		return log_error_errno(-errno, "Cannot start a process for %s", unit->shown);
	task->pidfd = (int)syscall(SYS_pidfd_open, task->pid, 0);
	if (task->pidfd < 0) {
		r = log_error_errno(-errno, "Cannot watch the process for %s", unit->shown);
		stop_child(task->pid);
		return r;
	}
	t->n_running++;
	task->state = TASK_RUNNING;
	progress(t, unit);
	return 0;
}

/* Starts all tasks that are ready. Sets *locked if one waits for another process. */
static int start_ready(struct tasks *t, bool *locked)
{
	*locked = false;
	for (size_t i = 0; i < t->n && t->n_running < (size_t)t->jobs; i++) {
		struct task *task = &t->list[i];
		int r;

		if (task->state != TASK_WAITING || !is_ready(t, &task->unit))
			continue;
		if (task->unit.error || task->unit.conf.excluded) {
			finish(t, task);
			i = (size_t)-1; /* others may wait for it */
			continue;
		}
		r = start(t, task);
		if (r == LOCK_HELD)
			*locked = true;
		else if (r < 0)
			return r;
	}
	return 0;
}

static void give_up_circle(struct tasks *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct unit *unit = &t->list[i].unit;

		if (t->list[i].state != TASK_WAITING)
			continue;
		unit->error = xstrdup("it is part of a dependency cycle");
		say_not_built(t, unit);
		finish(t, &t->list[i]);
	}
}

static void wait_for_one(struct tasks *t)
{
	_cleanup_free_ struct pollfd *fds = xcalloc(t->n + 1, sizeof(*fds));

	for (size_t i = 0; i < t->n; i++)
		fds[i] = (struct pollfd){ .fd = t->list[i].state == TASK_RUNNING ? t->list[i].pidfd
										 : -1,
					  .events = POLLIN };
	log_tick();
	if (poll(fds, t->n, 100) <= 0)
		return;
	for (size_t i = 0; i < t->n; i++)
		if (fds[i].revents)
			reap(t, &t->list[i]);
}

int tasks_run(struct tasks *t)
{
	t->jobs = t->request->jobs > 0 ? t->request->jobs : (int)sysconf(_SC_NPROCESSORS_ONLN);
	while (t->n_done < t->n) {
		bool locked;
		int r = process_interrupted ? -EINTR : start_ready(t, &locked);

		if (r < 0)
			return r;
		if (t->n_running == 0 && !locked && t->n_done < t->n)
			give_up_circle(t);
		else if (t->n_done < t->n)
			wait_for_one(t);
	}
	return process_interrupted ? -EINTR : t->trouble;
}

void tasks_release(struct tasks *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct task *task = &t->list[i];

		if (task->state == TASK_RUNNING) {
			stop_child(task->pid);
			close(task->pidfd);
		}
		unlock(task);
		module_list_release(&task->modules);
		unit_release(&task->unit);
	}
	free(t->list);
}
