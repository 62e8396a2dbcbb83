/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPOST_EXIT_STATUS_H
#define OUTPOST_EXIT_STATUS_H

/* Exit statuses of the program; the worst verdict decides. */
enum exit_status {
	STATUS_OK = 0,
	STATUS_FAIL = 1,
	STATUS_USAGE = 2,
	STATUS_TROUBLE = 3, /* lost, error, nothing judged; also used for -errno */
	STATUS_CRASH = 4,   /* crash or hang */
};

#endif
