// SPDX-License-Identifier: GPL-2.0-only
#include "host/vm/net.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

int net_free_port(void)
{
	struct sockaddr_in address = loopback(0);
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(address);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, n) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &n) < 0)
		return -errno;
	return ntohs(address.sin_port);
}

static int read_greeting(int port, int timeout_ms)
{
	struct sockaddr_in address = loopback(port);
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char text[4];

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if (poll(&pfd, 1, timeout_ms) <= 0)
		return -ETIMEDOUT;
	if (recv(fd, text, sizeof(text), MSG_WAITALL) != sizeof(text))
		return -ECONNRESET;
	return memcmp(text, "SSH-", sizeof(text)) == 0 ? 0 : -EPROTO;
}

int net_await_ssh(int port, int timeout_ms)
{
	long long deadline = monotonic_ms() + timeout_ms;

	for (;;) {
		long long left = deadline - monotonic_ms();
		int r = read_greeting(port, left > 0 ? (int)left : 0);

		if (r == 0 || process_interrupted)
			return r == 0 ? 0 : -EINTR;
		if (deadline - monotonic_ms() <= 50)
			return r;
		log_tick();
		nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000000 }, NULL);
	}
}
