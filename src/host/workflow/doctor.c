// SPDX-License-Identifier: GPL-2.0-only
#include "host/workflow/doctor.h"

#include "common/alloc.h"
#include "common/strbuf.h"
#include "common/strv.h"

#include <stdlib.h>
#include <string.h>

char *doctor_clean(const char *text)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_add_clean(&sb, text, strlen(text));
	return strbuf_detach(&sb);
}

void doctor_add(struct findings *c, const char *where, const char *name, enum finding_state state,
		char *detail, char *mend)
{
	GROW(c->items, c->n);
	c->items[c->n++] = (struct finding){ where, name, state, doctor_clean(detail),
					     mend ? doctor_clean(mend) : NULL };
	free(detail);
	free(mend);
}

void findings_release(struct findings *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->items[i].detail);
		free(c->items[i].mend);
	}
	free(c->items);
	strv_free(c->packages);
}
