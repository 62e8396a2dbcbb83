// SPDX-License-Identifier: GPL-2.0-only
/*
 * A character device with read, write, poll and ioctl: a pipe in the kernel.
 * chardev_uapi.h describes its interface; test/chardev_test.c tests it from user
 * space.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kfifo.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "chardev_uapi.h"

#define CHARDEV_SIZE_MAX 65536U

static unsigned int size = 4096;

static int chardev_set_size(const char *value, const struct kernel_param *param)
{
	return param_set_uint_minmax(value, param, 2, CHARDEV_SIZE_MAX);
}

static const struct kernel_param_ops chardev_size_ops = {
	.set = chardev_set_size,
	.get = param_get_uint,
};
module_param_cb(size, &chardev_size_ops, &size, 0444);
MODULE_PARM_DESC(size, "buffer size in bytes, 2 to 65536, rounded to a power of 2 (default: 4096)");

static DEFINE_MUTEX(chardev_lock);	/* protects the data and the counters */
static DECLARE_KFIFO_PTR(chardev_data, u8);
static u64 chardev_written;
static u64 chardev_read_total;

static DECLARE_WAIT_QUEUE_HEAD(chardev_readable);
static DECLARE_WAIT_QUEUE_HEAD(chardev_writable);

/* 0 with the lock held, -EAGAIN, or -ERESTARTSYS on a signal. */
static int chardev_lock_readable(const struct file *file)
{
	for (;;) {
		if (mutex_lock_interruptible(&chardev_lock))
			return -ERESTARTSYS;
		if (!kfifo_is_empty(&chardev_data))
			return 0;
		mutex_unlock(&chardev_lock);

		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(chardev_readable, !kfifo_is_empty(&chardev_data)))
			return -ERESTARTSYS;
	}
}

static int chardev_lock_writable(const struct file *file)
{
	for (;;) {
		if (mutex_lock_interruptible(&chardev_lock))
			return -ERESTARTSYS;
		if (!kfifo_is_full(&chardev_data))
			return 0;
		mutex_unlock(&chardev_lock);

		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(chardev_writable, !kfifo_is_full(&chardev_data)))
			return -ERESTARTSYS;
	}
}

/* Returns what was copied before a fault; the next call hits the fault again. */
static ssize_t chardev_moved(unsigned int copied, int r)
{
	if (!copied && r)
		return r;
	return copied;
}

static ssize_t chardev_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	unsigned int copied;
	int r;

	if (!len)
		return 0;

	r = chardev_lock_readable(file);
	if (r)
		return r;

	r = kfifo_to_user(&chardev_data, to, len, &copied);
	chardev_read_total += copied;
	mutex_unlock(&chardev_lock);

	wake_up_interruptible(&chardev_writable);
	return chardev_moved(copied, r);
}

static ssize_t chardev_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	unsigned int copied;
	int r;

	if (!len)
		return 0;

	r = chardev_lock_writable(file);
	if (r)
		return r;

	r = kfifo_from_user(&chardev_data, from, len, &copied);
	chardev_written += copied;
	mutex_unlock(&chardev_lock);

	wake_up_interruptible(&chardev_readable);
	return chardev_moved(copied, r);
}

static __poll_t chardev_poll(struct file *file, struct poll_table_struct *table)
{
	__poll_t mask = 0;

	poll_wait(file, &chardev_readable, table);
	poll_wait(file, &chardev_writable, table);

	mutex_lock(&chardev_lock);
	if (!kfifo_is_empty(&chardev_data))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (!kfifo_is_full(&chardev_data))
		mask |= EPOLLOUT | EPOLLWRNORM;
	mutex_unlock(&chardev_lock);
	return mask;
}

static int chardev_stats(struct chardev_stats __user *to)
{
	struct chardev_stats stats;

	mutex_lock(&chardev_lock);
	stats = (struct chardev_stats) {
		.written = chardev_written,
		.read = chardev_read_total,
		.used = kfifo_len(&chardev_data),
		.size = kfifo_size(&chardev_data),
	};
	mutex_unlock(&chardev_lock);

	return copy_to_user(to, &stats, sizeof(stats)) ? -EFAULT : 0;
}

static int chardev_clear(const __u32 __user *from)
{
	u32 what;

	if (get_user(what, from))
		return -EFAULT;
	if (what & ~(CHARDEV_CLEAR_DATA | CHARDEV_CLEAR_COUNTERS))
		return -EINVAL;

	mutex_lock(&chardev_lock);
	if (what & CHARDEV_CLEAR_DATA)
		kfifo_reset(&chardev_data);
	if (what & CHARDEV_CLEAR_COUNTERS) {
		chardev_written = 0;
		chardev_read_total = 0;
	}
	mutex_unlock(&chardev_lock);

	wake_up_interruptible(&chardev_writable);
	return 0;
}

static long chardev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case CHARDEV_IOC_STATS:
		return chardev_stats((struct chardev_stats __user *)arg);
	case CHARDEV_IOC_CLEAR:
		return chardev_clear((const __u32 __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,	/* keeps the module loaded while the device is open */
	.open = stream_open,	/* no seeking */
	.read = chardev_read,
	.write = chardev_write,
	.poll = chardev_poll,
	.unlocked_ioctl = chardev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice chardev_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "chardev",	/* /dev/chardev */
	.fops = &chardev_fops,
	.mode = 0600,
};

static int __init chardev_init(void)
{
	int r;

	r = kfifo_alloc(&chardev_data, size, GFP_KERNEL);
	if (r)
		return r;

	/* Last: from now on user space can open the device. */
	r = misc_register(&chardev_misc);
	if (r) {
		pr_err("cannot register /dev/%s: %d\n", chardev_misc.name, r);
		goto err_free_data;
	}

	return 0;

err_free_data:
	kfifo_free(&chardev_data);
	return r;
}

static void __exit chardev_exit(void)
{
	misc_deregister(&chardev_misc);
	kfifo_free(&chardev_data);
}

module_init(chardev_init);
module_exit(chardev_exit);

MODULE_DESCRIPTION("Outpost's example of a character device");
MODULE_LICENSE("GPL");
