/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supervisor: the process on the board that carries out a run. It outlives the connection that
 * started it, records everything in the journal, and is the only process that feeds the watchdog.
 *
 *	supervise.c	its two processes: protection, arming, cleaning up after a worker
 *	supervise_run.c	the worker: the plan, survivors, the list of modules, the end
 *	supervise_clean.c	cleaning up after a killed supervisor
 *	watch.c		what runs all the time: kernel log, output, watchdog, waiting
 *	trial*.c	one module: needs, load, test, unload, settle, compare
 */
#ifndef OUTPOST_AGENT_SUPERVISOR_H
#define OUTPOST_AGENT_SUPERVISOR_H

#include "agent/guard/guard.h"
#include "agent/base/journal.h"
#include "agent/run/kmsg_reader.h"
#include "agent/run/snapshot.h"
#include "agent/run/step.h"
#include "common/klog/klog.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct supervisor {
	struct dirs dirs;
	struct journal journal;
	struct guard guard;
	struct kmsg_reader log;
	bool has_log; /* the kernel log can be read */
	struct klog klog;
	outpost_Entry entry; /* being built */
	outpost_Plan plan;
	outpost_PlanModule *modules; /* of the whole plan */
	size_t n_modules;
	bool *unusable; /* modules that failed: what needs them is not run */
	struct snapshot before;

	/* of the current trial */
	const outpost_PlanModule *current;
	uint64_t first_sequence; /* 0: no window, or an empty log */
	uint64_t reports_before;
	uint64_t log_bytes, output_bytes; /* written to the journal for it */
	uint64_t kept_back, kept_back_first;
	unsigned int leftovers;
	bool left_nothing;    /* a first look while it settled found no leftovers */
	char reboot_why[128]; /* "": not needed */
	uint64_t beat_us;     /* when the last sign of life was written */
};

extern volatile sig_atomic_t supervisor_cancelled;
extern volatile sig_atomic_t supervisor_alone; /* in the worker: its keeper was killed */

/* The descriptor on which serve passes the board's lock, held as long as a supervisor lives. */
#define SUPERVISOR_LOCK_FD 3

/* supervise.c */

/* `outpost-agent supervise HOME RUN ATTEMPT INDEX...`; its exit status. */
int supervise(int argc, char **argv);

/* supervise_run.c */

/*
 * Opens the run's journal and reads the plan from it. 0, -EBADMSG if the plan is invalid, or
 * another -errno.
 */
int supervisor_open(struct supervisor *s, const char *home, const char *run);
/* Ends a run that cannot begin, so that a host that follows it learns the reason. */
void supervisor_refuse(struct supervisor *s, int error);
/* Carries out these modules of the plan; returns the worker's exit status. */
int supervisor_work(struct supervisor *s, uint32_t attempt, int n, char **indices);

/* supervise_clean.c */

/* The module whose trial was left open in this boot, or NULL. */
const outpost_PlanModule *supervisor_left_open(const struct supervisor *s);
/* Unloads what a worker that was killed during a trial had loaded, unless the board rebooted. */
void supervisor_unload_rest(struct supervisor *s);
/* The same for a run whose supervisor no longer exists. The caller must hold the board. */
void supervisor_clean_after(const char *home, const char *run);
/* For a worker whose keeper was killed: it receives cancels from now on, and the run continues. */
void supervisor_take_over(struct supervisor *s);

/* watch.c */

/* Returns the entry, empty except for its kind. */
outpost_Entry *watch_entry(struct supervisor *s, pb_size_t tag);
/* Appends the entry; `sync`: and makes sure that it is on the disk. */
void watch_write(struct supervisor *s, bool sync);
void watch_note(struct supervisor *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Takes every record that the kernel log has now. */
void watch_drain(struct supervisor *s);

enum watch_end { WATCH_ENDED, WATCH_LATE, WATCH_CANCELLED, WATCH_REPORT };

/*
 * Waits until the step's child ends, `deadline_us` (CLOCK_BOOTTIME) passes or, if
 * `cancellable`, the run is cancelled. Meanwhile it reads the kernel log and the output and
 * feeds the watchdog. Without a step it waits for the deadline.
 */
enum watch_end watch_wait(struct supervisor *s, struct step *step, uint64_t deadline_us,
			  bool cancellable);

/* trial.c */

/* Carries out one module of the plan; sets reboot_why if the board must be rebooted. */
void trial_run(struct supervisor *s, uint32_t index, uint32_t attempt);

#endif
