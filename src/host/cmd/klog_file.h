/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads logs of any size from a file or a pipe, in a fixed amount of memory. */
#ifndef OUTPOST_KLOG_FILE_H
#define OUTPOST_KLOG_FILE_H

#include "common/klog/klog.h"

/*
 * Feeds all lines of `fd`, numbered from 1, to `k` as they arrive, then flushes it. `name` is
 * for messages. 0 or -errno, logged; -EINVAL if the input is not text but, for example, an
 * archive.
 */
int klog_file_scan(struct klog *k, int fd, const char *name, uint64_t *lines);

#endif
