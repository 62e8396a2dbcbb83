/* SPDX-License-Identifier: GPL-2.0-only */
/* Logs of any size from a file or a pipe, in a fixed amount of memory. */
#ifndef OUTPOST_KLOG_FILE_H
#define OUTPOST_KLOG_FILE_H

#include "common/klog/klog.h"

/*
 * Feeds `k` all lines of `fd`, numbered from 1, as they come, and flushes it.
 * `name` is for messages. 0 or -errno, logged: -EINVAL for what is not a text, an archive say.
 */
int klog_file_scan(struct klog *k, int fd, const char *name, uint64_t *lines);

#endif
