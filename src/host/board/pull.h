/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of a board's kernel, fetched through a session into a folder: one
 * compressed archive, unpacked while it arrives (see Pull in proto/outpost.proto).
 */
#ifndef OUTPOST_PULL_H
#define OUTPOST_PULL_H

#include "common/strbuf.h"
#include "host/board/session.h"

struct pull {
	outpost_Pull_What what;
	unsigned int every; /* of the modules; 0: all */
	const char *dir;    /* exists; what is in it after an error is to be removed */
	const char *doing;  /* for the progress line; NULL: none */
};

struct pulled {
	char *build;
	char *package;
	unsigned int files;
	long long bytes;  /* of their contents */
	long long packed; /* that travelled */
};

/*
 * 0; PULL_NONE, not logged, when the board has no such thing or may not read it,
 * with its reason in `why`; or -errno, logged: the link was cut, this disk is
 * full, what came is not an archive that may be unpacked (-EBADMSG).
 */
#define PULL_NONE 1
int pull(struct session *session, const struct pull *pull, struct pulled *pulled,
	 struct strbuf *why);
void pulled_release(struct pulled *pulled);

#endif
