/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fetches files of a board's kernel through a session into a folder: one compressed archive,
 * unpacked while it arrives (see Pull in proto/outpost.proto).
 */
#ifndef OUTPOST_PULL_H
#define OUTPOST_PULL_H

#include "common/strbuf.h"
#include "host/board/session.h"

struct pull {
	outpost_Pull_What what;
	unsigned int every; /* send only one in so many modules; 0: all */
	const char *dir;    /* must exist; after an error, the caller removes its contents */
	const char *doing;  /* text for the progress line; NULL: none */
};

struct pulled {
	char *build;
	char *package;
	unsigned int files;
	long long bytes;  /* total size of the files' contents */
	long long packed; /* bytes received */
};

/*
 * 0; PULL_NONE (not logged) if the board does not have the files or may not read them, with
 * its reason in `why`; or -errno, logged: the connection was lost, the local disk is full, or
 * the data is not an archive that may be unpacked (-EBADMSG).
 */
#define PULL_NONE 1
int pull(struct session *session, const struct pull *pull, struct pulled *pulled,
	 struct strbuf *why);
void pulled_release(struct pulled *pulled);

#endif
