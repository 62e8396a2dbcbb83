/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who a vm is and who may log in: keys made once per vm, so that ssh can
 * verify it like any other machine.
 */
#ifndef OUTPOST_VM_KEYS_H
#define OUTPOST_VM_KEYS_H

/*
 * Makes in `dir` what is missing of id_ed25519 and host_key (each with .pub),
 * and known_hosts. 0 or -errno, logged.
 */
int keys_make(const char *name, const char *dir);

/* Writes ssh_config, with who is to log in, and board.conf. 0 or -errno, logged. */
int keys_write_config(const char *name, const char *user, const char *dir, int port);

#endif
