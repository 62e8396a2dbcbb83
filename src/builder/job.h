/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_BUILDER_JOB_H
#define OUTPOST_BUILDER_JOB_H

/*
 * Takes one request (common/builder_wire.h) from the connection, runs it and
 * answers. 0, or -errno when the host is gone or what it said is not a request.
 */
int builder_job(int fd);

#endif
