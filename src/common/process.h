/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that run in a child process: started from an argument array, never
 * through a shell. A fork() that goes on in our own code is not for here.
 */
#ifndef OUTPOST_PROCESS_H
#define OUTPOST_PROCESS_H

#include "common/strbuf.h"

#include <signal.h>
#include <sys/types.h>

/* The words of a command line that is known where it stands, for process_run(). */
#define ARGV(...) ((char *const *)(const char *const[]){ __VA_ARGS__, NULL })

/* What stdin, stdout or stderr of a program is, where it is not a descriptor of ours. */
enum {
	PROCESS_NULL = -1,   /* /dev/null */
	PROCESS_PIPE = -2,   /* a new pipe; our end of it is in struct process */
	PROCESS_STDOUT = -3, /* stderr only: the same as stdout */
};

enum process_group {
	PROCESS_OUR_GROUP,   /* the terminal's signals reach it */
	PROCESS_OWN_GROUP,   /* they do not; kill(-pid) reaches it and its children */
	PROCESS_OWN_SESSION, /* nor can it ask in the terminal */
};

struct process_setup {
	const char *dir;  /* working directory, or NULL */
	char *const *env; /* whole environment, or NULL for ours */
	const int *fds;   /* its stdin, stdout and stderr; NULL: ours */
	enum process_group group;
	int (*in_child)(void *arg); /* called in the child before exec; its -errno is
				       process_start()'s */
	void *arg;
};

struct process {
	pid_t pid;          /* 0: none */
	int in, out, error; /* our ends of its pipes; -1: none */
};

/*
 * Starts argv[0], found through the PATH of its environment. No signal is
 * blocked in it, and SIGPIPE ends it. 0, or -errno, also when the program cannot
 * be executed (-ENOENT: there is none). Logs nothing. The caller waits for it.
 */
int process_start(struct process *process, char *const *argv, const struct process_setup *setup);

/* Waits for its end. The exit status (128 + signal when killed by one) or -errno. */
int process_wait(pid_t pid);

/* Closes our ends of its pipes. */
void process_close(struct process *process);

/*
 * Reads what is there, at most 64 KiB: 1, or 0 when there is nothing (*fd is
 * O_NONBLOCK); at the end and after an error *fd is closed and -1.
 */
int process_read(int *fd, struct strbuf *into);

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
	int (*in_child)(void *arg); /* as in struct process_setup */
	void *in_child_arg;
};

/*
 * Runs argv[0] (found as by process_start()) and waits. The exit status (128 +
 * signal when killed by one), -ETIME after the time limit, -EINTR when
 * process_interrupted is set meanwhile, or -errno; -ENOENT when there is no
 * such program. Logs nothing.
 */
int process_run(char *const *argv, const struct process_options *options);

/* Set by the program's signal handler; a waiting process_run() then ends its child. */
extern volatile sig_atomic_t process_interrupted;

#endif
