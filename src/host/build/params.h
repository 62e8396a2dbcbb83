/* SPDX-License-Identifier: GPL-2.0-only */
/* Parameters that a module is loaded with. */
#ifndef OUTPOST_PARAMS_H
#define OUTPOST_PARAMS_H

#include "host/module/module.h"

/*
 * Warns of those that no module of the list has by its .modinfo, and says what
 * each has. `params` as finit_module takes them: "a=1 b=\"two words\" c".
 * Whether it is so the kernel says when it loads: see rule_result().
 */
void params_check(const struct module_list *modules, const char *params);

/* The next word of *params, up to its "=", with *params moved behind the word; NULL at the end. The
 * caller frees it. */
char *params_next(const char **params);

#endif
