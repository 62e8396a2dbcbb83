// SPDX-License-Identifier: GPL-2.0-only
/*
 * What users of Raspberry Pis most often stumble over. Only what is unusual becomes a finding. A
 * kernel of 32 bits has no agent: session_install.c explains it.
 */
#include "host/workflow/doctor.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/strbuf.h"

#include <inttypes.h>
#include <string.h>

static void note(struct findings *c, const char *name, char *detail, const char *mend)
{
	doctor_add(c, "board", name, FINDING_NOTE, detail, mend ? xstrdup(mend) : NULL);
}

/* An upgrade replaces the files of a kernel that still runs. */
static bool is_upgraded(const outpost_Condition *f)
{
	return *f->newer || *f->installed || !f->modules;
}

static void check_kernel(struct findings *c, const outpost_Welcome *w, const outpost_Condition *f)
{
	if (!f->modules)
		note(c, "kernel upgrade",
		     xasprintf(
			     "the modules of the running kernel %s are gone: the board was upgraded "
			     "and not restarted",
			     w->release),
		     "restart the board");
	else if (is_upgraded(f))
		note(c, "kernel upgrade",
		     xasprintf("%s is installed, but %s runs: the board was upgraded and not "
			       "restarted",
			       *f->newer ? f->newer : f->installed, w->release),
		     "restart the board before you build for it: what you build now does not fit "
		     "afterwards");
	if (f->headers)
		return;
	/* Who builds on a board does so on a Raspberry Pi, with DKMS. */
	doctor_add(c, "board", "headers", f->pi || is_upgraded(f) ? FINDING_NOTE : FINDING_OK,
		   xasprintf("none for the running kernel %s; only builds on the board itself need "
			     "them",
			     w->release),
		   xstrdup(is_upgraded(f)
				   ? "restart the board first: the archive has headers of the "
				     "newer kernel"
				   : "outpost provision --only headers"));
}

static void check_bits(struct findings *c, const outpost_Welcome *w, const outpost_Condition *f)
{
	if (f->program_bits == 32 && strcmp(w->machine, "aarch64") == 0)
		note(c, "32-bit programs",
		     xstrdup("the kernel has 64 bits, but the system's programs have 32: a compiler "
			     "there makes no modules for it, and DKMS fails"),
		     "build with Outpost, whose modules and test programs have 64 bits; or install a "
		     "64-bit system");
	if (w->page_size > 4096)
		note(c, "page size",
		     xasprintf("%" PRIu32
			       " KiB (Raspberry Pi 5's own kernel): modules for 4 KiB do "
			       "not load, and some programs do not start",
			       w->page_size >> 10),
		     "Outpost builds for this kernel as it is; kernel=kernel8.img in config.txt "
		     "selects one with 4 KiB");
}

/* See the step watchdog in agent/provision/step_system.c. */
static void check_watchdog(struct findings *c, const outpost_Condition *f)
{
	if (f->watchdog_max_s && f->watchdog_ask_s > f->watchdog_max_s)
		note(c, "watchdog timeout",
		     xasprintf("systemd asks for %" PRIu32 " s, and the hardware can do %" PRIu32
			       " s: the driver refuses, and the board runs without a watchdog",
			       f->watchdog_ask_s, f->watchdog_max_s),
		     "outpost provision --only watchdog");
}

static void check_ramoops(struct findings *c, const outpost_Welcome *w, const outpost_Condition *f)
{
	if (f->ramoops_wanted && !f->ramoops_memory)
		note(c, "ramoops",
		     xstrdup("config.txt has the overlay, but no memory is reserved: the board was not "
			     "restarted since, or it is the wrong overlay (ramoops-pi4 for Raspberry Pi "
			     "4 and 5)"),
		     "restart the board; sudo vclog --msg shows what the firmware says");
	else if (f->ramoops_memory && !w->pstore)
		note(c, "ramoops", xstrdup("memory is reserved, but the kernel does not use it"),
		     "sudo modprobe ramoops on the board shows why");
	if (f->records_moved)
		doctor_add(
			c, "board", "crash records", FINDING_OK,
			xasprintf("%" PRIu32
				  " in /var/lib/systemd/pstore: systemd-pstore moves them "
				  "out of /sys/fs/pstore when the board starts; Outpost reads both",
				  f->records_moved),
			NULL);
}

/* Bits of get_throttled: "vcgencmd" in the Raspberry Pi documentation. 16 bits up: since boot. */
static void check_power(struct findings *c, const outpost_Condition *f)
{
	static const char *const names[] = { "under-voltage", "a limited clock", "throttling",
					     "the soft temperature limit" };
	_cleanup_(strbuf_release) struct strbuf now = STRBUF_INIT, past = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct strbuf *sb = f->power >> i & 1          ? &now
				    : f->power >> (i + 16) & 1 ? &past
							       : NULL;

		if (sb)
			strbuf_addf(sb, "%s%s", sb->len ? ", " : "", names[i]);
	}
	if (!f->power_known || (!now.len && !past.len))
		return;
	note(c, "power",
	     xasprintf("%s%s%s%s%s", now.len ? "now " : "", now.buf,
		       now.len && past.len ? "; " : "", past.len ? "since the board started " : "",
		       past.buf),
	     f->power & 0x10001 ? "use the official power supply and a short cable: crashes under "
				  "load may be the power's fault, not the module's"
				: "cool the board: times that you measure are not its own");
}

void doctor_explain(struct findings *c, const outpost_Welcome *w, const outpost_Condition *f)
{
	check_kernel(c, w, f);
	check_bits(c, w, f);
	check_watchdog(c, f);
	check_ramoops(c, w, f);
	check_power(c, f);
}

int doctor_condition(struct findings *c, struct session *session)
{
	_cleanup_free_ outpost_Reply *reply = xcalloc(1, sizeof(*reply));
	const outpost_Welcome *welcome;
	int r = session_welcome(session, &welcome);

	if (r == 0)
		r = doctor_ask(session, outpost_Request_condition_tag, outpost_Reply_condition_tag,
			       reply);
	if (r == 0)
		doctor_explain(c, welcome, &reply->body.condition);
	return r;
}
