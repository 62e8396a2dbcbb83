/* SPDX-License-Identifier: GPL-2.0-only */
/* What deploy.c and deploy_memory.c share with each other and with nobody else. */
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

/* A line of the memory: the version of `key` that the board got last. */
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

/* Fills `known` with what the board got before. */
void deploy_recall(struct deploy *d);

/* The version of `key` that it got last, or NULL. */
struct sent_file *deploy_find_sent(const struct deploy *d, const char *key);

bool deploy_board_has(const struct deploy *d, const uint8_t hash[HASH_SIZE]);

/* Where the content of what was sent is kept, to be a reference; the caller frees it. */
char *deploy_content_path(const uint8_t hash[HASH_SIZE]);

#endif
