// SPDX-License-Identifier: GPL-2.0-only
/* Units are built side by side, each in a child process, as their dependencies and the jobs allow.
 */
#include "host/build.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/lock.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strbuf.h"
#include "host/compdb.h"
#include "host/paths.h"
#include "host/unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum state { WAITING, RUNNING, DONE };

struct task {
	struct unit unit;
	enum state state;
	bool said_waiting; /* for another process that builds it */
	pid_t pid;
	int pidfd;
	int lock;
	long long started;
};

struct tasks {
	const struct build_request *request;
	struct task *list;
	size_t n, n_done, n_running;
	int jobs;
};

static void progress(const struct tasks *t, const char *what)
{
	if (t->request->progress)
		t->request->progress(what, t->n_done, t->n, t->request->arg);
}

static bool __attribute__((pure)) wants(const struct unit *unit, const struct unit *other)
{
	strv_foreach (name, unit->wants)
		if (strv_contains(other->provides, *name) && !strv_contains(unit->provides, *name))
			return true;
	return false;
}

/* --- the result of one ---------------------------------------------------------------- */

/* Another folder that exports what was undefined is what depends= should have named. */
static const char *find_exporter(const struct tasks *t, const struct unit *unit, const char *symbol)
{
	_cleanup_free_ char *entry = xasprintf("\t%s\t", symbol);

	for (size_t i = 0; i < t->n; i++) {
		const struct unit *other = &t->list[i].unit;
		_cleanup_free_ char *path = path_join(other->copy, "Module.symvers", NULL);
		_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (other != unit && fs_read(path, &text, 0) == 0 && strstr(text.buf, entry))
			return *other->provides;
	}
	return NULL;
}

static void hint_undefined(const struct tasks *t, const struct unit *unit, const char *messages)
{
	const char *start = strstr(messages, "modpost: \""), *end;
	_cleanup_free_ char *symbol = NULL;
	const char *exporter;

	if (!start || !(end = strchr(start + 10, '"')) || !strstr(end, "undefined!"))
		return;
	symbol = xstrndup(start + 10, (size_t)(end - start - 10));
	exporter = find_exporter(t, unit, symbol);
	if (exporter)
		log_hint("%s is exported by %s: say 'depends = %s' in %s/test.conf.", symbol,
			 exporter, exporter, unit->shown);
	else
		log_hint("The kernel does not export %s to modules. If another module does, build "
			 "its folder too, "
			 "and name it in 'depends =' of %s/test.conf.",
			 symbol, unit->shown);
}

static void say_result(const struct tasks *t, const struct unit *unit)
{
	_cleanup_free_ char *path = unit_file(unit, "messages"),
			    *log = unit_file(unit, "build.log");
	_cleanup_(strbuf_release) struct strbuf messages = STRBUF_INIT;

	(void)fs_read_line(path, &messages);
	if (unit->error) {
		log_error("%s: %s%s%s", unit->shown, unit->error, messages.len ? "\n" : ".",
			  messages.buf);
		hint_undefined(t, unit, messages.buf);
		if (fs_exists(log))
			log_hint("All that make said is in %s.", log);
	} else if (messages.len) {
		log_warn("%s:\n%s", unit->shown, messages.buf);
	}
}

static void read_error(struct unit *unit)
{
	_cleanup_free_ char *path = unit_file(unit, "error");
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (fs_read_line(path, &text) < 0 || text.len == 0)
		strbuf_adds(&text, "its build ended without a word");
	unit->error = strbuf_detach(&text);
}

static void finish(struct tasks *t, struct task *task)
{
	task->state = DONE;
	t->n_done++;
	progress(t, task->unit.shown);
}

static void reap(struct tasks *t, struct task *task)
{
	int status = 0;

	while (waitpid(task->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(task->pidfd);
	task->pidfd = -1;
	t->n_running--;
	task->unit.ms = (int)(monotonic_ms() - task->started);
	if (status != 0)
		read_error(&task->unit);
	if (!process_interrupted)
		say_result(t, &task->unit);
	finish(t, task);
}

/* --- starting one -------------------------------------------------------------------- */

static void __attribute__((noreturn)) run_child(struct unit *unit)
{
	_cleanup_free_ char *path = unit_file(unit, "error");
	char *error = NULL;
	int r;

	log_set_hooks(NULL, NULL); /* the progress line is the parent's */
	unlink(path);
	r = unit_build(unit, &error);
	if (r < 0 && !error)
		error = xasprintf("building failed: %s", strerror(-r));
	if (error)
		(void)fs_write_atomic(path, error, strlen(error), 0600);
	_exit(error ? 1 : 0);
}

/* 0, -EAGAIN while another process has it, or -errno, said. */
static int take_lock(struct task *task)
{
	_cleanup_free_ char *path = unit_file(&task->unit, "lock");
	int r = fs_mkdir_p(task->unit.dir, 0700);

	if (r < 0)
		return log_error_errno(r, "Cannot make the folder %s", task->unit.dir);
	task->lock = lock_try(path);
	if (task->lock >= 0)
		return 0;
	if (task->lock != -EWOULDBLOCK)
		return log_error_errno(task->lock, "Cannot lock %s", path);
	if (!task->said_waiting)
		log_info("Waiting for another outpost that is building %s.", task->unit.shown);
	task->said_waiting = true;
	return -EAGAIN;
}

static void collect_symvers(const struct tasks *t, struct unit *unit)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct unit *other = &t->list[i].unit;
		_cleanup_free_ char *path = path_join(other->copy, "Module.symvers", NULL);

		if (other != unit && wants(unit, other) && fs_exists(path))
			strv_add(&unit->symvers, path);
	}
}

/* Nothing to wait for, or a reason why it will never be built. */
static bool is_ready(const struct tasks *t, struct unit *unit)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct task *other = &t->list[i];

		if (&other->unit == unit || !wants(unit, &other->unit))
			continue;
		if (other->state != DONE)
			return false;
		if (other->unit.error && !unit->error) {
			unit->error =
				xasprintf("it depends on %s, which failed", other->unit.shown);
			log_error("%s is not built: %s.", unit->shown, unit->error);
		}
	}
	return true;
}

static int start(struct tasks *t, struct task *task)
{
	struct unit *unit = &task->unit;
	int left = (int)(t->n - t->n_done), r = take_lock(task);

	if (r < 0)
		return r;
	collect_symvers(t, unit);
	unit->tests = t->request->tests;
	unit->jobs = t->jobs / (left < t->jobs ? left : t->jobs);
	task->started = monotonic_ms();
	task->pid = fork();
	if (task->pid == 0)
		run_child(unit);
	if (task->pid < 0)
		return log_error_errno(-errno, "Cannot start a process for %s", unit->shown);
	task->pidfd = (int)syscall(SYS_pidfd_open, task->pid, 0);
	if (task->pidfd < 0)
		return log_error_errno(-errno, "Cannot watch the process for %s", unit->shown);
	t->n_running++;
	task->state = RUNNING;
	progress(t, unit->shown);
	return 0;
}

/* Starts what can be started. Sets *locked when something waits for another process. */
static int start_ready(struct tasks *t, bool *locked)
{
	*locked = false;
	for (size_t i = 0; i < t->n && t->n_running < (size_t)t->jobs; i++) {
		struct task *task = &t->list[i];
		int r;

		if (task->state != WAITING || !is_ready(t, &task->unit))
			continue;
		if (task->unit.error || task->unit.conf.excluded) {
			finish(t, task);
			i = (size_t)-1; /* others may have waited for it */
			continue;
		}
		r = start(t, task);
		if (r == -EAGAIN)
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

		if (t->list[i].state != WAITING)
			continue;
		unit->error = xstrdup("it and others depend on each other in a circle");
		log_error("%s is not built: %s.", unit->shown, unit->error);
		finish(t, &t->list[i]);
	}
}

static void wait_for_one(struct tasks *t)
{
	_cleanup_free_ struct pollfd *fds = xcalloc(t->n + 1, sizeof(*fds));

	for (size_t i = 0; i < t->n; i++)
		fds[i] = (struct pollfd){ .fd = t->list[i].state == RUNNING ? t->list[i].pidfd : -1,
					  .events = POLLIN };
	if (poll(fds, t->n, 100) <= 0)
		return;
	for (size_t i = 0; i < t->n; i++)
		if (fds[i].revents)
			reap(t, &t->list[i]);
}

static int run_tasks(struct tasks *t)
{
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
	return process_interrupted ? -EINTR : 0;
}

/* --- all of it ------------------------------------------------------------------------ */

static void tasks_release(struct tasks *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct task *task = &t->list[i];

		if (task->state == RUNNING) { /* it ends its own child when it is told to */
			kill(task->pid, SIGTERM);
			reap(t, task);
		}
		if (task->lock >= 0)
			close(task->lock);
		unit_release(&task->unit);
	}
	free(t->list);
}

static void prepare(struct tasks *t, struct source_list *sources)
{
	t->list = xcalloc(sources->n + 1, sizeof(*t->list));
	t->n = sources->n;
	t->jobs = t->request->jobs > 0 ? t->request->jobs : (int)sysconf(_SC_NPROCESSORS_ONLN);
	for (size_t i = 0; i < t->n; i++) {
		t->list[i].lock = t->list[i].pidfd = -1;
		unit_prepare(&t->list[i].unit, &sources->list[i], t->request->tree);
	}
}

static int check_cache_path(void)
{
	_cleanup_free_ char *path = path_cache("build", NULL);

	if (!strpbrk(path, " \t:'\"$#%"))
		return 0;
	log_error("The kernel's makefiles cannot build in %s: its name has a blank, colon or quote "
		  "in it.",
		  path);
	log_hint("Set XDG_CACHE_HOME to a folder whose name has none.");
	return -EINVAL;
}

static int find_sources(const struct build_request *request, struct source_list *sources)
{
	int r = check_cache_path();

	for (char *const *path = request->paths; r == 0 && path && *path; path++)
		r = sources_find(*path, sources);
	return r;
}

int build(const struct build_request *request, struct module_list *list)
{
	_cleanup_(source_list_release) struct source_list sources = { 0 };
	_cleanup_(tasks_release) struct tasks t = { .request = request };
	int r = find_sources(request, &sources);

	if (r < 0)
		return r;
	prepare(&t, &sources);
	r = run_tasks(&t);
	for (size_t i = 0; i < t.n && r == 0; i++)
		r = unit_collect(&t.list[i].unit, list);
	return r < 0 ? r : module_list_order(list);
}

int build_compile_commands(char *const *paths, const char *release, const char *to)
{
	_cleanup_(source_list_release) struct source_list sources = { 0 };
	_cleanup_strv_ char **files = NULL;
	int r = 0;

	for (char *const *path = paths; r == 0 && path && *path; path++)
		r = sources_find(*path, &sources);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sources.n; i++) {
		_cleanup_free_ char *dir = unit_dir(sources.list[i].path, release);
		_cleanup_free_ char *file = path_join(dir, "compile_commands.json", NULL);

		strv_add(&files, file);
	}
	r = compdb_merge(files, to);
	return r < 0 ? log_error_errno(r, "Cannot write %s", to) : 0;
}
