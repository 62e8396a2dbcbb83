// SPDX-License-Identifier: GPL-2.0-only
/* Tests /dev/chardev from user space. Prints KTAP; exits with 0 if all tests pass, else with 1. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../chardev_uapi.h"

#define TESTS 17

static unsigned int done, failed;

/* One test. Prints errno too, which tells most about a system call that went wrong. */
#define test(name, condition) result(name, condition, #condition, __LINE__)

static void result(const char *name, bool ok, const char *condition, int line)
{
	int err = errno;

	done++;
	if (!ok) {
		failed++;
		printf("# %s: expected %s at line %d, errno is %d (%s)\n", name, condition, line,
		       err, strerror(err));
	}
	printf("%sok %u %s\n", ok ? "" : "not ", done, name);
	fflush(stdout);
}

/* Did a system call fail with this error? */
static bool fails_with(long r, int err)
{
	return r == -1 && errno == err;
}

static short polled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, 0) < 0 ? POLLERR : p.revents;
}

static int clear(int fd, __u32 what)
{
	return ioctl(fd, CHARDEV_IOC_CLEAR, &what);
}

static void test_data(int fd)
{
	struct chardev_stats stats;
	char buf[16] = "";

	test("an empty device is only writable", polled(fd) == POLLOUT);
	test("read of an empty device is EAGAIN", fails_with(read(fd, buf, sizeof(buf)), EAGAIN));
	test("write accepts everything", write(fd, "outpost", 7) == 7);
	test("a device with data is readable too", polled(fd) == (POLLIN | POLLOUT));
	test("read returns what was written",
	     read(fd, buf, sizeof(buf)) == 7 && !memcmp(buf, "outpost", 7));
	test("stats count both directions", !ioctl(fd, CHARDEV_IOC_STATS, &stats) &&
	     stats.written == 7 && stats.read == 7 && stats.used == 0 && stats.size >= 2);
}

static void test_full(int fd)
{
	struct chardev_stats stats;
	ssize_t n;

	while ((n = write(fd, "0123456789", 10)) > 0)
		;
	test("write to a full device is EAGAIN", fails_with(n, EAGAIN));
	test("a full device is only readable", !ioctl(fd, CHARDEV_IOC_STATS, &stats) &&
	     stats.used == stats.size && polled(fd) == POLLIN);
	test("clear empties the device and the counters",
	     !clear(fd, CHARDEV_CLEAR_DATA | CHARDEV_CLEAR_COUNTERS) &&
	     !ioctl(fd, CHARDEV_IOC_STATS, &stats) && !stats.used && !stats.written);
}

static void test_refusals(int fd)
{
	char c = 0;
	/* A mapped address without access rights. */
	void *bad = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	test("unknown ioctl is ENOTTY", fails_with(ioctl(fd, _IO(CHARDEV_IOC, 99)), ENOTTY));
	test("unknown flag is EINVAL", fails_with(clear(fd, 1U << 31), EINVAL));
	test("ioctl with a bad pointer is EFAULT",
	     fails_with(ioctl(fd, CHARDEV_IOC_STATS, bad), EFAULT) &&
	     fails_with(ioctl(fd, CHARDEV_IOC_CLEAR, bad), EFAULT));
	test("write from a bad pointer is EFAULT", fails_with(write(fd, bad, 1), EFAULT));
	test("read to a bad pointer is EFAULT, and consumes nothing",
	     write(fd, "y", 1) == 1 && fails_with(read(fd, bad, 1), EFAULT) &&
	     read(fd, &c, 1) == 1 && c == 'y');
	test("seeking is ESPIPE", fails_with(lseek(fd, 0, SEEK_SET), ESPIPE));
}

/* A blocked reader must wake up when another process writes. */
static void test_blocking(int fd)
{
	int status = -1;
	char c = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int reader = open(CHARDEV_PATH, O_RDONLY | O_CLOEXEC);

		alarm(5); /* a lost wake-up must not leave a process behind */
		_exit(reader >= 0 && read(reader, &c, 1) == 1 && c == 'x' ? 0 : 1);
	}

	usleep(50 * 1000); /* time to block; if too short, the test is weaker, not wrong */
	test("a blocked reader wakes up", pid > 0 && waitpid(pid, &status, WNOHANG) == 0 &&
	     write(fd, "x", 1) == 1 && waitpid(pid, &status, 0) == pid && status == 0);
}

int main(void)
{
	int fd = open(CHARDEV_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	printf("KTAP version 1\n1..%d\n", TESTS);
	test("opens", fd >= 0);
	if (fd < 0)
		return 1;

	test_data(fd);
	test_full(fd);
	test_refusals(fd);
	test_blocking(fd);

	close(fd);
	return failed || done != TESTS;
}
