/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by deploy.c and deploy_memory.c only. */
#ifndef OUTPOST_DEPLOY_INTERNAL_H
#define OUTPOST_DEPLOY_INTERNAL_H

#include "common/strbuf.h"
#include "host/board/deploy.h"

struct item {
	char *key;
	uint8_t hash[HASH_SIZE];
	struct strbuf content;
	bool queued;
};

/* One remembered file: the last version of `key` that was sent to the board. */
struct sent_file {
	char *key;
	uint8_t hash[HASH_SIZE];
};

struct deploy {
	const struct board *board;
	struct item *items;
	size_t n;
	struct sent_file *known;
	size_t n_known;
	size_t sent;
};

/* --- deploy_memory.c --- */

/* Fills `known` with the files that were sent to the board before. */
void deploy_recall(struct deploy *d);

/* The last version of `key` that was sent, or NULL. */
struct sent_file *deploy_find_sent(const struct deploy *d, const char *key);

bool deploy_board_has(const struct deploy *d, const uint8_t hash[HASH_SIZE]);

/*
 * The cached content of a file that was sent, to be used as a reference. The caller frees the
 * path.
 */
char *deploy_content_path(const uint8_t hash[HASH_SIZE]);

#endif
