/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/chardev: a pipe in the kernel. Data is read in the order in which it was
 * written. Both the module and user space include this file, so it uses only
 * types of <linux/types.h>, and its structures are the same for 32-bit and
 * 64-bit programs: no holes, no pointers, no long.
 */
#ifndef CHARDEV_UAPI_H
#define CHARDEV_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define CHARDEV_PATH "/dev/chardev"

struct chardev_stats {
	__u64 written;	/* bytes, since load or since the counters were cleared */
	__u64 read;
	__u32 used;	/* bytes waiting to be read */
	__u32 size;	/* of the buffer; a write to a full buffer blocks, or gives EAGAIN */
};

/* What CHARDEV_IOC_CLEAR clears. Other bits give EINVAL, so that they can be used later. */
#define CHARDEV_CLEAR_DATA	0x1
#define CHARDEV_CLEAR_COUNTERS	0x2

/* Codes in use: the kernel's Documentation/userspace-api/ioctl/ioctl-number.rst. */
#define CHARDEV_IOC		0xee
#define CHARDEV_IOC_STATS	_IOR(CHARDEV_IOC, 1, struct chardev_stats)
#define CHARDEV_IOC_CLEAR	_IOW(CHARDEV_IOC, 2, __u32)

#endif
