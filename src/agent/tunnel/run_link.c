// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/run.h"

#include "common/clock.h"

#include <stdio.h>
#include <sys/random.h>

static const struct sockaddr *gateway(const struct tunnel *t)
{
	return (const struct sockaddr *)&t->gateway;
}

static uint32_t random_number(void)
{
	uint32_t n = 0;

	(void)!getrandom(&n, sizeof(n), 0);
	return n;
}

/*
 * Where a name has both addresses, ssh tries IPv6 first, and its time for both is the one that we
 * end: so if IPv6 is not answered, the next attempt uses IPv4 alone, and the one after that both.
 * What works is used again.
 */
static int next_family(const struct tunnel *t)
{
	return t->link.cause == PROBE_CAUSE_TIMEOUT && t->link.wish.family == AF_UNSPEC &&
			       t->link.here.ss_family == AF_INET6
		       ? AF_INET
		       : AF_UNSPEC;
}

/* ssh gave up on a gateway that had answered: perhaps it has much to do. */
static bool was_slow(const struct tunnel *t, enum link_phase phase)
{
	return phase == LINK_OPEN && !t->link.dead &&
	       (t->link.cause == PROBE_CAUSE_TIMEOUT || t->link.cause == PROBE_CAUSE_SILENT);
}

/* After an attempt that failed in this phase. */
static void plan_wish(struct tunnel *t, enum link_phase phase)
{
	t->wish.family = next_family(t);
	if (was_slow(t, phase) && t->wish.patience < CARRIER_PATIENCE)
		t->wish.patience++;
}

static bool is_refusal(enum probe_cause cause)
{
	return cause == PROBE_CAUSE_DENIED || cause == PROBE_CAUSE_HOSTKEY;
}

/* After the link has ended. A changed network is not the gateway's fault: no need to wait. */
static void plan_next(struct tunnel *t, long long now, enum link_phase phase)
{
	enum probe_cause cause = t->link.cause;
	bool was_up = phase == LINK_PROVEN;

	probe_server_drop(&t->probes);
	if (was_up) {
		outage_begin(&t->outage, now, cause, t->link.text);
	} else {
		outage_fail(&t->outage, cause);
		plan_wish(t, phase);
	}
	if (cause == PROBE_CAUSE_PATH)
		t->retry_at =
			t->attempt_at + RUN_HASTE_MS > now ? t->attempt_at + RUN_HASTE_MS : now;
	else
		t->retry_at =
			now + backoff_next(&t->backoff, now, random_number(), is_refusal(cause));
	if (was_up)
		report_lost(t);
	else
		report_failed(t);
	report_state(t, now);
}

static void end(struct tunnel *t, long long now, enum probe_cause cause, const char *text)
{
	enum link_phase phase = t->link.phase;

	link_end(&t->link, cause, text);
	plan_next(t, now, phase);
}

void run_ended(struct tunnel *t, long long now)
{
	end(t, now, PROBE_CAUSE_NONE, NULL);
}

void run_attempt(struct tunnel *t, long long now)
{
	t->attempt_at = now;
	path_find(gateway(t), &t->path);
	if (link_start(&t->link, &t->config, &t->wish, now) < 0) {
		plan_next(t, now, LINK_NONE);
		return;
	}
	t->look_at = now;
	report_state(t, now);
}

/* The connection is made: this is the way that it has taken. */
static void note_way(struct tunnel *t)
{
	if (t->link.there.ss_family == AF_UNSPEC)
		return;
	t->gateway = t->link.there;
	path_find(gateway(t), &t->path);
}

/*
 * A carrier that connects again by itself is left alone: without pings its connection is lost, with
 * the next one it is back. A prober that was restarted meanwhile looks like a short outage.
 */
static void look_at_pings(struct tunnel *t, long long now)
{
	int silent_ms = t->config.alive_ms + 1000; /* two pings, and time for their way */
	char text[80];

	t->look_at = now + silent_ms / 4;
	if (!link_is_up(&t->link) || now - t->pinged_at <= silent_ms)
		return;
	snprintf(text, sizeof(text), "no ping came for %d s", silent_ms / 1000);
	link_doubt(&t->link, text, now);
	outage_begin(&t->outage, t->pinged_at, t->link.cause, t->link.text);
	report_lost(t);
	report_state(t, now);
}

void run_look(struct tunnel *t, long long now)
{
	enum link_phase phase = t->link.phase;
	char text[80];

	if (t->link.carrier->reconnects) {
		look_at_pings(t, now);
		return;
	}
	t->look_at = now + link_look(&t->link, t->config.alive_ms, now);
	if (phase < LINK_OPEN && t->link.phase >= LINK_OPEN)
		note_way(t);
	if (phase != t->link.phase)
		report_state(t, now);
	if (t->link.phase == LINK_CALLING && now - t->link.since >= LINK_CALL_MS) {
		snprintf(text, sizeof(text), "no answer within %d s", LINK_CALL_MS / 1000);
		end(t, now, PROBE_CAUSE_TIMEOUT, text);
	} else if (t->link.dead) {
		snprintf(text, sizeof(text), "nothing came from the gateway for %d ms",
			 t->config.alive_ms + LINK_SILENT_OVER_MS);
		end(t, now, PROBE_CAUSE_SILENT, text);
	}
}

/* --- the network --- */

static void consider_connected(struct tunnel *t, long long now, const struct path *path)
{
	bool has_address = path_has_address((const struct sockaddr *)&t->link.here);

	if (path_has_moved(&t->path, path, has_address))
		end(t, now, PROBE_CAUSE_PATH,
		    has_address ? "the route to the gateway changed"
				: "this board's address changed");
}

static void consider_waiting(struct tunnel *t, long long now, const struct path *path)
{
	long long soon = t->attempt_at + RUN_HASTE_MS;

	if (t->link.phase != LINK_NONE)
		end(t, now, PROBE_CAUSE_PATH, "the network changed while connecting");
	else if (t->retry_at > soon)
		t->retry_at = soon > now ? soon : now;
	t->path = *path;
}

void run_consider(struct tunnel *t, long long now)
{
	struct path path;

	t->path_at = 0;
	path_find(gateway(t), &path);
	if (t->link.phase >= LINK_OPEN)
		consider_connected(t, now, &path);
	else if (path_is_news(&t->path, &path))
		consider_waiting(t, now, &path);
	else if (!path.reachable || !path.running)
		t->path = path; /* lost: it will be news when it is back */
}

/* --- the prober --- */

void run_pinged(struct tunnel *t, long long now)
{
	if (t->link.phase == LINK_NONE)
		return;
	t->pinged_at = now;
	backoff_reset(&t->backoff, now);
	if (link_is_up(&t->link))
		return;
	link_prove(&t->link, now);
	t->wish.patience = 0;
	outage_end(&t->outage, now);
	report_up(t, now);
	report_state(t, now);
}

/* A prober pings each second; where traffic costs money, twice in the time that ssh asks after. */
void run_hello(const struct tunnel *t, long long now, struct probe_hello *hello)
{
	*hello = (struct probe_hello){
		.up_ms = boottime_us() / 1000,
		.ping_ms = (uint32_t)t->config.alive_ms / 2,
	};
	snprintf(hello->boot_id, sizeof(hello->boot_id), "%s", t->boot_id);
	outage_hello(&t->outage, now, hello);
}
