/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's control socket (QEMU's docs/interop/qmp-spec): lines of JSON. */
#ifndef OUTPOST_VM_QMP_H
#define OUTPOST_VM_QMP_H

#include "common/cleanup.h"

#include <jansson.h>

/*
 * Connects to qmp.sock in the folder `dir`, runs one command with these arguments (a JSON
 * object; NULL: none), and waits up to 30 s for its answer. 0 or -errno, not logged; -EPROTO
 * if QEMU rejects the command.
 */
int qmp_command(const char *dir, const char *command, const char *arguments);

/*
 * As qmp_command(), with several commands on one connection. qmp_execute() sets *answer,
 * unless `answer` is NULL, to what the command returned (json_decref()). qmp_give() passes a
 * copy of `fd` to QEMU, where its name is then "fd:<name>". All return 0 or -errno, not
 * logged.
 */
struct qmp;
int qmp_open(const char *dir, struct qmp **qmp);
void qmp_close(struct qmp *qmp);
int qmp_execute(struct qmp *qmp, const char *command, const char *arguments, json_t **answer);
int qmp_give(struct qmp *qmp, int fd, const char *name);

DEFINE_CLEANUP(struct qmp *, qmp_close);

#endif
