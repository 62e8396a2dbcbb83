// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/gateway_files.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/embed.h"

/* The Makefile makes this object depend on these files. */
EMBED(gateway_sshd_config, "gateway/sshd_config.conf");
EMBED(gateway_port_socket, "gateway/outpost-port@.socket");
EMBED(gateway_port_service, "gateway/outpost-port@.service");
EMBED(gateway_nft_service, "gateway/outpost-nft.service");
EMBED(gateway_nft_reload, "gateway/outpost-nft-reload.service");
EMBED(gateway_nft_path, "gateway/outpost-nft.path");
EMBED(gateway_no_manager, "gateway/no-user-manager.conf");
EMBED(gateway_prober, "gateway/outpost-prober.service");

/* clang-format off */
#define UNIT(name, text, wanted_by) \
	{ UNIT_DIR "/" name, text, text##_end, wanted_by }
/* clang-format on */

const struct gateway_file gateway_units[] = {
	UNIT("outpost-port@.socket", gateway_port_socket, NULL),
	UNIT("outpost-port@.service", gateway_port_service, NULL),
	UNIT("outpost-nft.service", gateway_nft_service, "sockets.target"),
	UNIT("outpost-nft-reload.service", gateway_nft_reload, NULL),
	UNIT("outpost-nft.path", gateway_nft_path, "multi-user.target"),
	UNIT("user@.service.d/50-outpost.conf", gateway_no_manager, NULL),
	UNIT("user-runtime-dir@.service.d/50-outpost.conf", gateway_no_manager, NULL),
	UNIT("outpost-prober.service", gateway_prober, "multi-user.target"),
};
const size_t gateway_n_units = ARRAY_SIZE(gateway_units);

#define STARTUPS "MaxStartups "
#define EXEMPT   "PerSourcePenaltyExemptList "

void gateway_snippet(struct strbuf *out, bool with_startups, const char *exempt)
{
	struct text rest = { gateway_sshd_config, strlen(gateway_sshd_config) }, line;

	while (text_line(&rest, &line)) {
		if (!with_startups && text_starts(line, STARTUPS))
			continue;
		if (exempt && text_starts(line, "#" EXEMPT))
			strbuf_addf(out, EXEMPT "%s\n", exempt);
		else
			strbuf_addf(out, "%.*s\n", (int)line.n, line.p);
	}
}

void gateway_snippet_read(const char *snippet, bool *with_startups, char **exempt)
{
	struct text rest = { snippet, strlen(snippet) }, line;

	*with_startups = false;
	*exempt = NULL;
	while (text_line(&rest, &line)) {
		if (text_starts(line, STARTUPS))
			*with_startups = true;
		else if (text_take(&line, EXEMPT) && !*exempt)
			*exempt = xstrndup(line.p, line.n);
	}
}
