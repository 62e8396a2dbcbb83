/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks parameters of modules. */
#ifndef OUTPOST_PARAMS_H
#define OUTPOST_PARAMS_H

#include "host/module/module.h"

/*
 * Warns about parameters that no module of the list has in its .modinfo, and lists those that
 * each has. `params` as for finit_module: "a=1 b=\"two words\" c". The kernel reports the
 * parameters that it ignores when it loads the module: see rule_result().
 */
void params_check(const struct module_list *modules, const char *params);

/*
 * Returns the next word of *params up to its "=", and moves *params behind the word; NULL at
 * the end. The caller frees it.
 */
char *params_next(const char **params);

#endif
