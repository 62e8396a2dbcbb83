/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commit that a kernel package was built from. RPi-Distro/linux-packaging begins the
 * changes of each version with "  * Linux commit: <40 hex digits>", of raspberrypi/linux.
 * Debian's own kernels name none.
 */
#ifndef OUTPOST_CHANGELOG_H
#define OUTPOST_CHANGELOG_H

/*
 * `version` as in dpkg, "1:6.12.25-1+rpt1"; NULL: the newest entry. An entry without a commit
 * is a repackaging of the entry before it, if the upstream version is the same. The caller
 * frees *commit. 0, or -ENOENT: no such version, or no commit.
 */
int changelog_commit(const char *text, const char *version, char **commit);

#endif
