/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QEMU's migration stream and a file, compressed by zstd with a checksum.
 * QEMU is given a socket (in all its versions "fd:" takes one), not the file.
 * Parts of saved.c.
 */
#ifndef OUTPOST_VM_SAVED_STREAM_H
#define OUTPOST_VM_SAVED_STREAM_H

/* Stops the vm in `dir` and writes its state to the new file `path`, synced. 0 or -errno, not logged. */
int saved_stream_write(const char *dir, const char *path);

#endif
