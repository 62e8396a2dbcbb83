// SPDX-License-Identifier: GPL-2.0-only
#include "agent/base/build_id.h"
#include "agent/guard/guard.h"
#include "agent/run/holder.h"
#include "agent/serve/serve.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

static uint64_t free_bytes(const char *path)
{
	struct statvfs st;

	return statvfs(path, &st) < 0 ? 0 : (uint64_t)st.f_bavail * st.f_frsize;
}

/* "none [integrity] confidentiality": brackets mark the active mode. */
static bool is_locked_down(const struct dirs *dirs)
{
	char state[64];

	guard_read(dirs, "/sys/kernel/security/lockdown", state, sizeof(state));
	return strchr(state, '[') && !strstr(state, "[none]");
}

void serve_welcome(struct serve *s)
{
	outpost_Welcome *w = &serve_reply(s, outpost_Reply_welcome_tag)->body.welcome;
	struct utsname un;
	char enforce[4];
	struct sysinfo info = { 0 };

	uname(&un);
	sysinfo(&info);
	w->version = OUTPOST_PROTOCOL;
	proto_set(w->build_id, build_id());
	proto_set(w->release, un.release);
	proto_set(w->machine, un.machine);
	dirs_read("/proc/version", w->kernel_version, sizeof(w->kernel_version));
	dirs_boot(&s->dirs, w->boot_id, w->nonce);
	w->page_size = (uint32_t)sysconf(_SC_PAGESIZE);
	proto_set(w->home, s->dirs.home);
	w->free_bytes = free_bytes(s->dirs.home);
	w->uptime_s = (uint32_t)info.uptime;
	dirs_read("/proc/device-tree/model", w->model, sizeof(w->model));
	w->pstore = guard_has_pstore(&s->dirs);
	w->watchdog = guard_has_watchdog(&s->dirs);
	w->watchdog_s = guard_watchdog_limit_s(&s->dirs);
	w->lockdep_off = guard_lockdep_off(&s->dirs);
	w->persistent_journal = fs_is_dir("/var/log/journal");
	w->sudo = getenv("SUDO_USER") != NULL;
	guard_read(&s->dirs, "/sys/module/module/parameters/sig_enforce", enforce, sizeof(enforce));
	w->sig_enforce = *enforce == 'Y';
	w->locked_down = is_locked_down(&s->dirs);
	w->production = s->production;
	serve_send(s);
}

#define WATCHDOG "/sys/class/watchdog/watchdog0/"
#define SYSCTL   "/proc/sys/kernel/"

static void watchdog_facts(const struct dirs *dirs, outpost_Survival *f)
{
	char state[16];

	if (!guard_has_watchdog(dirs))
		return;
	guard_read(dirs, WATCHDOG "identity", f->watchdog, sizeof(f->watchdog));
	if (!*f->watchdog)
		proto_set(f->watchdog, "a watchdog"); /* CONFIG_WATCHDOG_SYSFS is not set */
	f->watchdog_max_s = guard_watchdog_limit_s(dirs);
	f->watchdog_set_s = guard_read_number(dirs, WATCHDOG "timeout");
	f->nowayout = guard_read_number(dirs, WATCHDOG "nowayout") > 0;
	guard_read(dirs, WATCHDOG "state", state, sizeof(state));
	f->watchdog_active = strcmp(state, "active") == 0;
}

void survival_facts(const struct dirs *dirs, outpost_Survival *f)
{
	watchdog_facts(dirs, f);
	f->systemd = guard_exists(dirs, "/run/systemd/system");
	if (guard_has_pstore(dirs))
		guard_read(dirs, "/sys/module/pstore/parameters/backend", f->pstore,
			   sizeof(f->pstore));
	f->record_bytes = guard_read_number(dirs, "/sys/module/ramoops/parameters/record_size");
	f->panic_s = (int32_t)guard_read_number(dirs, SYSCTL "panic");
	f->panic_on_oops = guard_read_number(dirs, SYSCTL "panic_on_oops") > 0;
	f->hung_task = guard_read_number(dirs, SYSCTL "hung_task_timeout_secs") > 0;
	f->soft_lockup = guard_read_number(dirs, SYSCTL "watchdog_thresh") > 0 &&
			 guard_exists(dirs, SYSCTL "softlockup_panic");
	f->hard_lockup = guard_exists(dirs, SYSCTL "hardlockup_panic");
	f->rcu_stall = guard_exists(dirs, "/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout");
	f->sysrq = guard_exists(dirs, "/proc/sysrq-trigger");
	f->persistent_journal = guard_exists(dirs, "/var/log/journal");
	f->armed = guard_is_armed(dirs);
}

void serve_survival(struct serve *s)
{
	survival_facts(&s->dirs, &serve_reply(s, outpost_Reply_survival_tag)->body.survival);
	serve_send(s);
}

/* --- who uses it ------------------------------------------------------------------ */

/* "hello 12288 0 - Live 0x0000000000000000 (OE)": out-of-tree modules have taint O. */
static bool is_foreign(const char *line)
{
	const char *taint = strrchr(line, '(');

	return taint && strchr(taint, 'O');
}

static void add_loaded(outpost_Status *facts, const char *name, size_t n)
{
	if (facts->loaded_count == ARRAY_SIZE(facts->loaded)) {
		facts->more++;
		return;
	}
	text_copy(facts->loaded[facts->loaded_count++], sizeof(facts->loaded[0]),
		  (struct text){ name, n });
}

void status_facts(const struct dirs *dirs, outpost_Status *facts)
{
	char path[DIRS_MAX], line[4096]; /* a module may have many users */
	_cleanup_fclose_ FILE *f = NULL;
	struct holder holder;

	if (holder_find(dirs, NULL, &holder)) {
		proto_set(facts->run, holder.run);
		proto_set(facts->user, holder.user);
		facts->since = holder.since;
	}
	snprintf(path, sizeof(path), "%s/proc/modules", dirs->root);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (is_foreign(line))
			add_loaded(facts, line, strcspn(line, " \n"));
}

void serve_status(struct serve *s)
{
	status_facts(&s->dirs, &serve_reply(s, outpost_Reply_status_tag)->body.status);
	serve_send(s);
}
