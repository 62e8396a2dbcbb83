/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs programs in a child process, from an argument array, never through a shell. A fork()
 * that continues in our own code is not handled here.
 */
#ifndef OUTPOST_PROCESS_H
#define OUTPOST_PROCESS_H

#include "common/strbuf.h"

#include <signal.h>
#include <sys/types.h>

/* The words of a command line known at compile time, for process_run(). */
#define ARGV(...) ((char *const *)(const char *const[]){ __VA_ARGS__, NULL })

/* Values for stdin, stdout or stderr of a program, other than a descriptor. */
enum {
	PROCESS_NULL = -1,   /* /dev/null */
	PROCESS_PIPE = -2,   /* a new pipe; our end is in struct process */
	PROCESS_STDOUT = -3, /* stderr only: the same as stdout */
};

enum process_group {
	PROCESS_OUR_GROUP,   /* the terminal's signals reach it */
	PROCESS_OWN_GROUP,   /* they do not; kill(-pid) reaches the program and its children */
	PROCESS_OWN_SESSION, /* nor can it prompt in the terminal */
};

struct process_setup {
	const char *dir;  /* working directory, or NULL */
	char *const *env; /* whole environment, or NULL for ours */
	const int *fds;   /* its stdin, stdout and stderr; NULL: inherited */
	enum process_group group;
	int namespaces; /* CLONE_NEW* of clone(2): the child is in new ones, pid 1 in a new
			   NEWPID, whose end is the end of all in it; 0: in ours */
	int (*in_child)(void *arg); /* called in the child before exec; its -errno is
				       process_start()'s */
	void *arg;
};

struct process {
	pid_t pid;          /* 0: none */
	int in, out, error; /* our ends of the pipes; -1: none */
};

/*
 * Starts argv[0], found through the PATH of its environment, with no signal blocked and
 * SIGPIPE at its default. 0 or -errno, also if the program cannot be executed (-ENOENT: not
 * found); not logged. The caller must wait for it.
 */
int process_start(struct process *process, char *const *argv, const struct process_setup *setup);

/* Waits until the program ends. The exit status (128 + signal if killed by one) or -errno. */
int process_wait(pid_t pid);

/* Closes our ends of the pipes. */
void process_close(struct process *process);

/*
 * Reads what is available, at most 64 KiB: 1, or 0 if nothing is (*fd is O_NONBLOCK). At the
 * end or after an error, closes *fd and sets it to -1.
 */
int process_read(int *fd, struct strbuf *into);

struct process_options {
	const char *dir;   /* working directory, or NULL */
	char *const *env;  /* whole environment, or NULL for ours */
	const void *input; /* what the child reads; empty: /dev/null */
	size_t input_len;
	struct strbuf *output;        /* stdout is appended here; NULL: our stderr */
	struct strbuf *error;         /* the same for stderr; may be the same buffer as output */
	void (*on_output)(void *arg); /* called after each piece of output */
	void *arg;
	int timeout_ms;    /* 0: no limit; after it the child and its process group are killed */
	size_t output_max; /* bytes of output and of error, each; 0: no limit; beyond it: killed,
			      -EFBIG */
	int namespaces;    /* as in struct process_setup */
	int (*in_child)(void *arg); /* as in struct process_setup */
	void *in_child_arg;
};

/*
 * Runs argv[0] (found as by process_start()) and waits. Returns the exit status (128 + signal
 * if killed by one), -ETIME after the time limit, -EINTR if process_interrupted is set
 * meanwhile, or -errno; -ENOENT if the program is not found. Logs nothing.
 */
int process_run(char *const *argv, const struct process_options *options);

/*
 * To be called first in main(): a file that we open must not become stdin, stdout or stderr. One
 * that the caller closed (outpost >&-) is opened such that using it is an error: -EBADF, except
 * that stderr discards. Returns 0 or -errno.
 */
int process_open_standard(void);

/* Set by our signal handler; a waiting process_run() then ends its child. */
extern volatile sig_atomic_t process_interrupted;

#endif
