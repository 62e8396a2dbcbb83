/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_BUILDER_JOB_H
#define OUTPOST_BUILDER_JOB_H

/*
 * Receives one request (common/builder_wire.h) from the connection, runs it and answers. 0, or
 * -errno if the host is gone or the request is invalid.
 */
int builder_job(int fd);

#endif
