/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names in commands that a message suggests. They may be somebody else's, such as that of a cloned
 * repository, and a user copies the command.
 */
#ifndef OUTPOST_SHELL_WORD_H
#define OUTPOST_SHELL_WORD_H

/* `text` as one word for a shell: in quotes unless it needs none. The caller frees it. */
char *shell_word(const char *text);

#endif
