// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	int fd = open("/dev/user_pointer", O_RDONLY);
	void *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fd < 0 || nothing == MAP_FAILED) {
		perror("/dev/user_pointer");
		return 1;
	}
	return read(fd, nothing, 1) >= 0;
}
