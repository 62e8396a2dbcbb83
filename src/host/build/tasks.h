/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds units in parallel, each in a child process, for one kernel tree or several, as their
 * dependencies and the number of jobs allow. Two outposts may need the same units, so no task
 * blocks on a lock: it retries later, and releases its locks when its unit is done. So they
 * cannot deadlock.
 */
#ifndef OUTPOST_TASKS_H
#define OUTPOST_TASKS_H

#include "host/build/build.h"
#include "host/build/unit.h"

#include <sys/types.h>

enum task_state { TASK_WAITING, TASK_RUNNING, TASK_DONE };

struct task {
	struct unit unit;
	enum task_state state;
	bool said_waiting; /* logged that another process builds it */
	pid_t pid;
	int pidfd;
	int lock;      /* held until it is built and its result is read */
	int link_lock; /* lock of the unit's link, as above */
	struct module_list modules;
	long long started;
};

struct tasks {
	const struct build_request *request;
	struct task *list;
	size_t n, n_done, n_running;
	size_t n_trees;
	int jobs;    /* number of jobs, shared by all trees */
	int trouble; /* -errno of this machine that made a unit fail */
	struct build_counts counts;
};

/* Adds the tasks for a tree; call once per tree. Takes ownership of the sources. */
void tasks_add(struct tasks *t, const struct kernel_tree *tree, struct source_list *sources);

/* The unit's name in messages; the caller frees it. */
char *tasks_name(const struct tasks *t, const struct unit *unit);

/*
 * Builds everything that can be built; other units get an `error`, logged. 0, -EINTR, or
 * -errno, logged, also if a unit failed because of this machine, such as a full disk.
 */
int tasks_run(struct tasks *t);

/* Stops tasks that still run. */
void tasks_release(struct tasks *t);

/* Prints the messages and hints of a unit that was built. */
void tasks_say(struct tasks *t, const struct unit *unit);

#endif
