// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs on the board: loads each file, unloads the module again, and prints
 * "file true" or "file false errno". The variants are modules with the names
 * "victim", "plain" and "crc_itu_t".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	return error;
}

static int unload(void)
{
	static const char *const names[] = { "victim", "plain", "crc_itu_t" };

	for (int i = 0; i < 3; i++)
		if (syscall(SYS_delete_module, names[i], O_NONBLOCK) == 0)
			return 0;
	return -1;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int error = load(argv[i]);

		if (error)
			printf("%s false %s\n", argv[i], strerror(error));
		else
			printf("%s true\n", argv[i]);
		fflush(stdout);
		if (!error && unload() < 0) {
			printf("Cannot unload %s\n", argv[i]);
			return 1;
		}
	}
	return 0;
}
