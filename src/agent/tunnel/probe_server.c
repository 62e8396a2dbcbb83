// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/probe_server.h"

#include "common/cleanup.h"
#include "common/log.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define READS_AT_ONCE 64 /* nobody keeps the loop busy */

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (fd < 0 || (unlink(path) < 0 && errno != ENOENT) ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, PROBE_CLIENTS) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int probe_server_open(struct probe_server *server, const char *path)
{
	for (size_t i = 0; i < PROBE_CLIENTS; i++)
		server->clients[i].fd = -1;
	server->listener = listen_at(path);
	if (server->listener < 0)
		return log_error_errno(server->listener, "Cannot listen at %s", path);
	return 0;
}

void probe_server_drop(struct probe_server *server)
{
	for (size_t i = 0; i < PROBE_CLIENTS; i++)
		close_fd(&server->clients[i].fd);
}

void probe_server_close(struct probe_server *server)
{
	probe_server_drop(server);
	close_fd(&server->listener);
}

void probe_server_poll(const struct probe_server *server, struct pollfd *fds)
{
	fds[0] = (struct pollfd){ .fd = server->listener, .events = POLLIN };
	for (size_t i = 0; i < PROBE_CLIENTS; i++)
		fds[1 + i] = (struct pollfd){ .fd = server->clients[i].fd, .events = POLLIN };
}

/* --- connections --- */

static struct probe_client *make_room(struct probe_server *server)
{
	struct probe_client *quiet = &server->clients[0];

	for (size_t i = 0; i < PROBE_CLIENTS; i++) {
		struct probe_client *client = &server->clients[i];

		if (client->fd < 0)
			return client;
		if (client->active < quiet->active)
			quiet = client;
	}
	close_fd(&quiet->fd);
	return quiet;
}

/* A few bytes to a peer that reads them always fit; one that does not read is given up. */
static bool put(int fd, const void *data, size_t n)
{
	return send(fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n;
}

static void greet(struct probe_server *server, const struct probe_hello *hello, long long now)
{
	char line[PROBE_HELLO_MAX];
	size_t n = probe_hello_format(hello, line);
	int fd;

	while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (put(fd, line, n))
			*make_room(server) = (struct probe_client){ .fd = fd, .active = now };
		else
			close(fd);
	}
}

/* --- pings --- */

static bool answer(struct probe_client *client, const struct probe_echo *echo)
{
	struct probe_echo e = *echo;

	memcpy(&e.ping, client->ping, sizeof(e.ping));
	client->n = 0;
	return put(client->fd, &e, sizeof(e));
}

/* Reads a part of a ping, and answers it if that completes it. False: nothing more for now. */
static bool take_some(struct probe_client *client, const struct probe_echo *echo, long long now,
		      unsigned int *pings)
{
	ssize_t n = read(client->fd, client->ping + client->n, sizeof(client->ping) - client->n);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	client->active = now;
	client->n += n > 0 ? (size_t)n : 0;
	if (n > 0 && client->n < sizeof(client->ping))
		return true;
	if (n > 0) {
		++*pings;
		if (answer(client, echo))
			return true;
	}
	close_fd(&client->fd);
	return false;
}

unsigned int probe_server_serve(struct probe_server *server, const struct pollfd *fds,
				const struct probe_hello *hello, const struct probe_echo *echo,
				long long now)
{
	unsigned int pings = 0;

	for (size_t i = 0; i < PROBE_CLIENTS; i++)
		if (fds[1 + i].revents)
			for (int left = READS_AT_ONCE; left; left--)
				if (!take_some(&server->clients[i], echo, now, &pings))
					break;
	if (fds[0].revents)
		greet(server, hello, now);
	return pings;
}
