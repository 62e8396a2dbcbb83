// SPDX-License-Identifier: GPL-2.0-only
#include "common/ktap/ktap.h"
#include "fuzz.h"

#include <string.h>

static void check(const struct ktap_result *r)
{
	MUST(r->n_failed <= KTAP_MAX_FAILED && r->n_failed <= r->fail);
	for (unsigned int i = 0; i < r->n_failed; i++)
		MUST(strnlen(r->failed[i], KTAP_NAME_SIZE) < KTAP_NAME_SIZE);
	MUST(strnlen(r->why, sizeof(r->why)) < sizeof(r->why));
	MUST(r->error + r->timeout <= r->fail);
	MUST(r->seen || !(r->pass || r->skip || r->todo));
	if (ktap_passed(r))
		MUST(r->seen && !r->fail && !r->bailed && !r->plan_broken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data, *end = line + size, *nl;
	struct ktap k;

	if (!size)
		return 0;
	ktap_init(&k, *line++ & 1 ? KTAP_STDOUT : KTAP_KERNEL_LOG);
	for (; line < end; line = nl + (nl < end)) {
		nl = memchr(line, '\n', (size_t)(end - line));
		if (!nl)
			nl = end;
		ktap_feed(&k, line, (size_t)(nl - line));
		MUST(k.depth <= KTAP_MAX_DEPTH);
	}
	check(ktap_finish(&k));
	return 0;
}
