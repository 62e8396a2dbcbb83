/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps: anything that may never return runs in a child process, so that the supervisor can
 * keep reading the kernel log and feeding the watchdog.
 */
#ifndef OUTPOST_AGENT_STEP_H
#define OUTPOST_AGENT_STEP_H

#include "common/proto.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a child reports when it ends, through a pipe. */
struct step_report {
	int32_t error; /* errno */
	uint32_t tries;
	char detail[256];
};

struct step {
	pid_t pid; /* also its process group and session */
	int pidfd;
	int report_fd; /* a struct step_report */
	int output_fd; /* stdout and stderr; -1: not captured */
	uint64_t started_us;
};

/* The work of a step, in the child; its return value is the child's exit status. */
typedef int (*step_fn)(const void *arg, struct step_report *report);

/*
 * Starts `fn(arg)` in a child with its own session. `capture`: its output can be read from
 * output_fd. 0 or -errno.
 */
int step_start(struct step *step, step_fn fn, const void *arg, bool capture);

void step_signal(const struct step *step, int signal_number);

/* Collects an ended child into `end` (error, exit_status, signal, duration, detail, tries). */
void step_finish(struct step *step, outpost_StepEnd *end);

/* Gives up on a child that cannot be killed. */
void step_abandon(struct step *step, outpost_StepEnd *end);

/*
 * Makes this process the parent of what a step's child leaves behind, so that
 * step_end_strays() finds it in whatever session or group. 0, or -EINVAL if unsupported: Linux
 * has it since 3.4, qemu-user does not.
 */
int step_adopt(void);

/* Kills and collects all children of this process; returns how many ended. Waits at most 0.2 s. */
unsigned int step_end_strays(void);

#endif
