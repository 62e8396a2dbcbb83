/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's control socket (docs/interop/qmp-spec of QEMU): lines of JSON. */
#ifndef OUTPOST_VM_QMP_H
#define OUTPOST_VM_QMP_H

#include "common/cleanup.h"

#include <jansson.h>

/*
 * Connects to qmp.sock in the folder `dir`, gives one command with these
 * arguments (a JSON object; NULL: none), and waits up to 30 s for its answer. 0
 * or -errno, not logged; -EPROTO when QEMU refuses the command.
 */
int qmp_command(const char *dir, const char *command, const char *arguments);

/*
 * The same with several commands on one connection. qmp_execute(): *answer, unless NULL, becomes
 * what the command returned (json_decref()). qmp_give() hands QEMU a copy of a descriptor, which
 * "fd:<name>" is then. All return 0 or -errno, not logged.
 */
struct qmp;
int qmp_open(const char *dir, struct qmp **qmp);
void qmp_close(struct qmp *qmp);
int qmp_execute(struct qmp *qmp, const char *command, const char *arguments, json_t **answer);
int qmp_give(struct qmp *qmp, int fd, const char *name);

DEFINE_CLEANUP(struct qmp *, qmp_close);

#endif
