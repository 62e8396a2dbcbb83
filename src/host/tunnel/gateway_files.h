/* SPDX-License-Identifier: GPL-2.0-only */
/* What setup-gateway puts on a gateway: the files in the folder gateway/ of the sources, and more. */
#ifndef OUTPOST_TUNNEL_GATEWAY_FILES_H
#define OUTPOST_TUNNEL_GATEWAY_FILES_H

#include "common/strbuf.h"
#include "common/text.h"

#define UNIT_DIR "/etc/systemd/system"

struct gateway_file {
	const char *path;
	const char *start, *end; /* its text */
	const char *wanted_by;   /* the target that starts this unit; or NULL */
};

/* The units. The snippet for sshd is not among them: see gateway_snippet(). */
extern const struct gateway_file gateway_units[];
extern const size_t gateway_n_units;

/* The text of gateway/sshd_config.conf, ended by a NUL. */
extern const char gateway_sshd_config[];

/*
 * The snippet for sshd: gateway/sshd_config.conf without MaxStartups, if that is set elsewhere, and
 * with a list of addresses that are exempt from penalties, if `exempt` is not NULL.
 */
void gateway_snippet(struct strbuf *out, bool with_startups, const char *exempt);

/* What an earlier snippet has; *exempt is freed by the caller, and NULL if it has none. */
void gateway_snippet_read(const char *snippet, bool *with_startups, char **exempt);

#endif
