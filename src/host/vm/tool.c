// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/tool.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"

#include <errno.h>

int tool_run(char *const *argv, const char *package, struct strbuf *output)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	struct process_options options = { .output = output ? output : &said, .error = &said };
	int r = process_run(argv, &options);

	if (r == -ENOENT) {
		log_error("%s is not installed", argv[0]);
		log_hint("As root, run apt-get install %s", package);
		return r;
	}
	if (r < 0)
		return r == -EINTR ? r : log_error_errno(r, "Cannot run %s", argv[0]);
	if (r > 0) {
		log_lines(LOG_LEVEL_ERROR, said.buf, "%s ended with status %d%s", argv[0], r,
			  said.len ? ":" : "");
		return -EIO;
	}
	return 0;
}
