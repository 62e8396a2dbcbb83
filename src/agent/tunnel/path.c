// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/path.h"

#include "common/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

int path_open_events(void)
{
	_cleanup_close_ int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	const struct sockaddr_nl groups = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};

	if (fd < 0 || bind(fd, (const struct sockaddr *)&groups, sizeof(groups)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* ENOBUFS: so many came that some are lost, which does not matter. */
void path_read_events(int fd)
{
	char buffer[4096];

	while (recv(fd, buffer, sizeof(buffer), 0) > 0 || errno == ENOBUFS)
		errno = 0;
}

/* --- asking --- */

struct question {
	struct nlmsghdr header;
	struct rtmsg route;
	struct rtattr attribute;
	uint8_t address[16];
};

/* The kernel of a 32-bit machine may be asked for IPv6 through this, too. */
static const void *address_of(const struct sockaddr *a, size_t *n)
{
	if (a->sa_family == AF_INET6) {
		*n = sizeof(struct in6_addr);
		return &((const struct sockaddr_in6 *)a)->sin6_addr;
	}
	*n = sizeof(struct in_addr);
	return &((const struct sockaddr_in *)a)->sin_addr;
}

static size_t make_question(struct question *q, const struct sockaddr *to)
{
	size_t n, length;
	const void *address = address_of(to, &n);

	length = offsetof(struct question, address) + n;
	*q = (struct question){
		.header = { .nlmsg_len = (uint32_t)length,
			    .nlmsg_type = RTM_GETROUTE,
			    .nlmsg_flags = NLM_F_REQUEST },
		.route = { .rtm_family = (uint8_t)to->sa_family, .rtm_dst_len = (uint8_t)(n * 8) },
		.attribute = { .rta_len = (uint16_t)RTA_LENGTH(n), .rta_type = RTA_DST },
	};
	memcpy(q->address, address, n);
	return length;
}

static void copy_address(uint8_t to[16], const void *from, size_t n)
{
	memcpy(to, from, n < 16 ? n : 16);
}

static void read_attribute(const struct rtattr *a, struct path *path)
{
	const struct rtvia *via = RTA_DATA(a);
	size_t n = RTA_PAYLOAD(a);

	if (a->rta_type == RTA_OIF && n == sizeof(path->interface))
		memcpy(&path->interface, RTA_DATA(a), n);
	else if (a->rta_type == RTA_GATEWAY)
		copy_address(path->via, RTA_DATA(a), n);
	else if (a->rta_type == RTA_VIA && n > sizeof(*via)) /* an IPv6 router for IPv4 */
		copy_address(path->via, via->rtvia_addr, n - sizeof(*via));
	else if (a->rta_type == RTA_PREFSRC)
		copy_address(path->source, RTA_DATA(a), n);
}

void path_read_answer(const void *answer, size_t n, struct path *path)
{
	const struct nlmsghdr *header = answer;
	const struct rtmsg *route = NLMSG_DATA(header);

	*path = (struct path){ .reachable = false };
	if (!NLMSG_OK(header, n) || header->nlmsg_type != RTM_NEWROUTE ||
	    NLMSG_PAYLOAD(header, 0) < sizeof(*route) ||
	    (route->rtm_type != RTN_UNICAST && route->rtm_type != RTN_LOCAL))
		return;
	n = RTM_PAYLOAD(header);
	for (const struct rtattr *a = RTM_RTA(route); RTA_OK(a, n); a = RTA_NEXT(a, n))
		read_attribute(a, path);
	path->reachable = path->interface > 0;
}

static bool is_running(int interface)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_ifindex = interface };

	return fd >= 0 && ioctl(fd, SIOCGIFNAME, &request) == 0 &&
	       ioctl(fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_RUNNING;
}

static void ask(const struct sockaddr *to, struct path *path)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	_Alignas(struct nlmsghdr) char answer[4096];
	struct question q;
	size_t length = make_question(&q, to);
	ssize_t n = -1;

	if (fd >= 0 && sendto(fd, &q, length, 0, (const struct sockaddr *)&kernel,
			      sizeof(kernel)) == (ssize_t)length)
		n = recv(fd, answer, sizeof(answer), 0); /* the kernel has answered already */
	path_read_answer(answer, n < 0 ? 0 : (size_t)n, path);
	path->running = path->reachable && is_running(path->interface);
}

void path_find(const struct sockaddr *to, struct path *path)
{
	/* Addresses for documentation (RFC 5737, RFC 3849): only a default route leads there. */
	struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201) };
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6,
				     .sin6_addr.s6_addr = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };

	if (to->sa_family == AF_INET || to->sa_family == AF_INET6) {
		ask(to, path);
		return;
	}
	ask((const struct sockaddr *)&any4, path);
	if (!path->reachable)
		ask((const struct sockaddr *)&any6, path);
}

bool path_has_address(const struct sockaddr *address)
{
	_cleanup_close_ int fd = -1;
	struct sockaddr_storage copy = { 0 };
	socklen_t n;

	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		return true;
	n = address->sa_family == AF_INET ? sizeof(struct sockaddr_in)
					  : sizeof(struct sockaddr_in6);
	memcpy(&copy, address, n);
	((struct sockaddr_in *)&copy)->sin_port = 0; /* at the same place in both */
	fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd < 0 || bind(fd, (struct sockaddr *)&copy, n) == 0 || errno != EADDRNOTAVAIL;
}

/* --- deciding --- */

static bool same_way(const struct path *a, const struct path *b)
{
	return a->interface == b->interface && memcmp(a->via, b->via, sizeof(a->via)) == 0;
}

bool path_is_news(const struct path *tried, const struct path *now)
{
	if (!now->reachable || !now->running)
		return false;
	return !tried->reachable || !tried->running || !same_way(tried, now) ||
	       memcmp(tried->source, now->source, sizeof(now->source)) != 0;
}

bool path_has_moved(const struct path *made, const struct path *now, bool has_address)
{
	return now->reachable && (!has_address || !same_way(made, now));
}
