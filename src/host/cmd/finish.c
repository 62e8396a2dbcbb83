// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmd/finish.h"

#include "host/base/exit_status.h"
#include "host/base/progress.h"
#include "host/report/out.h"

#include <errno.h>

static int print_json(const struct run_result *result, bool json_line)
{
	return json_line ? out_json_line(out_test_json(result)) : out_json(out_test_json(result));
}

int finish_run(struct workflow *w, int r, const struct run_result *result, const char *junit,
	       bool json_line)
{
	int stored, written = 0;

	progress_end();
	if (r == OUTCOME_INTERRUPTED)
		r = -EINTR;
	if (r != OUTCOME_JUDGED && !result->n)
		return r < 0 ? r : STATUS_TROUBLE;
	stored = workflow_keep(w->store, w->session, result);
	if (junit)
		written = out_junit(junit, result);
	if (!w->ctx->json)
		out_table(stdout, result, w->ctx->verbose);
	else if (written == 0)
		written = print_json(result, json_line);
	if (r < 0 || written < 0)
		return r < 0 ? r : written;
	return stored < 0 ? stored : verdict_exit_status(result->counts);
}
