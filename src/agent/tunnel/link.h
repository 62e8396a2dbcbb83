/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One process of the carrier: it is started, makes one connection to the gateway, and ends with it.
 *
 * The connection is looked at from outside: pidfd_getfd(2) gives a descriptor of ssh's own socket,
 * and TCP_INFO tells what ssh itself cannot know: whether the gateway has answered at all yet, and
 * whether what was sent comes to nothing. Where that is not possible (another carrier, a kernel
 * that forbids it), the carrier's own time limits remain.
 */
#ifndef OUTPOST_AGENT_LINK_H
#define OUTPOST_AGENT_LINK_H

#include "agent/tunnel/carrier.h"
#include "agent/tunnel/path.h"
#include "common/process.h"

/*
 * The gateway must answer a SYN in so many ms. Two are sent meanwhile, at 0 and 1 s; the next would
 * be at 3 s. A new attempt instead resolves the name again, and uses the route of now.
 * A round trip may take 2 s, or 1 s if the first SYN is lost.
 */
#define LINK_CALL_MS 2000

/*
 * A connection is dead if nothing at all came from the gateway for so many ms longer than the time
 * after which ssh asks (alive), although something was sent and repeated LINK_REPEATS times; the
 * kernel does that 0.2 s and 0.6 s later, plus what a round trip takes. A single lost packet is not
 * enough, and on a slow path it takes longer by itself.
 *
 * With 2 s, and a prober that sends a ping each second, a connection that dies silently is ended 1.5
 * to 2.8 s later; by ssh itself (ServerAliveCountMax) 3 to 4 s later. A prober that hangs ends
 * nothing, because ssh's own question is answered.
 */
#define LINK_SILENT_OVER_MS 500
#define LINK_REPEATS        2

enum link_phase {
	LINK_NONE,    /* no process */
	LINK_STARTED, /* resolves the name; or nothing can be seen of it */
	LINK_CALLING, /* has sent a SYN */
	LINK_OPEN,    /* the gateway has answered */
	LINK_PROVEN,  /* and a ping came through */
};

struct link {
	const struct carrier *carrier;
	struct process process;
	int pidfd;
	enum link_phase phase;
	long long since;                     /* when this phase began, monotonic_ms() */
	struct carrier_wish wish;            /* as started */
	bool dead;                           /* what was sent comes to nothing */
	struct sockaddr_storage here, there; /* of the connection; AF_UNSPEC: not known */
	uint64_t received, sent;             /* bytes */
	struct strbuf output;                /* of its stderr, an incomplete line */
	enum probe_cause cause;              /* why it ends, as far as it says */
	char text[PROBE_TEXT_MAX];           /* how it says that, clean */
};

void link_init(struct link *link, const struct carrier *carrier);

/* 0 or -errno, with link->cause and text set. */
int link_start(struct link *link, const struct tunnel_config *config,
	       const struct carrier_wish *wish, long long now);

/* Reads what it says on stderr; call when process.error is readable. */
void link_listen(struct link *link);

/*
 * Looks at the connection: updates phase, addresses, bytes and `dead`. Returns in how many ms it
 * should be looked at again.
 */
int link_look(struct link *link, int alive_ms, long long now);

/* A ping came through. */
void link_prove(struct link *link, long long now);

/* No pings come any more through a carrier that reconnects; what it said, or else `text`, is why. */
void link_doubt(struct link *link, const char *text, long long now);

/*
 * Kills the process and everything that it has started, waits for it, and reads the last of what it
 * said. `cause`: why we end it; PROBE_CAUSE_NONE: it has ended by itself.
 */
void link_end(struct link *link, enum probe_cause cause, const char *text);

static inline bool link_is_up(const struct link *link)
{
	return link->phase == LINK_PROVEN;
}

#endif
