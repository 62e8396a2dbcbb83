/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection: requests on stdin, replies and journal entries on stdout. Runs are carried out
 * by another process, and continue when the connection ends. Only if a killed supervisor left
 * the board armed does a connection clean up after it: disarm the board and unload modules.
 *
 *	serve.c		requests in, replies out
 *	start.c		receives a plan, starts and cancels runs
 *	follow.c	the state of runs, and following them
 *	serve_facts.c	facts about the board
 *	serve_pull.c	files of the running kernel
 *	serve_provision.c	preparing the board, and its condition
 *	production.c	what a production key may ask for
 */
#ifndef OUTPOST_AGENT_SERVE_H
#define OUTPOST_AGENT_SERVE_H

#include "agent/base/blob.h"
#include "agent/base/journal.h"
#include "agent/run/holder.h"
#include "agent/run/kmsg_reader.h"

#include <stdbool.h>

struct serve {
	struct dirs dirs;
	outpost_Request request; /* being answered */
	outpost_Reply reply;     /* being built */
	bool production;         /* the login may only deploy promoted modules and read state */
	bool greeted;
	bool void_flight;  /* a request failed: the rest is ignored */
	bool gone;         /* nobody reads our replies */
	uint64_t received; /* bytes read */
	struct blob_receiver blob;

	struct journal plan; /* being received; fd < 0: none */
	uint32_t plan_modules, plan_received;

	size_t start_needs; /* requested blobs that have not arrived: the start waits */
	outpost_Start start;
	char start_user[96];
	bool deploy_waits;
	outpost_Deploy deploy;

	char run[48]; /* the run being followed; "": none */
	int follow_fd;
	int inotify_fd;
	uint64_t follow_offset;

	bool log_follows; /* the kernel log is being sent */
	struct kmsg_reader log;
};

int serve(bool production);

/* serve.c */
outpost_Reply *serve_reply(struct serve *s, pb_size_t tag);
void serve_send(struct serve *s);
/* Sends a Failure with this errno; the rest of the flight is void. */
void serve_fail(struct serve *s, int r, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* start.c */
void serve_say_busy(struct serve *s, const struct holder *holder);
void serve_plan(struct serve *s, const outpost_Plan *plan);
void serve_plan_module(struct serve *s, const outpost_PlanModule *module);
void serve_start(struct serve *s); /* carries out s->start, or asks for missing blobs */
void serve_cancel(struct serve *s, const outpost_Cancel *cancel);

/* follow.c */

/* The state of a run; *size: bytes up to the end of its journal's last complete frame. */
outpost_RunState_State serve_inspect(struct serve *s, const char *run, uint64_t *size);
void serve_run_state(struct serve *s, const char *run, outpost_RunState_State state,
		     uint64_t offset, uint64_t size);
int serve_begin_following(struct serve *s, const char *run, uint64_t offset);
void serve_attach(struct serve *s, const outpost_Attach *attach);
void serve_runs(struct serve *s);
/* Sends what is new in the journal; called on inotify and every second. */
void serve_follow_run(struct serve *s);

/* serve_facts.c */
void serve_welcome(struct serve *s);
/* What the board has to survive a crash, and the reply with it. */
void survival_facts(const struct dirs *dirs, outpost_Survival *facts);
void serve_survival(struct serve *s);
/* Who holds the board, and which modules are loaded that its kernel did not come with. */
void status_facts(const struct dirs *dirs, outpost_Status *facts);
void serve_status(struct serve *s);

/* serve_provision.c */
void serve_provision(struct serve *s, const outpost_Provision *request);
void serve_condition(struct serve *s);

/*
 * production.c: may a production key ask for this? `root`: "" except in tests. If not, *why is
 * what it asked for, in words.
 */
bool production_allows(const char *root, const outpost_Request *request, const char **why);

/* serve_pull.c */
void serve_pull(struct serve *s, const outpost_Pull *request);

#endif
