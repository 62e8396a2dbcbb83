/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accounts and groups of this machine, through useradd(8) and its like, which also lock the files
 * and keep /etc/shadow in step. Need root. 0 or -errno, logged.
 */
#ifndef OUTPOST_TUNNEL_ACCOUNT_H
#define OUTPOST_TUNNEL_ACCOUNT_H

#include <stdbool.h>

struct account {
	const char *name;
	const char *group; /* its primary group, which must exist; NULL: one of its own */
	const char *home;
	const char *shell;
	bool is_board; /* has a user id of its own range: there may be thousands */
};

bool account_exists(const char *name);
bool account_group_exists(const char *name);

/*
 * Adds a system account that nobody can log in to with a password. It is not locked ("!"), because
 * sshd without PAM would refuse its keys.
 */
int account_add(const struct account *account);
int account_add_group(const char *name);

/* A missing one is not an error. */
int account_remove(const char *name);
int account_remove_group(const char *name);

#endif
