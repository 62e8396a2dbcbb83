// SPDX-License-Identifier: GPL-2.0-only
/* tunnel test: where the way to a board ends. */
#include "host/cmd/cmd_tunnel.h"

#include "common/cleanup.h"
#include "common/tunnel.h"
#include "host/base/json_make.h"
#include "host/report/out.h"
#include "host/report/out_table.h"
#include "host/tunnel/legs.h"

#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 13

static const struct {
	const char *word, *json, *colour;
} looks[] = {
	[TUNNEL_LEG_OK] = { "ok", "ok", GREEN },
	[TUNNEL_LEG_FAILED] = { "FAILED", "failed", RED },
	[TUNNEL_LEG_SKIPPED] = { "?", "skipped", YELLOW },
	[TUNNEL_LEG_NOT_TRIED] = { "-", "not-tried", DIM },
};

static void print(const struct tunnel_legs *legs)
{
	struct table t = { .text = STRBUF_INIT, .colour = out_colour(stdout) };

	for (size_t i = 0; i < legs->n; i++) {
		const struct tunnel_leg *leg = &legs->list[i];
		const char *word = looks[leg->state].word;

		strbuf_addf(&t.text, "%-*s  ", NAME_WIDTH, leg->name);
		table_add_coloured(&t, looks[leg->state].colour, word);
		if (leg->detail) {
			strbuf_addf(&t.text, "%*s", (int)(8 - strlen(word)), "");
			table_clean_line(&t.text, leg->detail);
		}
		strbuf_addch(&t.text, '\n');
		if (leg->fix) {
			strbuf_addf(&t.text, "%*s-> ", NAME_WIDTH + 10, "");
			table_clean_line(&t.text, leg->fix);
			strbuf_addch(&t.text, '\n');
		}
	}
	fwrite(t.text.buf, 1, t.text.len, stdout);
	strbuf_release(&t.text);
}

static int print_json(const char *name, const struct tunnel_legs *legs,
		      const struct tunnel_leg *failed)
{
	json_t *list = json_array();

	for (size_t i = 0; i < legs->n; i++) {
		const struct tunnel_leg *leg = &legs->list[i];

		json_array_append_new(list, object_json("{s:s, s:s, s:s*, s:s*}", "name", leg->name,
							"state", looks[leg->state].json, "detail",
							leg->detail, "fix", leg->fix));
	}
	return out_json(object_json("{s:s, s:s, s:b, s:s, s:o}", "schema", "outpost.tunnel-test/1",
				    "board", name, "ok", !failed, "failed",
				    failed ? failed->name : NULL, "legs", list));
}

int cmd_tunnel_test(struct context *ctx, const char *root, const char *name)
{
	_cleanup_(tunnel_legs_release) struct tunnel_legs legs = { 0 };
	const struct tunnel_leg *failed;
	int r = 0;

	if (!tunnel_is_name(name))
		return usage_error("'%s' is not the name of a board on a gateway", name);
	failed = tunnel_legs_try(root, name, &legs);
	if (ctx->json)
		r = print_json(name, &legs, failed);
	else
		print(&legs);
	return r < 0 ? r : failed ? STATUS_FAIL : STATUS_OK;
}
