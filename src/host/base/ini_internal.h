/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_INI_INTERNAL_H
#define OUTPOST_INI_INTERNAL_H

#include "host/base/ini.h"

/* Checks that the section or key is known and has a value. 0, or -EINVAL, logged. */
int ini_check(const struct ini_entry *entry, const struct ini_syntax *syntax);

/* The row of `keys` for an entry's name, or NULL. */
const struct ini_key *ini_find_key(const struct ini_key *keys, const char *name);

#endif
