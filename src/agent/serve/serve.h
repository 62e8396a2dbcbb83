/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection: requests on stdin, replies and the journal's entries on
 * stdout. It carries nothing out itself; when it ends, runs go on.
 *
 *	serve.c		requests in, replies out
 *	start.c		taking in a plan, starting and cancelling runs
 *	follow.c	how runs stand, and following them
 *	serve_facts.c	what the board says of itself
 *	serve_pull.c	files of the running kernel
 */
#ifndef OUTPOST_AGENT_SERVE_H
#define OUTPOST_AGENT_SERVE_H

#include "agent/base/blob.h"
#include "agent/base/journal.h"
#include "agent/run/kmsg_reader.h"

#include <stdbool.h>

struct serve {
	struct dirs dirs;
	outpost_Request request; /* the one being answered */
	outpost_Reply reply;     /* the one being made */
	bool greeted;
	bool void_flight;  /* something in it failed: the rest is not done */
	bool gone;         /* nobody reads our answers */
	uint64_t received; /* bytes read */
	struct blob_receiver blob;

	struct journal plan; /* being received; fd < 0: none */
	uint32_t plan_modules, plan_received;

	size_t start_needs; /* blobs that were asked for and have not arrived: the start waits */
	outpost_Start start;
	char start_user[96];
	bool deploy_waits;
	outpost_Deploy deploy;

	char run[48]; /* attached to; "": to none */
	int follow_fd;
	int inotify_fd;
	uint64_t follow_offset;

	bool log_follows; /* the kernel log is being sent */
	struct kmsg_reader log;
};

int serve(void);

/* serve.c */
outpost_Reply *serve_reply(struct serve *s, pb_size_t tag);
void serve_send(struct serve *s);
/* A Failure with this errno; the rest of the flight is void. */
void serve_fail(struct serve *s, int r, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* start.c */
void serve_plan(struct serve *s, const outpost_Plan *plan);
void serve_plan_module(struct serve *s, const outpost_PlanModule *module);
void serve_start(struct serve *s); /* s->start; with blobs missing, it asks for them */
void serve_cancel(struct serve *s, const outpost_Cancel *cancel);

/* follow.c */

/* How a run stands; *size: bytes up to the end of its journal's last whole frame. */
outpost_RunState_State serve_inspect(struct serve *s, const char *run, uint64_t *size);
void serve_run_state(struct serve *s, const char *run, outpost_RunState_State state,
		     uint64_t offset, uint64_t size);
int serve_begin_following(struct serve *s, const char *run, uint64_t offset);
void serve_attach(struct serve *s, const outpost_Attach *attach);
void serve_runs(struct serve *s);
/* Sends what the journal has got since; called on inotify and every second. */
void serve_follow_run(struct serve *s);

/* serve_facts.c */
void serve_welcome(struct serve *s);
/* What the board has for a crash, and the reply that says so. */
void survival_facts(const struct dirs *dirs, outpost_Survival *facts);
void serve_survival(struct serve *s);

/* serve_pull.c */
void serve_pull(struct serve *s, const outpost_Pull *request);

#endif
