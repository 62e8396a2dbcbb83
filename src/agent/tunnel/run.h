/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `outpost-agent tunnel run`, which outpost-tunnel.service runs as TUNNEL_USER: keeps one connection
 * of a carrier to the gateway, and answers the gateway's prober through it.
 *
 *	run.c		the loop: waits for what happens next
 *	run_link.c	what to do about it: connect, end, wait
 *	run_report.c	what systemd, the journal and people are told
 *
 * Nothing here blocks, except for starting and ending the carrier. All times are monotonic_ms().
 */
#ifndef OUTPOST_AGENT_TUNNEL_RUN_H
#define OUTPOST_AGENT_TUNNEL_RUN_H

#include "agent/tunnel/backoff.h"
#include "agent/tunnel/config.h"
#include "agent/tunnel/link.h"
#include "agent/tunnel/outage.h"
#include "agent/tunnel/path.h"
#include "agent/tunnel/probe_server.h"

/* Changes of the network come in groups: they are looked at so long after the first of them. */
#define RUN_SETTLE_MS 100

/* A link that comes and goes does not make more attempts than one in so many ms. */
#define RUN_HASTE_MS 1000

struct tunnel {
	struct tunnel_config config;
	struct link link;
	struct backoff backoff;
	struct outage outage;
	struct probe_server probes;
	long long pinged_at; /* when the last ping came */
	char boot_id[37];

	struct sockaddr_storage gateway; /* its address when last connected; AF_UNSPEC: not known */
	struct path path;         /* that the last attempt took, or that is lost since then */
	struct carrier_wish wish; /* of the next attempt */
	long long attempt_at;     /* when the last one began */

	long long retry_at; /* without a link: when to make one */
	long long look_at;  /* with one: when to look at it */
	long long path_at;  /* when to look at the network; 0: nothing has changed */

	enum probe_cause logged; /* why the last attempt failed, as far as the journal knows */
	int status_fails;        /* the status file could not be written, which was logged */
};

/* The exit status: 0 after SIGTERM, 1 after an error, 2 for a wrong configuration. Logs. */
int tunnel_run(const char *root);

/* run_link.c */
void run_attempt(struct tunnel *t, long long now);
void run_look(struct tunnel *t, long long now);     /* at look_at */
void run_consider(struct tunnel *t, long long now); /* at path_at */
void run_ended(struct tunnel *t, long long now);    /* the carrier has ended */
void run_pinged(struct tunnel *t, long long now);   /* a ping came */
void run_hello(const struct tunnel *t, long long now, struct probe_hello *hello);

/* run_report.c; called after the change */
#define RUN_STATUS_FILE "status" /* in TUNNEL_RUN: lines "key=value" */
void report_state(struct tunnel *t, long long now);
void report_up(struct tunnel *t, long long now);
void report_lost(struct tunnel *t);
void report_failed(struct tunnel *t);

#endif
