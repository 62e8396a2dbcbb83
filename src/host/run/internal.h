/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of a run share. */
#ifndef OUTPOST_RUN_INTERNAL_H
#define OUTPOST_RUN_INTERNAL_H

#include "host/board/deploy.h"
#include "host/judge/evidence.h"
#include "host/run/run.h"

/* Where a run stands, as far as the host knows. */
enum run_state {
	RUN_STARTING, /* Start is on its way */
	RUN_GOING,
	RUN_INTERRUPTED, /* nobody carries it out any more, and it is not through */
	RUN_ENDED,
	RUN_FAILED,  /* it cannot go on; said */
	RUN_LOST,    /* the board cannot be reached */
	RUN_UNKNOWN, /* the board does not know it */
	RUN_HELD,    /* another run holds the board; said */
};

/* The plan, as it travels. */
struct plan {
	outpost_PlanModule *modules;
	size_t n;
	size_t n_asked; /* modules of the request */
	int *index;     /* for each module of the request: its place in the plan, -1: not in it */
	char **why;     /* likewise: why it is not; NULL: it is, or has an error of its own */
};

/* The board was found in another boot. */
struct run_reboot {
	bool seen;
	bool after_end; /* soon after the end of the run, which had arrived: the run's doing */
	bool has_down;
	int64_t down_ms; /* between its last sign of life and its start */
};

struct run {
	const struct run_request *q;
	struct session **session;
	char *id;
	char *dir;       /* its folder; NULL until the plan is on its way */
	int journal_fd;  /* the copy of its journal */
	uint64_t local;  /* bytes in it */
	size_t own;      /* of those: our own entries */
	uint64_t offset; /* of the board's journal that comes next; less than `local` once a crash
			    took its tail */
	struct evidence_list list;
	struct plan plan;
	struct deploy *deploy;
	enum run_state state;
	uint32_t attempt;
	bool started;      /* the board has answered the last Start: a supervisor is at it */
	bool lock_is_free; /* the board has said that nobody carries it out any more */
	bool forgotten;    /* the board had lost what it had of it, and was told anew */
	size_t old_ends;   /* RunEnds that there were before the second attempts */
	size_t start_n; /* attempts that there were at the last Start; to see that one moved on */
	uint64_t pending_size; /* INTERRUPTED, but entries up to here are still to come */
	bool cancelled;        /* the user has interrupted */
	bool given_up; /* likewise, but an earlier host process: what is not through is left */
	int signal;
	long long give_up_ms; /* then, or for a busy board: when to stop waiting; 0: never */
	/* of the last loss of the link */
	struct run_reboot reboot;
	char *tried;        /* to get the board back, in words; NULL: nothing */
	bool stuck;         /* it answered, and got on with nothing: the link was well */
	bool power_cycled;  /* and that worked */
	bool reset_in_vain; /* by an earlier host process, which did not see it come back */
	long long reset_ms; /* when that was begun */
	const struct evidence *cut_in; /* what was under way then */
	uint64_t cut_us;               /* the last entry's time then, by the board's clock */
	long long cut_entry_ms;        /* when the last entry before had come, by our clock */
	unsigned int in_vain;          /* supervisors in a row that did nothing */
	unsigned int futile; /* connections in a row that came to nothing, since futile_ms */
	long long futile_ms;
	struct adopted *adopted; /* a run that another host process started; or NULL */
	long long alive_ms;      /* when the board last showed signs of life */
	long long entry_ms;      /* when the last entry came, by our clock */
	long long news_ms;       /* likewise, or when the board last said how the run stands */
	long long sent_ms, accepted_ms; /* 0: the board has not said that it has the plan */
	long long began_ms;
	long long began_s;
	char boot_id[40], nonce[40]; /* that it answered with */
	char first_boot[40];
	char release[68];
};

/* run.c */
void run_begin(struct run *run, const struct run_request *q, struct session **session);
void run_release(struct run *run);
/* The run is through, with what was started last. */
bool run_has_ended(const struct run *run);
/* Follows what was sent to its end, and judges. As run_execute(). */
int run_carry_out(struct run *run, struct run_result *out);

/* send.c: queues; 0 or -errno */
int run_send_flight(struct run *run); /* files, plan and start */
int run_send_start(struct run *run, const outpost_Start *what);
int run_send_rest(
	struct run *run); /* a Start of run_rest(), or of run_doubtful() in the second attempt */
int run_send_attach(struct run *run);
int run_send_cancel(struct run *run);
/* A cut link is no error yet: it shows again when the next frame is waited for. */
int run_ignore_cut(int r);

/* follow.c: 0, or -errno, said but for -EINTR. Why it came to an end is in run->state. */
int run_follow(struct run *run);
/* After the end: the doubtful modules once more, once the board is free. */
int run_once_more(struct run *run);
/* Another connection, and Attach. 0, also when the board is lost; or as run_follow(). */
int run_reattach(struct run *run);

/* reply.c: one REPLY frame. As run_follow(). */
int run_take_reply(struct run *run, const struct frame *frame);

/* collect.c: makes the plan out of the journal's; false: that is not here. */
bool run_adopt_plan(struct run *run);

/* plan.c */
/* 0 or -errno, said. */
int plan_make(struct plan *plan, const struct run_request *q, struct deploy *deploy);
void plan_release(struct plan *plan);
/* Does module `a` of the plan need one of those marked? The index of it, or -1. */
int plan_needs_any(const struct plan *plan, size_t a, const bool *marked);

/* link.c */
/* Brings a new session about after the link was cut (run_note_cut()) or given up: the Attach is
 * queued. 0, -EINTR, or -errno when the board is lost. */
int run_reconnect(struct run *run);
/* The board has said who it is: notes whether it is another boot. */
void run_greet(struct run *run, const outpost_Welcome *welcome);

/* recover.c */
/* The link was cut: notes what was under way. What an earlier loss left to be told apart stays, and
 * a reset of ours that is yet to come. */
void run_note_cut(struct run *run);
int run_patience_ms(const struct run *run);
/*
 * How long nothing need be heard of a run, for all that its supervisor may do: one that can no
 * longer write its journal says nothing until the module is through, after the repetition that it
 * is in.
 */
long long run_quiet_ms(const struct run *run);
/* Switches the board off and on, where there is a way and it was not tried yet. True when that was
 * done; run->tried says what was. */
bool run_power_cycle(struct run *run);
/* How long the board may take to come back: as the user said, once it was reset no less than usual.
 */
long long run_return_ms(const struct run *run);
/*
 * Nothing more comes of the boot before: did the board reboot by itself, hang,
 * or was it only cut off, or rebooted when the run was over? Tells the
 * evidence.
 */
void run_tell_apart(struct run *run);
/* Tells the evidence how we leave the run: of one without an end, whether the board is lost, and
 * whether the user interrupted it. */
void run_tell_left(struct run *run);

/* journal.c */
/* Enters the run whose plan is on its way into the store: whatever becomes of us, it is found, and
 * asked about. 0 or -errno, said. */
int run_enter(struct run *run);
/* The board did not take it. */
void run_forget(struct run *run);
/* Opens the copy; what is in it already is taken in. 0; JOURNAL_FOLLOWED, not said: another process
 * here follows this run; -errno, said. */
#define JOURNAL_FOLLOWED 1
int run_journal_open(struct run *run);
/* One ENTRY frame of the board's. 0 or -errno, said. */
int run_journal_add(struct run *run, const struct frame *frame);
/* An entry of our own: evidence like any other, in the copy alone, for whoever judges it again. */
void run_journal_note(struct run *run, const outpost_Entry *entry);
/* The board has nothing of what it said so far, and neither have we then. 0 or -errno, said. */
int run_journal_begin_anew(struct run *run);
/* The board goes on at `offset`. */
void run_journal_rewind(struct run *run, uint64_t offset);
void run_journal_close(struct run *run);
/* The user does not want the rest: kept beside the journal for whoever collects the run. */
void run_note_cancel(const struct run *run);
bool run_was_cancelled(const struct run *run);
/* We are about to reset the board: that reboot is ours, also where no process of ours sees it. */
void run_note_reset(const struct run *run);
void run_forget_reset(const struct run *run); /* it has been told, or came to nothing */
bool run_was_reset(const struct run *run);

/* run_symbolize.c */
/*
 * Names functions, files and lines in the reports of a result, and in its
 * summary; `index` is its place in the plan, `log` the kernel log that the
 * reports count the lines of.
 */
void run_symbolize(const struct run *run, size_t index, const char *log, struct result *result);

/* run_result.c */
void run_judge(struct run *run, struct run_result *out);
/* The modules that no attempt was made at yet, without those that need one that took the board
 * down. */
void run_rest(const struct run *run, outpost_Start *start);
/* Those that are inconclusive after their first attempt. */
void run_doubtful(const struct run *run, outpost_Start *start);

#endif
