/* SPDX-License-Identifier: GPL-2.0-only */
/* Child processes: started from an argument array, never through a shell. */
#ifndef OUTPOST_PROCESS_H
#define OUTPOST_PROCESS_H

#include "common/strbuf.h"

#include <signal.h>
#include <sys/types.h>

/* The words of a command line that is known where it stands, for process_run(). */
#define ARGV(...) ((char *const *)(const char *const[]){ __VA_ARGS__, NULL })

struct process_options {
	const char *dir;   /* working directory, or NULL */
	char *const *env;  /* whole environment, or NULL for ours */
	const void *input; /* what the child reads; none: /dev/null */
	size_t input_len;
	struct strbuf
		*output; /* stdout is appended here; NULL: our stderr, as stdout is for results */
	struct strbuf *error;         /* stderr likewise; may be the same buffer as output */
	void (*on_output)(void *arg); /* called after each piece that arrives */
	void *arg;
	int timeout_ms;    /* 0: none; after it the child's process group is killed */
	size_t output_max; /* bytes of output and of error, each; 0: no limit; beyond it: killed,
			      -EFBIG */
	int (*in_child)(void); /* called in the child before exec; its -errno is process_run()'s */
};

/*
 * Runs argv[0] (found through PATH) and waits. The exit status (128 + signal
 * when killed by one), -ETIME after the time limit, -EINTR when
 * process_interrupted is set meanwhile, or -errno; -ENOENT when there is no
 * such program. Says nothing.
 */
int process_run(char *const *argv, const struct process_options *options);

/* Set by the program's signal handler; a waiting process_run() then ends its child. */
extern volatile sig_atomic_t process_interrupted;

/*
 * Called several times a second by what waits: process_run(), and loops that
 * wait for a machine. NULL: nobody wants to know.
 */
extern void (*process_on_wait)(void);
void process_waiting(void);

#endif
