// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/systemd.h"

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>

bool systemd_runs(void)
{
	return fs_is_dir("/run/systemd/system"); /* sd_booted(3) */
}

bool systemd_is_active(const char *unit)
{
	const struct process_options options = { .timeout_ms = 20000 };

	return systemd_runs() &&
	       process_run(ARGV("systemctl", "--quiet", "is-active", unit), &options) == 0;
}

int systemd_call(const char *verb, const char *unit)
{
	_cleanup_(strbuf_release) struct strbuf output = STRBUF_INIT;
	const struct process_options options = {
		.output = &output, .error = &output, .timeout_ms = 90000, .output_max = 64 * 1024
	};
	int r;

	if (!systemd_runs())
		return 0;
	r = process_run(ARGV("systemctl", "--no-ask-password", verb, unit), &options);
	if (r == 0)
		return 0;
	if (r < 0)
		return log_error_errno(r, "Cannot run systemctl %s %s", verb, unit ? unit : "");
	log_lines(LOG_LEVEL_ERROR, output.buf, "systemctl %s%s%s failed", verb, unit ? " " : "",
		  unit ? unit : "");
	return -EIO;
}
