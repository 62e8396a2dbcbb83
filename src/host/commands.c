// SPDX-License-Identifier: GPL-2.0-only
#include "host/command.h"

#define COMMANDS(_) _(kernel) _(unpack) _(clean)

#define DECLARE(name) extern const struct command cmd_##name;
COMMANDS(DECLARE)

#define ROW(name) &cmd_##name,
const struct command *const commands[] = { COMMANDS(ROW) NULL };
