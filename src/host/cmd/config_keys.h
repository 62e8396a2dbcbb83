/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_CONFIG_KEYS_H
#define OUTPOST_CONFIG_KEYS_H

#include "common/options.h"
#include "host/base/config.h"

/*
 * Checks that a command, or something that commands use, takes each key in the config files.
 * `rows`: the options before any command. 0 or -EINVAL, logged.
 */
int config_keys_check(const struct config *config, const struct option_row *rows);

#endif
