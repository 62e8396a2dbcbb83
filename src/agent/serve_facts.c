// SPDX-License-Identifier: GPL-2.0-only
#include "agent/build_id.h"
#include "agent/guard.h"
#include "agent/serve.h"

#include "common/fs.h"

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

void serve_welcome(struct serve *s)
{
	outpost_Welcome *w = &serve_reply(s, outpost_Reply_welcome_tag)->body.welcome;
	struct utsname un;
	struct sysinfo info = { 0 };

	uname(&un);
	sysinfo(&info);
	w->version = OUTPOST_PROTOCOL;
	proto_set(w->build_id, build_id());
	proto_set(w->release, un.release);
	proto_set(w->machine, un.machine);
	place_read("/proc/version", w->kernel_version, sizeof(w->kernel_version));
	place_boot(&s->place, w->boot_id, w->nonce);
	w->page_size = (uint32_t)sysconf(_SC_PAGESIZE);
	proto_set(w->home, s->place.home);
	w->free_bytes = free_bytes(s->place.home);
	w->uptime_s = (uint32_t)info.uptime;
	place_read("/proc/device-tree/model", w->model, sizeof(w->model));
	w->pstore = guard_has_pstore(&s->place);
	w->watchdog = guard_has_watchdog(&s->place);
	w->watchdog_s = guard_watchdog_limit_s(&s->place);
	w->lockdep_off = guard_lockdep_off(&s->place);
	w->persistent_journal = fs_is_dir("/var/log/journal");
	w->sudo = getenv("SUDO_USER") != NULL;
	serve_send(s);
}
