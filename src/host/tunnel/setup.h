/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes this machine a gateway, and undoes that: `outpost tunnel setup-gateway`. Both need root, and
 * can be repeated after they were killed. What they change (or would, with dry_run) is added to
 * *changes, one line each: "+ " what is created, "- " what is removed, "~ " what is replaced; with
 * dry_run each text file is followed by a diff.
 */
#ifndef OUTPOST_TUNNEL_SETUP_H
#define OUTPOST_TUNNEL_SETUP_H

#include "common/strbuf.h"

#include <stdbool.h>

struct setup_options {
	bool dry_run;
	const char *exempt; /* for PerSourcePenaltyExemptList, or NULL: as before */
};

/*
 * 0 or -errno, logged. sshd never stays with a configuration that it rejects: on any error, what
 * this call has made is removed again.
 */
int setup_gateway(const struct setup_options *options, struct strbuf *changes);

/* 0 or -errno, logged; -EBUSY, which changes nothing, if there are boards. */
int setup_undo(bool dry_run, struct strbuf *changes);

/* Was setup_gateway() run here? Otherwise logs an error. */
bool setup_is_done(void);

/* Held by whoever changes the gateway. The descriptor, or -errno, logged. */
int setup_lock(void);

#endif
