/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The user's boards, one INI file each: path_configuration("boards", "<name>.conf"), and for
 * virtual Pis path_state("vm", "<name>", "board.conf"). Any other name is used as an ssh
 * destination, so that `-b pi@10.0.0.5` needs no set-up.
 */
#ifndef OUTPOST_BOARD_H
#define OUTPOST_BOARD_H

#include "common/cleanup.h"

#include <stdbool.h>

struct board {
	char *name;
	char *destination; /* destination = pi@raspberry: the argument for ssh */
	char *ssh_config;  /* ssh_config = FILE: ssh -F; NULL: the user's own */
	char *power_cycle; /* power_cycle = COMMAND ARG...: a power switch; runs without a shell */
	bool is_vm;        /* kind = vm */
};

void board_free(struct board *board);
DEFINE_CLEANUP(struct board *, board_free);

/*
 * Finds the board of this name. NULL (neither -b nor board.default is given) means "vm". 0 or
 * -errno, logged.
 */
int board_find(const char *name, struct board **board);

/* Writes boards/<name>.conf. 0 or -errno, logged; -EEXIST if the board exists already. */
int board_add(const struct board *board);

/* Removes this file. *removed is the board as it was, NULL if the file could not be read. */
int board_remove(const char *name, struct board **removed);

/* The names of all boards and vms, sorted (strv_free()). 0 or -errno, logged. */
int board_list(char ***names);

#endif
