// SPDX-License-Identifier: GPL-2.0-only
#include "host/workflow/provision_internal.h"

#include "common/alloc.h"
#include "common/fs.h"
#include "common/strv.h"
#include "host/base/paths.h"
#include "host/workflow/workflow.h"

#include <errno.h>

static char *find_hello(void)
{
	_cleanup_free_ char *tree = path_source_tree();
	char *path = tree ? path_join(tree, "modules/hello", NULL) : xstrdup("modules/hello");

	if (fs_is_dir(path))
		return path;
	free(path);
	return NULL;
}

static void judge(struct provision_row *row, const struct run_result *result)
{
	const struct result *hello = result->n ? &result->results[0] : NULL;

	if (hello && hello->verdict == VERDICT_PASS) {
		row->state = PROVISION_DONE;
		strv_add(&row->lines, "hello was built, loaded, tested and unloaded");
	} else if (hello) {
		row->why = result_summary(hello);
	} else {
		row->why = xstrdup("hello was not tested: see above");
	}
}

int provision_selftest(struct provision_work *w)
{
	const struct test_options test = { .repeat = 1 };
	struct run_request request = workflow_test(&test);
	_cleanup_(workflow_release) struct workflow p = { 0 };
	_cleanup_(run_result_release) struct run_result result = { 0 };
	_cleanup_free_ char *hello = find_hello();
	char *const paths[] = { hello, NULL };
	struct provision_row *row = provision_add(w->list, "selftest", PROVISION_FAILED);
	int r, kept = 0;

	if (w->request.production || !hello) {
		row->state = PROVISION_SKIPPED;
		row->why = xstrdup(hello ? "production boards load no modules for a test"
					 : "the sources of the module hello are not here");
		return 0;
	}
	r = workflow_board(&p, w->ctx, &test.workflow);
	if (r == 0)
		r = workflow_execute(&p, paths, true, &request, &result);
	if (result.n)
		kept = workflow_keep(p.store, p.session, &result);
	judge(row, &result);
	if (r == OUTCOME_INTERRUPTED || r == -EINTR)
		return -EINTR;
	return kept;
}
