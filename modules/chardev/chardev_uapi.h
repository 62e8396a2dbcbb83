/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/chardev: a pipe in the kernel. What is written can be read, in order.
 * Both the module and user space include this file, so it uses only types of
 * <linux/types.h>, and its structures look the same to 32-bit and 64-bit
 * programs: no holes, no pointers, no long.
 */
#ifndef CHARDEV_UAPI_H
#define CHARDEV_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define CHARDEV_PATH "/dev/chardev"

struct chardev_stats {
	__u64 written;	/* bytes, since load or since they were cleared */
	__u64 read;
	__u32 used;	/* bytes that wait to be read */
	__u32 size;	/* bytes that can wait: a write of more blocks, or gives EAGAIN */
};

/* What CHARDEV_IOC_CLEAR clears. Other bits are EINVAL, so that they can mean something one day. */
#define CHARDEV_CLEAR_DATA	0x1
#define CHARDEV_CLEAR_COUNTERS	0x2

/* Taken codes: Documentation/userspace-api/ioctl/ioctl-number.rst of the kernel. */
#define CHARDEV_IOC		0xee
#define CHARDEV_IOC_STATS	_IOR(CHARDEV_IOC, 1, struct chardev_stats)
#define CHARDEV_IOC_CLEAR	_IOW(CHARDEV_IOC, 2, __u32)

#endif
