/* SPDX-License-Identifier: GPL-2.0-only */
/* This machine's sshd: its configuration as sshd itself reads it. All need root. */
#ifndef OUTPOST_TUNNEL_SSHD_H
#define OUTPOST_TUNNEL_SSHD_H

#include "common/ssh_key.h"
#include "common/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

#define SSHD_SNIPPET "/etc/ssh/sshd_config.d/50-outpost.conf"

/*
 * Does sshd accept its configuration (sshd -t)? 0; -EINVAL if not, with what it printed in *why; or
 * another -errno. Not logged.
 */
int sshd_test(struct strbuf *why);

/* Appends the configuration for the connections of `user` (sshd -T), or in general (NULL). */
int sshd_settings(const char *user, struct strbuf *settings); /* 0 or -errno, logged */

/* The value of a setting in what sshd_settings() returned; false if it is not there. */
bool sshd_setting(const struct strbuf *settings, const char *name, struct text *value);

/*
 * Do the lines of a Match block of `snippet` hold for `user`, although other files may set the same
 * before it? 0; or -EINVAL, logged with each line that does not hold.
 */
int sshd_check_block(const char *snippet, const char *match, const char *user);

/* Makes a running sshd read its configuration again. 0 or -errno, logged; 0 if none runs. */
int sshd_reload(void);

/* The public host keys that sshd uses. 0 or -errno, logged. */
int sshd_host_keys(struct ssh_key *keys, size_t max, size_t *n);

/* Is there such a keyword in this version of sshd? */
bool sshd_knows(const char *line);

#endif
