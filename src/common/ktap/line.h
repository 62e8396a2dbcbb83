/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of KTAP, as in Documentation/dev-tools/ktap.rst. */
#ifndef OUTPOST_KTAP_LINE_H
#define OUTPOST_KTAP_LINE_H

#include "common/text.h"

enum ktap_outcome { KTAP_PASS, KTAP_FAIL, KTAP_SKIP, KTAP_TODO };

struct ktap_line {
	bool ok;
	enum ktap_outcome outcome;
	unsigned int number; /* 0: none */
	bool error, timeout;
	struct text name;
};

/* Removes indentation and returns it; a tab is eight. */
size_t ktap_take_indent(struct text *t);

/* "KTAP version 1", "TAP version 14" */
bool ktap_is_version(struct text t);

/* "1..N", perhaps with "# SKIP reason" */
bool ktap_parse_plan(struct text t, unsigned int *planned);

/* "ok 1 - name # DIRECTIVE", "not ok name" */
bool ktap_parse_result(struct text t, struct ktap_line *line);

#endif
