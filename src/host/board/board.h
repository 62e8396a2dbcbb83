/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boards that this person knows. One file a board, INI:
 * path_configuration("boards", "<name>.conf"), and for virtual Pis
 * path_state("vm", "<name>", "board.conf"). A name that is in neither is taken
 * as an ssh destination as it is, so that `-b pi@10.0.0.5` needs no set-up.
 */
#ifndef OUTPOST_BOARD_H
#define OUTPOST_BOARD_H

#include "common/cleanup.h"

#include <stdbool.h>

struct board {
	char *name;
	char *destination; /* destination = pi@raspberry: what ssh is given */
	char *ssh_config;  /* ssh_config = FILE: ssh -F, else the person's own */
	char *power_cycle; /* power_cycle = COMMAND ARG...: switches it off and on, no shell */
	bool is_vm;        /* kind = vm */
};

void board_free(struct board *board);
DEFINE_CLEANUP(struct board *, board_free);

/* The board of this name; NULL, where neither -b nor board.default names one, is "vm". 0 or -errno,
 * logged. */
int board_find(const char *name, struct board **board);

/* Writes boards/<name>.conf; -EEXIST (said) when it is there already. */
int board_add(const struct board *board);
int board_remove(const char *name);

/* Names of all boards and vms, sorted (strv_free()). */
int board_list(char ***names);

#endif
