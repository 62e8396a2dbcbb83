// SPDX-License-Identifier: GPL-2.0-only
#include "agent/run/trial.h"

#include "common/cleanup.h"
#include "common/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Linux Documentation/admin-guide/sysrq.rst: root may write any command to this file. */
#define SYSRQ "/proc/sysrq-trigger"

static int say(const char *token)
{
	_cleanup_close_ int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char line[160];
	int n = snprintf(line, sizeof(line), "<2>outpost: %s: this panic is intentional\n", token);

	if (fd < 0 || write(fd, line, (size_t)n) != n)
		return -errno;
	return 0;
}

void trial_prove(struct supervisor *s)
{
	outpost_StepEnd end = { .step = outpost_Step_LOADING };
	int r;

	trial_begin_step(s, outpost_Step_LOADING, 0);
	sync();
	r = say(s->current->name);
	if (r == 0)
		r = fs_write_existing(SYSRQ, "c");
	/* The board is still running. */
	end.error = r < 0 ? -r : EOPNOTSUPP;
	proto_set(end.detail, r < 0 ? "the kernel has no " SYSRQ " (CONFIG_MAGIC_SYSRQ)"
				    : "the kernel did not panic after a write to " SYSRQ);
	trial_end_step(s, &end);
}
