// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/install.h"

#include "agent/tunnel/carrier.h"
#include "agent/tunnel/unit.h"
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

static int check_program(const struct carrier *carrier)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	const struct process_options options = {
		.output = &said, .error = &said, .output_max = 64 * 1024, .timeout_ms = 10000
	};
	int r = process_run(ARGV(carrier->name, "-V"), &options);

	if (r >= 0)
		return 0;
	log_error_errno(r, "Cannot run %s", carrier->name);
	log_hint("As root, run apt-get install %s", carrier->package);
	return r;
}

/* What the administrator has written stays, except for the line about the carrier. */
static void change_carrier(const struct strbuf *old, const char *carrier, struct strbuf *out)
{
	struct text rest = { old->buf, old->len }, line;

	while (text_line(&rest, &line)) {
		struct text word = line;

		text_skip_blanks(&word);
		if (text_take(&word, "carrier")) {
			text_skip_blanks(&word);
			if (text_starts(word, "="))
				continue;
		}
		strbuf_add(out, line.p, line.n);
		strbuf_addch(out, '\n');
	}
	strbuf_addf(out, "carrier = %s\n", carrier);
}

static int write_config(const char *path, const struct strbuf *text)
{
	int r = fs_write_atomic(path, text->buf, text->len, 0644);

	return r < 0 ? log_error_errno(r, "Cannot write %s", path) : 0;
}

static int replace(const char *root, const char *path, const struct strbuf *old,
		   const struct strbuf *new, const char *carrier)
{
	int r = write_config(path, new);

	if (r < 0)
		return r;
	r = unit_restart(root);
	if (r == 0) {
		log_info("%s carries the tunnel now", carrier);
		return 0;
	}
	log_info("Back to the carrier from before");
	if (write_config(path, old) == 0)
		(void)unit_restart(root);
	return r;
}

static int no_carrier(const char *name)
{
	log_error("There is no carrier '%s'", name);
	log_hint("Use ssh or autossh");
	return 2;
}

int tunnel_install(const char *root, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s" TUNNEL_DIR "/" TUNNEL_CONFIG_FILE, root);
	_cleanup_(strbuf_release) struct strbuf old = STRBUF_INIT, new = STRBUF_INIT;
	_cleanup_(tunnel_config_release) struct tunnel_config config;
	const struct carrier *carrier = carrier_find(name);

	tunnel_config_init(&config, root);
	if (!carrier)
		return no_carrier(name);
	if (tunnel_config_load(&config) < 0 || check_program(carrier) < 0)
		return 1;
	if (strcmp(config.carrier, name) == 0) {
		log_info("%s carries the tunnel already", name);
		return 0;
	}
	if (fs_read(path, &old, 0) < 0)
		return 1; /* which tunnel_config_load() has just read */
	change_carrier(&old, name, &new);
	return replace(root, path, &old, &new, name) < 0;
}
