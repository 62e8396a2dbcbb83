/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supervisor: the process on the board that carries out a run. It outlives
 * the connection that started it, writes all that happens into the journal,
 * and is the only one that feeds the watchdog.
 *
 *	supervise.c	its two processes: protection, arming, tidying up after a worker
 *	supervise_run.c	the worker: the plan, survivors, the list of modules, the end
 *	supervise_clean.c	what one that was killed left
 *	watch.c		what it does all the time: kernel log, output, watchdog, waiting
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
	outpost_Entry entry; /* the one being made */
	outpost_Plan plan;
	outpost_PlanModule *modules; /* of the whole plan */
	size_t n_modules;
	bool *unusable; /* modules that did not come through: what needs them is not run */
	struct snapshot before;

	/* of the trial under way */
	const outpost_PlanModule *current;
	uint64_t first_sequence; /* 0: nothing was logged */
	uint64_t reports_before;
	uint64_t log_bytes, output_bytes; /* put into the journal for it */
	uint64_t kept_back, kept_back_first;
	unsigned int leftovers;
	bool left_nothing;    /* a first look, while it settled, found nothing of it */
	char reboot_why[128]; /* "": none is needed */
	uint64_t beat_us;     /* when the last sign of life was written */
};

extern volatile sig_atomic_t supervisor_cancelled;
extern volatile sig_atomic_t supervisor_alone; /* the worker: its keeper was killed */

/* Where serve leaves it the board's lock, which is held as long as a supervisor lives. */
#define SUPERVISOR_LOCK_FD 3

/* supervise.c */

/* `outpost-agent supervise HOME RUN ATTEMPT INDEX...`; its exit status. */
int supervise(int argc, char **argv);

/* supervise_run.c */

/* Opens the run's journal and takes its plan from it. 0 or -errno; -EBADMSG when the plan is not
 * sound. */
int supervisor_open(struct supervisor *s, const char *home, const char *run);
/* Ends a run that cannot begin: a host that follows it learns why. */
void supervisor_refuse(struct supervisor *s, int error);
/* Carries out these modules of it; the worker's exit status. */
int supervisor_work(struct supervisor *s, uint32_t attempt, int n, char **indices);

/* supervise_clean.c */

/* Takes out again what a worker that was killed in mid-trial had loaded. */
void supervisor_unload_rest(struct supervisor *s);
/* The same of a run whose supervisor is gone altogether, for who holds the board now. */
void supervisor_clean_after(const char *home, const char *run);
/* The worker without a keeper: a cancel comes to it from now on. The run goes on. */
void supervisor_take_over(struct supervisor *s);

/* watch.c */

/* The entry, empty but for its kind. */
outpost_Entry *watch_entry(struct supervisor *s, pb_size_t tag);
/* Appends it; `sync`: and sees to it that it is on the disk. */
void watch_write(struct supervisor *s, bool sync);
void watch_note(struct supervisor *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Takes in every record that the kernel log has now. */
void watch_drain(struct supervisor *s);

enum watch_end { WATCH_ENDED, WATCH_LATE, WATCH_CANCELLED, WATCH_REPORT };

/*
 * Waits until the step's child ends, `deadline_us` (CLOCK_BOOTTIME) passes, or
 * the run is cancelled (which only ends a wait that is `cancellable`); in the
 * meantime the log is read, output is taken, and the watchdog is fed. With no
 * step it waits for the time to pass.
 */
enum watch_end watch_wait(struct supervisor *s, struct step *step, uint64_t deadline_us,
			  bool cancellable);

/* trial.c */

/* Carries out one module of the plan; sets reboot_why where the board must not go on like this. */
void trial_run(struct supervisor *s, uint32_t index, uint32_t attempt);

#endif
