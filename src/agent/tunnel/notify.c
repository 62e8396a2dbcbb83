// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/notify.h"

#include "common/cleanup.h"
#include "common/options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_send(const char *text)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path ? strlen(path) : 0;

	if (fd < 0 || n < 2 || n >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, n);
	if (*path == '@') /* in the abstract namespace, unix(7) */
		address.sun_path[0] = '\0';
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
		     (const struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}

int notify_watchdog_ms(void)
{
	const char *text = getenv("WATCHDOG_USEC"), *whose = getenv("WATCHDOG_PID");
	int usec, pid;

	if (!text || parse_int(text, 1, 1 << 30, &usec) < 0)
		return 0;
	if (whose && (parse_int(whose, 1, 1 << 30, &pid) < 0 || pid != getpid()))
		return 0;
	return usec / 2000 > 0 ? usec / 2000 : 1;
}
