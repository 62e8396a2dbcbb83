// SPDX-License-Identifier: GPL-2.0-only
#include "host/workflow/doctor.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/strbuf.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define ANSWER_MS   5000
#define LEAST_BYTES (32u << 10) /* a report with its modules and two stacks takes about 10 KiB */

static void note(struct findings *c, const char *name, char *detail, const char *mend)
{
	doctor_add(c, "board", name, FINDING_NOTE, detail, mend ? xstrdup(mend) : NULL);
}

static void fine(struct findings *c, const char *name, char *detail)
{
	doctor_add(c, "board", name, FINDING_OK, detail, NULL);
}

static void check_pstore(struct findings *c, const outpost_Survival *f)
{
	if (!*f->pstore)
		note(c, "pstore",
		     xstrdup("no: the log of a panic is lost, and only that it happened is known"),
		     "on a Raspberry Pi, run outpost provision --only boot --restart, which adds "
		     "dtoverlay=ramoops to config.txt; otherwise load the module ramoops with "
		     "mem_address= and mem_size=");
	else if (f->record_bytes && f->record_bytes < LEAST_BYTES)
		note(c, "pstore",
		     xasprintf("%s keeps the last %" PRIu32 " KiB of a panic's log: long reports "
			       "are cut off",
			       f->pstore, f->record_bytes >> 10),
		     "set dtoverlay=ramoops,record-size=0x10000 in config.txt, or load the module "
		     "with record_size=65536");
	else if (f->record_bytes)
		fine(c, "pstore",
		     xasprintf("%s keeps the log of a panic, %" PRIu32 " KiB per record", f->pstore,
			       f->record_bytes >> 10));
	else
		fine(c, "pstore", xasprintf("%s keeps the log of a panic", f->pstore));
}

/* Will a run be able to use it? */
static bool watchdog_helps(const outpost_Survival *f)
{
	return *f->watchdog && (f->watchdog_active ? f->systemd : !f->nowayout);
}

static void check_watchdog(struct findings *c, const outpost_Survival *f)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;

	if (!*f->watchdog) {
		note(c, "watchdog", xstrdup("none: the board stays hung if it hangs"),
		     "on a Raspberry Pi, run outpost provision --only boot --restart");
		return;
	}
	strbuf_adds(&sb, f->watchdog);
	if (f->watchdog_max_s)
		strbuf_addf(&sb, ", at most %" PRIu32 " s", f->watchdog_max_s);
	if (f->watchdog_active && f->systemd)
		strbuf_addf(&sb, "; systemd uses it (%" PRIu32 " s) and lends it to runs",
			    f->watchdog_set_s);
	else if (f->watchdog_active)
		strbuf_adds(&sb, "; another program uses it");
	if (f->watchdog_active && !f->systemd)
		note(c, "watchdog", strbuf_detach(&sb),
		     "stop that program (such as watchdogd): a run needs the watchdog for itself");
	else if (f->nowayout && !f->watchdog_active)
		note(c, "watchdog",
		     xasprintf("%s; it cannot be stopped once started, so runs do not use it",
			       sb.buf),
		     "load its module with nowayout=0");
	else
		fine(c, "watchdog", strbuf_detach(&sb));
}

static void check_panic(struct findings *c, const outpost_Survival *f)
{
	if (f->armed)
		note(c, "panic settings", xstrdup("currently set by a run"), NULL);
	else if (f->panic_s == 0)
		note(c, "panic settings",
		     xstrdup("the board does not reboot after a panic outside a run (kernel.panic "
			     "= 0)"),
		     "outpost provision --only sysctl");
	else if (f->panic_s < 0)
		fine(c, "panic settings", xstrdup("reboots immediately after a panic"));
	else
		fine(c, "panic settings",
		     xasprintf("reboots %" PRId32 " s after a panic%s", f->panic_s,
			       f->panic_on_oops ? ", and panics on an oops" : ""));
}

static void check_detectors(struct findings *c, const outpost_Survival *f)
{
	_cleanup_(strbuf_release) struct strbuf has = STRBUF_INIT, lacks = STRBUF_INIT;
	const struct {
		bool there;
		const char *name;
	} all[] = {
		{ f->hung_task, "hung task" },
		{ f->soft_lockup, "soft lockup" },
		{ f->rcu_stall, "RCU stall" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct strbuf *sb = all[i].there ? &has : &lacks;

		strbuf_addf(sb, "%s%s", sb->len ? ", " : "", all[i].name);
	}
	if (!lacks.len)
		fine(c, "detectors", strbuf_detach(&has));
	else
		note(c, "detectors",
		     xasprintf("this kernel has none for: %s; only time limits find such hangs",
			       lacks.buf),
		     NULL);
}

static void check_journal(struct findings *c, const outpost_Survival *f)
{
	if (f->persistent_journal)
		fine(c, "system journal", xstrdup("survives reboots"));
	else if (f->systemd)
		note(c, "system journal", xstrdup("lost at a reboot"),
		     "outpost provision --only journal");
}

static void check_power(struct findings *c, const struct board *board)
{
	if (board->power_cycle)
		fine(c, "power-cycle", xstrdup(board->power_cycle));
	else if (board->is_vm)
		fine(c, "power-cycle", xstrdup("virtual Pis are reset"));
	else
		note(c, "power-cycle",
		     xstrdup("no command to switch the board off and on when all else fails"),
		     "outpost board add NAME DESTINATION --power-cycle COMMAND, if a relay or a hub "
		     "can do it");
}

const char *grade_name(enum grade grade)
{
	static const char *const names[] = { NULL, "poor", "fair", "good" };

	return names[grade];
}

static void add_grade(struct findings *c, const struct board *board, const outpost_Survival *f)
{
	bool kept = *f->pstore, back = watchdog_helps(f);
	bool power = board->is_vm || board->power_cycle;

	c->grade = kept && back ? GRADE_GOOD : kept || back ? GRADE_FAIR : GRADE_POOR;
	doctor_add(c, "board", "survival", c->grade == GRADE_GOOD ? FINDING_OK : FINDING_NOTE,
		   xasprintf("%s: %s, and %s", grade_name(c->grade),
			     kept ? "the log of a crash survives"
				  : "only the log streamed before a crash survives",
			     back    ? "the board resets itself if it hangs"
			     : power ? "the board is switched off and on if it hangs"
				     : "somebody has to reset the board if it hangs"),
		   c->grade == GRADE_GOOD ? xstrdup("outpost doctor --prove tests this") : NULL);
}

int doctor_ask(struct session *session, pb_size_t request_tag, pb_size_t reply_tag,
	       outpost_Reply *reply)
{
	const outpost_Request request = { .which_body = request_tag };
	int r = session_send(session, &request);

	while (r >= 0) {
		struct frame frame;

		r = session_receive(session, ANSWER_MS, &frame);
		if (r == SESSION_NOTHING)
			return -ETIMEDOUT;
		if (r == SESSION_ENDED)
			return -ENOTCONN;
		if (r < 0 || frame.type != FRAME_REPLY)
			continue;
		memset(reply, 0, sizeof(*reply));
		r = proto_unpack(&frame, outpost_Reply_fields, reply);
		if (r == 0 && reply->which_body == reply_tag)
			return 0;
	}
	return r;
}

void doctor_grade(struct findings *c, const struct board *board, const outpost_Survival *facts)
{
	check_pstore(c, facts);
	check_watchdog(c, facts);
	check_panic(c, facts);
	check_detectors(c, facts);
	check_journal(c, facts);
	check_power(c, board);
	add_grade(c, board, facts);
}

int doctor_survival(struct findings *c, const struct board *board, struct session *session)
{
	_cleanup_free_ outpost_Reply *reply = xcalloc(1, sizeof(*reply));
	int r = doctor_ask(session, outpost_Request_survival_tag, outpost_Reply_survival_tag,
			   reply);

	if (r == 0)
		doctor_grade(c, board, &reply->body.survival);
	return r;
}
