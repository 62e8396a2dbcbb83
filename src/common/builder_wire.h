/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What outpost and outpost-builder, which runs in the build container, say to
 * each other over a Unix socket. Both are of one machine: numbers are as they
 * lie in memory. A connection is one command:
 *
 *	host     struct builder_header, with the command's stdout and stderr beside it (SCM_RIGHTS);
 *	         then `size` bytes: its folder, the words of argv, those of env, each ended by NUL
 *	builder  struct builder_reply when it was started, or could not be
 *	builder  struct builder_reply when it has ended
 *
 * A host that closes its end before the last of these has the command killed,
 * with its process group.
 */
#ifndef OUTPOST_BUILDER_WIRE_H
#define OUTPOST_BUILDER_WIRE_H

#include "common/strbuf.h"

#include <stdint.h>

#define BUILDER_MAGIC    0x3142504fu /* "OPB1"; another number with every change of this page */
#define BUILDER_MAX_SIZE (8u << 20)  /* the kernel takes 6 MiB of arguments and environment */

struct builder_header {
	uint32_t magic;
	uint32_t size; /* of the strings */
	uint32_t n_argv;
	uint32_t n_env;
	uint32_t umask;
	int32_t nice;
};

struct builder_reply {
	uint32_t magic;
	int32_t error;  /* errno, when it could not be started */
	int32_t status; /* the exit status, 128 + signal when killed by one */
};

/* What a request says; all of it points into the received strings but the arrays themselves. */
struct builder_command {
	const char *dir;
	char **argv;
	char **env;
};

/* Appends the strings to `out`, and fills the counts and the size in. -E2BIG, or 0. */
int builder_pack(struct builder_header *header, struct strbuf *out, const char *dir,
		 char *const *argv, char *const *env);

/* 0, -EPROTO for a header of another version, -E2BIG. */
int builder_check(const struct builder_header *header);

/* `strings` has header->size bytes. 0, or -EBADMSG; builder_command_release() in any case. */
int builder_unpack(const struct builder_header *header, char *strings,
		   struct builder_command *command);
void builder_command_release(struct builder_command *command);

#endif
