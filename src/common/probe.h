/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a gateway's prober and a board's supervisor say to each other through the tunnel. The prober
 * connects to the board's socket `probe`; the supervisor writes one line, the hello, and then
 * answers each ping with an echo. The first ping is for the supervisor the proof that the tunnel
 * works from end to end, and the first echo is the prober's.
 *
 * The prober trusts nothing in it: bytes and causes are what the board claims.
 */
#ifndef OUTPOST_PROBE_H
#define OUTPOST_PROBE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROBE_VERSION 1

#define PROBE_HELLO_MAX 512 /* bytes, with the newline and without a NUL */
#define PROBE_TEXT_MAX  240 /* bytes, with the NUL */

/* Why a connection of the carrier ended, or could not be made. */
enum probe_cause {
	PROBE_CAUSE_NONE,    /* not known, or there was none */
	PROBE_CAUSE_START,   /* the supervisor has just started: no outage that it saw */
	PROBE_CAUSE_CLOSED,  /* the gateway closed it, or something between answered with a reset */
	PROBE_CAUSE_SILENT,  /* the gateway no longer answered */
	PROBE_CAUSE_PATH,    /* the board's address, or its route to the gateway, changed */
	PROBE_CAUSE_RESOLVE, /* the gateway's name could not be resolved */
	PROBE_CAUSE_UNREACHABLE, /* the board has no route to the gateway */
	PROBE_CAUSE_TIMEOUT,     /* the gateway did not answer in time while connecting */
	PROBE_CAUSE_REFUSED,     /* nothing listens on the gateway's port */
	PROBE_CAUSE_DENIED,      /* the gateway does not accept the board's key */
	PROBE_CAUSE_HOSTKEY,     /* the gateway's host key is not the pinned one */
	PROBE_CAUSE_FORWARD,     /* the gateway refused to make the sockets */
	PROBE_CAUSE_CARRIER,     /* the carrier could not be started, or was killed */
	PROBE_CAUSE_OTHER,       /* see the text; also a word of a newer board */
	PROBE_CAUSE_COUNT,
};

/* Lower-case letters, "" for NONE. probe_cause_find() knows each; others are OTHER. */
const char *probe_cause_word(enum probe_cause cause) __attribute__((const));
enum probe_cause probe_cause_find(const char *word) __attribute__((pure));

/*
 *	outpost-probe 1 boot=<boot_id> up_ms=<n> connects=<n> ping_ms=<n> outage_ms=<n> cause=<word>
 *	    failures=<n> last=<word> text=<the rest of the line>
 *
 * on one line. Words may be missing ("not known": 0 or ""); unknown ones before text= are ignored.
 */
struct probe_hello {
	char boot_id[37];   /* /proc/sys/kernel/random/boot_id */
	uint64_t up_ms;     /* the board's CLOCK_BOOTTIME */
	uint64_t connects;  /* connections since the supervisor started that a ping came through,
				  this one included */
	uint32_t ping_ms;   /* the prober should not ping more often (a metered link) */
	uint64_t outage_ms; /* from the end of the last connection to the first ping of this one;
				  after the start of the supervisor: from then on */
	enum probe_cause cause;    /* why that last connection ended */
	uint32_t failures;         /* attempts to connect that failed meanwhile */
	enum probe_cause last;     /* why the last of them failed */
	char text[PROBE_TEXT_MAX]; /* the carrier's message, cleaned by strbuf_add_clean() */
};

/* Writes the line with its newline, and no NUL, to `line`; returns its length. Cuts text. */
size_t probe_hello_format(const struct probe_hello *hello, char line[PROBE_HELLO_MAX]);

/*
 * Reads a line of `n` bytes, with or without its newline. 0; -EPROTONOSUPPORT for another version;
 * -EBADMSG for anything else. After an error nothing in *hello is known. Cleans the text again, and
 * cuts it.
 */
int probe_hello_parse(const char *line, size_t n, struct probe_hello *hello);

/* Little-endian, whatever the machine: convert with htole64(3) and le64toh(3). */
struct probe_ping {
	uint64_t sequence; /* these two mean nothing to the board */
	uint64_t clock;
};

struct probe_echo {
	struct probe_ping ping;
	uint64_t received,
		sent; /* bytes of the carrier's connection since it was made, as TCP counts
				    them; they start again at 0 with each connection. 0, 0: not known */
};

#define PROBE_PING_SIZE 16
#define PROBE_ECHO_SIZE 32

_Static_assert(sizeof(struct probe_ping) == PROBE_PING_SIZE, "no padding");
_Static_assert(sizeof(struct probe_echo) == PROBE_ECHO_SIZE, "no padding");

#endif
