/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files by content: ~/development/blobs/<hash>. They arrive compressed with zstd, against an
 * earlier blob if both sides have it, are verified, and appear by rename. Deploying a blob
 * hard-links it to modules/<name>/<name>.ko.
 */
#ifndef OUTPOST_AGENT_BLOB_H
#define OUTPOST_AGENT_BLOB_H

#include "agent/base/dirs.h"

#include <stdbool.h>
#include <stdint.h>

struct blob_receiver {
	const struct dirs *dirs;
	outpost_Blob blob;
	uint64_t received; /* out of blob.packed bytes */
	bool dropped;      /* ignore the remaining data */
	int fd;            /* the packed bytes, in an unlinked file */
};

void blob_init(struct blob_receiver *receiver, const struct dirs *dirs);

/* Begins to receive a file. 0 or -errno; after an error its data is ignored. */
int blob_begin(struct blob_receiver *receiver, const outpost_Blob *blob);

/*
 * Takes some of its bytes. 1 if the file is complete and in place, 0 if more must follow,
 * -EBADMSG if there are too many, or another -errno.
 */
int blob_data(struct blob_receiver *receiver, const uint8_t *data, size_t n);

/* The path of a blob (0 or -ENAMETOOLONG), and whether it exists. */
int blob_path(const struct dirs *dirs, const uint8_t hash[HASH_SIZE], char path[DIRS_MAX]);
bool blob_exists(const struct dirs *dirs, const uint8_t hash[HASH_SIZE]);

/*
 * Links the blob to modules/<name>/<name>.ko. 1 if this changed the file, 0 if it was that
 * blob already, or -errno.
 */
int blob_deploy(const struct dirs *dirs, const char *name, const uint8_t hash[HASH_SIZE],
		char path[DIRS_MAX]);

/* A set of hashes. */
struct blob_set {
	uint8_t (*hashes)[HASH_SIZE];
	size_t n;
};

bool blob_set_has(const struct blob_set *set, const uint8_t hash[HASH_SIZE]);
int blob_set_add(struct blob_set *set, const uint8_t hash[HASH_SIZE]); /* 0 or -ENOMEM */
void blob_set_release(struct blob_set *set);

/*
 * Removes the oldest files in the folder and keeps the newest `kept`. Files named in `needed`
 * (or NULL) stay and do not count.
 */
void blob_keep_newest(const char *dir, size_t kept, const struct blob_set *needed);

/*
 * Removes the oldest blobs beyond a fixed number, but none in `needed`. The caller must hold
 * the board: a run needs its blobs until it ends.
 */
void blob_prune(const struct dirs *dirs, const struct blob_set *needed);

#endif
