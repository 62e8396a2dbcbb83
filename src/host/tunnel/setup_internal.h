/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of setup-gateway: each creates one thing unless it is there, and records it. */
#ifndef OUTPOST_TUNNEL_SETUP_INTERNAL_H
#define OUTPOST_TUNNEL_SETUP_INTERNAL_H

#include "host/tunnel/account.h"
#include "host/tunnel/made.h"
#include "host/tunnel/setup.h"

#include <sys/types.h>

struct setup {
	bool dry_run;
	struct strbuf *changes;
	struct made made;
	bool files_changed;
};

/* All return 0 or -errno, logged; -EEXIST if somebody else's thing has this name. */
int setup_put_group(struct setup *s, const char *name);
int setup_put_user(struct setup *s, const struct account *account);
int setup_put_dir(struct setup *s, const char *path, const char *owner);
int setup_put_text(struct setup *s, const char *path, const char *text, size_t n);
int setup_put_program(struct setup *s, const char *path, const char *source);
int setup_put_link(struct setup *s, const char *path, const char *target);

/* Are all folders down to `path` root's, and can nobody else write to them? As the others. */
int setup_check_trusted(const char *path);

/* The snippet for sshd: written, tested, and taken back if sshd does not accept it. */
int setup_put_snippet(struct setup *s, const char *exempt);

/* Before their files are removed. */
void setup_stop_units(void);

#endif
