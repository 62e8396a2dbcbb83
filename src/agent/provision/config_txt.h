/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration of the Raspberry Pi's firmware, config.txt. Lines below a filter such as
 * [pi4] count only where it applies; [all] ends all filters. See "config.txt" and "Conditional
 * filters" in the Raspberry Pi documentation.
 *
 * Our lines are between two comments, so that they can be found again.
 */
#ifndef OUTPOST_AGENT_CONFIG_TXT_H
#define OUTPOST_AGENT_CONFIG_TXT_H

#include "common/strbuf.h"

#include <stdbool.h>

/* Has a line outside our block, and below no filter, that begins with this? */
bool config_txt_has(const char *text, const char *start);

/* The lines of our block; none if there is no block. */
void config_txt_block(const char *text, struct strbuf *lines);

/* The text with these lines in our block, at its end; "": without a block. */
void config_txt_with(const char *text, const char *lines, struct strbuf *out);

#endif
