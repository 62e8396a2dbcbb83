/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's control socket (docs/interop/qmp-spec of QEMU): lines of JSON. */
#ifndef OUTPOST_VM_QMP_H
#define OUTPOST_VM_QMP_H

/*
 * Connects to qmp.sock in the folder `dir`, gives one command with these
 * arguments (a JSON object; NULL: none), and waits up to 30 s for its answer. 0
 * or -errno, not said; -EPROTO when QEMU refuses the command.
 */
int qmp_command(const char *dir, const char *command, const char *arguments);

#endif
