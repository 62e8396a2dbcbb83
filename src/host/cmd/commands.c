// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmd/command.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/strbuf.h"
#include "common/strv.h"

#include <stdarg.h>
#include <string.h>

/* clang-format off */
#define COMMANDS(_) \
	_(test) _(watch) _(build) _(check) _(deploy) _(load) _(unload) \
	_(vm) _(board) _(status) _(tunnel) _(log) _(shell) _(doctor) _(provision) \
	_(kernel) _(container) _(trust) \
	_(klog) _(unpack) _(journal) _(results) _(clean)
/* clang-format on */

#define DECLARE(name) extern const struct command cmd_##name;
COMMANDS(DECLARE)

#define ROW(name) &cmd_##name,
const struct command *const commands[] = { COMMANDS(ROW) NULL };

bool option_given(const struct context *ctx, const char *name)
{
	strv_foreach (given, ctx->given)
		if (strcmp(*given, name) == 0)
			return true;
	return false;
}

int usage_error(const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	log_error("%s", sb.buf);
	return STATUS_USAGE;
}
