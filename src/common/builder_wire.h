/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocol between outpost and outpost-builder, which runs in the build container, over a Unix
 * socket. Both run on the same machine, so numbers are in native byte order. A connection is one
 * command:
 *
 *	host     struct builder_header, with the command's stdout and stderr beside it (SCM_RIGHTS);
 *	         then `size` bytes: its folder, the words of argv, those of env, each NUL-terminated
 *	builder  struct builder_reply when the command has started, or could not be started
 *	builder  struct builder_reply when it has ended
 *
 * If the host closes its end before the last of these, the command is killed with its process
 * group.
 */
#ifndef OUTPOST_BUILDER_WIRE_H
#define OUTPOST_BUILDER_WIRE_H

#include "common/strbuf.h"

#include <stdint.h>

#define BUILDER_MAGIC    0x3142504fu /* "OPB1"; change the number with every change of this file */
#define BUILDER_MAX_SIZE (8u << 20)  /* the kernel's limit for arguments and environment is 6 MiB */

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
	int32_t error;  /* errno if it could not be started */
	int32_t status; /* exit status, 128 + signal if killed by one */
};

/* The content of a request. The strings point into the received data; the arrays are allocated. */
struct builder_command {
	const char *dir;
	char **argv;
	char **env;
};

/* Appends the strings to `out` and fills in the counts and the size. 0 or -E2BIG. */
int builder_pack(struct builder_header *header, struct strbuf *out, const char *dir,
		 char *const *argv, char *const *env);

/* 0, -EPROTO for a header of another version, or -E2BIG. */
int builder_check(const struct builder_header *header);

/* `strings` has header->size bytes. 0 or -EBADMSG; call builder_command_release() in any case. */
int builder_unpack(const struct builder_header *header, char *strings,
		   struct builder_command *command);
void builder_command_release(struct builder_command *command);

#endif
