/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way to the gateway, as the kernel sees it (rtnetlink(7)), and which changes of it matter.
 * Only from here the supervisor learns of a cable, an address or a route before a time-out tells.
 */
#ifndef OUTPOST_AGENT_PATH_H
#define OUTPOST_AGENT_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct path {
	bool reachable; /* there is a route; otherwise nothing below is set */
	bool running;   /* its interface is up and has a carrier (IFF_RUNNING) */
	int interface;
	uint8_t via[16];    /* the router's address; 0: none */
	uint8_t source[16]; /* this machine's address on the way */
};

/*
 * A socket that becomes readable when links, addresses or routes change; -errno, not logged. Many
 * such messages say nothing new: path_read_events() only takes them out.
 */
int path_open_events(void);
void path_read_events(int fd);

/* Asks for the way to an address; AF_UNSPEC: to anywhere beyond this network, with IPv4 or IPv6. */
void path_find(const struct sockaddr *to, struct path *path);

/* Is this address one of this machine? An address of another family than IP is. */
bool path_has_address(const struct sockaddr *address);

/*
 * Nothing is connected: the way that the last attempt took, and the way now. True if there now is
 * one that is new, or works again: so that it is worth trying at once.
 */
bool path_is_news(const struct path *tried, const struct path *now) __attribute__((pure));

/*
 * Something is connected: true if the way leads through another interface or router than when it
 * was made, or if its own address is gone (`has_address`). A preferred address that changes does
 * not matter while the old one is there (IPv6 makes a new one each day). Nor does a way that is
 * gone: it may be back before anybody notices, and if it is not, silence tells.
 */
bool path_has_moved(const struct path *made, const struct path *now, bool has_address)
	__attribute__((pure));

/* Reads the answer to a question for a route; exported for tests. */
void path_read_answer(const void *answer, size_t n, struct path *path);

#endif
