/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files by content: ~/development/blobs/<hash>. They arrive packed with zstd,
 * against an earlier blob where both sides have it, are checked, and appear by
 * rename. Deploying links one to its place.
 */
#ifndef OUTPOST_AGENT_BLOB_H
#define OUTPOST_AGENT_BLOB_H

#include "agent/base/dirs.h"

#include <stdbool.h>
#include <stdint.h>

#define BLOB_MAX (256u << 20) /* a module or test program is never longer */

struct blob_receiver {
	const struct dirs *dirs;
	outpost_Blob blob;
	uint64_t received; /* of blob.packed */
	bool dropped;      /* what is still to come is passed over */
	int fd;            /* the packed bytes: a file without a name */
};

void blob_init(struct blob_receiver *receiver, const struct dirs *dirs);

/* A file is announced. 0 or -errno; then what comes is passed over. */
int blob_begin(struct blob_receiver *receiver, const outpost_Blob *blob);

/* Some of its bytes. 1 when it is complete and in its place, 0 when more must come, -EBADMSG when
 * none was due. */
int blob_data(struct blob_receiver *receiver, const uint8_t *data, size_t n);

/* The path of a blob, and whether it is there. */
int blob_path(const struct dirs *dirs, const uint8_t hash[HASH_SIZE], char path[DIRS_MAX]);
bool blob_exists(const struct dirs *dirs, const uint8_t hash[HASH_SIZE]);

/* Links the blob to modules/<name>/<name>.ko. 1 when that changed it, 0 when it was there, or
 * -errno. */
int blob_deploy(const struct dirs *dirs, const char *name, const uint8_t hash[HASH_SIZE],
		char path[DIRS_MAX]);

/* Hashes, none of them twice. */
struct blob_set {
	uint8_t (*hashes)[HASH_SIZE];
	size_t n;
};

bool blob_set_has(const struct blob_set *set, const uint8_t hash[HASH_SIZE]);
int blob_set_add(struct blob_set *set, const uint8_t hash[HASH_SIZE]); /* 0 or -ENOMEM */
void blob_set_release(struct blob_set *set);

/* Removes the folder's oldest files but for `kept`. Those of the names in `needed` (or NULL) stay,
 * and are not counted. */
void blob_keep_newest(const char *dir, size_t kept, const struct blob_set *needed);

/* Removes the oldest blobs beyond a bounded number, and none of those that are needed. Only for who
 * holds the board: a run needs its blobs until it ends. */
void blob_prune(const struct dirs *dirs, const struct blob_set *needed);

#endif
