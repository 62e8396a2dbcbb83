/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps: what may never come back runs in a child process, so that the
 * supervisor goes on reading the kernel log and feeding the watchdog.
 */
#ifndef OUTPOST_AGENT_STEP_H
#define OUTPOST_AGENT_STEP_H

#include "common/proto.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a child says of itself at its end, through a pipe. */
struct step_report {
	int32_t error; /* errno */
	uint32_t tries;
	char detail[256];
};

struct step {
	pid_t pid; /* also its process group and session */
	int pidfd;
	int report_fd; /* a struct step_report */
	int output_fd; /* stdout and stderr; -1: none */
	uint64_t started_us;
};

/* What a step does, in the child; its return value is the child's exit status. */
typedef int (*step_fn)(const void *arg, struct step_report *report);

/* Starts `fn(arg)` in a child of its own session. `capture`: its output is read through output_fd.
 * 0 or -errno. */
int step_start(struct step *step, step_fn fn, const void *arg, bool capture);

void step_signal(const struct step *step, int signal_number);

/* Collects an ended child into `end` (error, exit_status, signal, duration, detail, tries). */
void step_finish(struct step *step, outpost_StepEnd *end);

/* Lets go of a child that cannot be ended. */
void step_abandon(struct step *step, outpost_StepEnd *end);

/*
 * What a step's child leaves behind becomes a child of this process, so that
 * step_end_strays() finds it, whatever session or group it went into. 0, or
 * -EINVAL where that cannot be had: Linux has it since 3.4, qemu-user has not.
 */
int step_adopt(void);

/* Kills and collects all children of this process; how many ended. Waits a fifth of a second at
 * most. */
unsigned int step_end_strays(void);

#endif
