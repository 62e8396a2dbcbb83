/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commit that a kernel package was built from. RPi-Distro/linux-packaging
 * begins the changes of each version with "  * Linux commit: <40 hex digits>",
 * of raspberrypi/linux; Debian's own kernels name none.
 */
#ifndef OUTPOST_CHANGELOG_H
#define OUTPOST_CHANGELOG_H

/*
 * `version` as dpkg has it, "1:6.12.25-1+rpt1"; NULL: the newest entry is meant. An entry
 * without a commit was packaged anew from the one before it, if that is of the same upstream
 * version. The caller frees *commit. 0, or -ENOENT: there is no such version, or no commit.
 */
int changelog_commit(const char *text, const char *version, char **commit);

#endif
