/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies QEMU's migration stream to and from a file, compressed with zstd and a checksum. QEMU
 * gets a socket, which "fd:" accepts in all versions, rather than the file. Part of saved.c.
 */
#ifndef OUTPOST_VM_SAVED_STREAM_H
#define OUTPOST_VM_SAVED_STREAM_H

/*
 * Stops the vm in `dir` and writes its state to the new file `path`, with fsync(). 0 or
 * -errno, not logged.
 */
int saved_stream_write(const char *dir, const char *path);

#endif
