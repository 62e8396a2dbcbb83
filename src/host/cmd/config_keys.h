/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_CONFIG_KEYS_H
#define OUTPOST_CONFIG_KEYS_H

#include "common/options.h"
#include "host/base/config.h"

/* All keys, ended by a nameless one. `rows`: the options before any command. The caller frees it. */
struct ini_key *config_keys(const struct option_row *rows);

/*
 * Checks that a command, or something that commands use, takes each key in the config files, and
 * their values and those in the environment. 0 or -EINVAL, logged.
 */
int config_keys_check(const struct config *config, const struct option_row *rows);

/*
 * Does the key run something, widen the container, or choose where something comes from or goes
 * to? Such keys count in the user's own file; in a project's only if the user trusts it. True for
 * any key that nobody has decided about.
 */
bool config_key_is_restricted(const char *key);

/* Forgets such keys, if the project is not trusted: for commands that do not obey them. */
void config_keys_ignore_untrusted(struct config *config);

/* Has somebody decided? For the test that checks all keys. */
bool config_key_is_decided(const char *key);

/*
 * 0 if the project's file sets no such key, or the user trusts it or does so now. Otherwise -EPERM
 * (logged), or -EINTR.
 */
int config_keys_require_trust(const struct config *config);

#endif
