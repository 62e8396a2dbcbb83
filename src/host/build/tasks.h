/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building units side by side, each in a child process, as their dependencies
 * and the jobs allow, for one kernel tree or several. Two outposts may want the same units: none
 * waits for a lock, but tries again later, and none keeps one when its unit is done. So they never
 * wait for each other in a circle.
 */
#ifndef OUTPOST_TASKS_H
#define OUTPOST_TASKS_H

#include "host/build/build.h"
#include "host/build/unit.h"

#include <sys/types.h>

enum state { WAITING, RUNNING, DONE };

struct task {
	struct unit unit;
	enum state state;
	bool said_waiting; /* for another process that builds it */
	pid_t pid;
	int pidfd;
	int lock;      /* held while it is built and its result is read */
	int link_lock; /* of the unit's link, likewise */
	struct module_list modules;
	long long started;
};

struct tasks {
	const struct build_request *request;
	struct task *list;
	size_t n, n_done, n_running;
	size_t n_trees;
	int jobs; /* shared by all trees */
	struct build_counts counts;
};

/* Adds what is to be built for this tree; once for each. Takes the sources over. */
void tasks_add(struct tasks *t, const struct kernel_tree *tree, struct source_list *sources);

/* What to call it in messages; the caller frees it. */
char *tasks_name(const struct tasks *t, const struct unit *unit);

/* Builds all that can be built; the others have their error, logged. 0, -EINTR, or -errno, logged. */
int tasks_run(struct tasks *t);

/* Ends what still runs. */
void tasks_release(struct tasks *t);

/* Prints the messages and hints of a unit that was built. */
void tasks_say(struct tasks *t, const struct unit *unit);

#endif
