// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

int main(void)
{
	int fd = open("/dev/null_ioctl", O_RDWR);

	if (fd < 0) {
		perror("/dev/null_ioctl");
		return 1;
	}
	return ioctl(fd, _IO('o', 1)) != 0;
}
