// SPDX-License-Identifier: GPL-2.0-only
/* Reconnects to a board that went quiet until it answers or its time is up. */
#include "host/run/internal.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/*
 * For one connection. A rebooting board may accept it and send nothing more, so the first
 * tries are short. A slow board needs longer ones.
 */
#define TRY_MS     2000
#define TRY_MAX_MS 20000
#define PAUSE_MS   250

#define FUTILE_MAX 5 /* connections in a row over which nothing of the run came */

struct run_link {
	const struct run_request *q;
	struct session **session;
	char boot_id[40]; /* the last that the board answered with */
	char first_boot_id[40];
	char release[68];
	long long alive_ms;
	unsigned int futile; /* connections in a row that brought nothing, since futile_ms */
	long long futile_ms;
};

struct run_link *run_link_new(const struct run_request *q, struct session **session)
{
	struct run_link *l = xcalloc(1, sizeof(*l));

	l->q = q;
	l->session = session;
	return l;
}

void run_link_free(struct run_link *l)
{
	free(l);
}

struct session *run_link_session(const struct run_link *l)
{
	return *l->session;
}

int run_link_open(struct run_link *l)
{
	return *l->session ? 0 : session_open(l->q->board, NULL, l->session);
}

int run_link_reopen(struct run_link *l)
{
	static const struct session_options options = { .quiet = true };

	session_close(TAKE_PTR(*l->session));
	return session_open(l->q->board, &options, l->session);
}

/* --- who answers ------------------------------------------------------------------------- */

void run_link_expect_boot(struct run_link *l, const char *boot_id)
{
	proto_set(l->boot_id, boot_id);
	proto_set(l->first_boot_id, boot_id);
}

bool run_link_greet(struct run_link *l, const outpost_Welcome *welcome)
{
	bool other = *l->boot_id && strcmp(l->boot_id, welcome->boot_id) != 0;

	if (other)
		log_debug("Board %s: another boot, %s", l->q->board->name, welcome->boot_id);
	proto_set(l->boot_id, welcome->boot_id);
	if (!*l->first_boot_id)
		proto_set(l->first_boot_id, welcome->boot_id);
	proto_set(l->release, welcome->release);
	return other;
}

void run_link_restart(struct run_link *l)
{
	proto_set(l->first_boot_id, l->boot_id);
}

const char *run_link_boot_id(const struct run_link *l)
{
	return l->boot_id;
}

const char *run_link_first_boot_id(const struct run_link *l)
{
	return l->first_boot_id;
}

const char *run_link_release(const struct run_link *l)
{
	return l->release;
}

/* --- connections that bring nothing --------------------------------------------------------- */

void run_link_heard(struct run_link *l)
{
	l->futile = 0;
}

bool run_link_is_futile(struct run_link *l, long long patience_ms)
{
	if (!l->futile++)
		l->futile_ms = run_now_ms(l->q);
	return l->futile > FUTILE_MAX && run_now_ms(l->q) - l->futile_ms > patience_ms;
}

unsigned int run_link_futile(const struct run_link *l)
{
	return l->futile;
}

/* --- until the board answers again ------------------------------------------------------------ */

void run_greet(struct run *run, const outpost_Welcome *welcome)
{
	if (run_link_greet(run->link, welcome))
		run_recovery_note_reboot(run->recovery, welcome, run->link->alive_ms);
}

/* Why the last try failed. */
struct obstacle {
	char *why; /* NULL: not known */
	bool barred;
};

static void obstacle_release(struct obstacle *o)
{
	free(o->why);
}

static int try_once(struct run *run, int timeout_ms, struct obstacle *met)
{
	const struct session_options options = { .timeout_ms = timeout_ms,
						 .fresh = true,
						 .quiet = true };
	_cleanup_(session_closep) struct session *session = NULL;
	const outpost_Welcome *welcome;
	int r = session_open(run->q->board, &options, &session);

	if (r < 0)
		return r;
	r = run_send_attach(run->journal, session);
	if (r == 0)
		r = session_welcome(session, &welcome);
	if (r < 0) {
		free(met->why);
		met->why = xstrdup(session_why(session));
		met->barred = session_is_barred(session);
		return r;
	}
	run_greet(run, welcome);
	*run->link->session = TAKE_PTR(session);
	return 0;
}

static void pause_a_little(void)
{
	poll(NULL, 0, PAUSE_MS);
	log_tick();
}

/* Closes the shared connection, too, which is dead after a reboot. */
static void drop(struct run_link *l)
{
	l->alive_ms = run_now_ms(l->q);
	if (*l->session) {
		l->alive_ms -= session_silence_ms(*l->session);
		log_debug("Board %s: %s; trying again", l->q->board->name,
			  session_why(*l->session));
		session_close(TAKE_PTR(*l->session));
	}
	session_drop_master(l->q->board);
}

int run_reconnect(struct run *run)
{
	_cleanup_(obstacle_release) struct obstacle met = { 0 };
	const struct run_request *q = run->q;
	long long deadline;

	drop(run->link);
	deadline = run->link->alive_ms + run_recovery_return_ms(run->recovery);
	run_say(run, "waiting for the board", "");
	for (int try_ms = TRY_MS;;
	     try_ms = try_ms * 5 / 4 < TRY_MAX_MS ? try_ms * 5 / 4 : TRY_MAX_MS) {
		int r = process_interrupted ? -EINTR : try_once(run, try_ms, &met);

		if (r == 0 || r == -EINTR)
			return r;
		if (run_wait_is_over(run->wait)) {
			if (!run_wait_is_interrupted(run->wait))
				log_error("Board %s went away while another run held it, and did "
					  "not come back in time",
					  q->board->name);
			return -ETIMEDOUT;
		}
		if (run_now_ms(q) > deadline) {
			if (met.barred ||
			    (!run_recovery_power_cycle(run->recovery) && !process_interrupted))
				break;
			deadline = run_now_ms(q) + run_recovery_return_ms(run->recovery);
		}
		pause_a_little();
	}
	log_error("Board %s did not come back within %lld s%s%s", q->board->name,
		  run_recovery_return_ms(run->recovery) / 1000, met.why ? ": " : "",
		  met.why ? met.why : "");
	log_hint("Run outpost results to collect run %s when it is back",
		 run_journal_id(run->journal));
	return -ETIMEDOUT;
}
