// SPDX-License-Identifier: GPL-2.0-only
/* Accepts nothing but what is needed: board/board.nft, loaded by outpost-firewall.service. */
#include "agent/provision/step.h"

#include "common/cleanup.h"
#include "common/embed.h"
#include "common/process.h"
#include "common/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The Makefile makes this object depend on the files. */
EMBED(board_nft, "board/board.nft");
EMBED(board_firewall_service, "board/outpost-firewall.service");

#define RULES   "/etc/outpost/board.nft"
#define UNIT    "outpost-firewall.service"
#define SERVICE "/etc/systemd/system/" UNIT
#define TABLE   "inet", "outpost_board"

#define PORTS_MAX 48

struct ports {
	uint32_t ports[PORTS_MAX];
	size_t n;
};

static bool has_port(const struct ports *all, uint32_t port)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->ports[i] == port)
			return true;
	return false;
}

static void add_port(struct ports *all, uint64_t port)
{
	if (port && port < 65536 && all->n < PORTS_MAX && !has_port(all, (uint32_t)port))
		all->ports[all->n++] = (uint32_t)port;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static const char *skip(struct provision *p)
{
	if (!provision_has_systemd(p))
		return provision_skip(p, "no systemd, which would undo rules that lock you out");
	if (!provision_has_program(p, "nft"))
		return provision_skip(p, "nftables is not installed: see step packages");
	if (!provision_has_program(p, "sshd"))
		return provision_skip(p, "no OpenSSH server, so its port is not known");
	return NULL;
}

/* Those of sshd ("port 22" in sshd -T), and those that the host asks for. 0 or -errno. */
static int allowed_ports(struct provision *p, struct ports *all)
{
	_cleanup_(strbuf_release) struct strbuf said = STRBUF_INIT;
	struct text rest, line;
	uint64_t port;
	int r = provision_run(p, ARGV("sshd", "-T"), &said);

	rest = (struct text){ said.buf, said.len };
	while (r == 0 && text_line(&rest, &line))
		if (text_take(&line, "port ") && text_take_u64(&line, &port))
			add_port(all, port);
	if (!all->n)
		return provision_fail(p, -EIO, "sshd -T names no port: %.200s", said.buf);
	for (pb_size_t i = 0; i < p->request->ports_count; i++)
		add_port(all, p->request->ports[i]);
	qsort(all->ports, all->n, sizeof(all->ports[0]), compare);
	return 0;
}

/* The rules, with the ports in place of @PORTS@. */
static void make_rules(const struct ports *all, struct strbuf *rules)
{
	const char *at = strstr(board_nft, "@PORTS@");

	strbuf_add(rules, board_nft, (size_t)(at - board_nft));
	for (size_t i = 0; i < all->n; i++)
		strbuf_addf(rules, "%s%" PRIu32, i ? ", " : "", all->ports[i]);
	strbuf_adds(rules, at + strlen("@PORTS@"));
}

/* Takes the next word of a line; "" at its end. */
static struct text next_word(struct text *line)
{
	struct text word;

	text_skip_blanks(line);
	word = *line;
	while (line->n && *line->p != ' ')
		text_skip(line, 1);
	word.n -= line->n;
	return word;
}

/* 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104, each word in the order of this machine's bytes. */
static bool is_loopback(struct text address)
{
	static const char one[] = "00000000000000000000000001000000";
	bool ipv4 = address.n >= 2 && memcmp(address.p + address.n - 2, "7F", 2) == 0;

	return (ipv4 && (address.n == 8 || text_starts(address, "0000000000000000FFFF0000"))) ||
	       (address.n == strlen(one) && text_starts(address, one));
}

/*
 * A line of /proc/net/tcp or tcp6, "0: 00000000:0016 00000000:0000 0A ...": the local port if it
 * listens (state 0A) for others than this machine, else 0. See Linux
 * Documentation/networking/proc_net_tcp.rst.
 */
static uint32_t listening_port(const char *text)
{
	struct text line = { text, strlen(text) }, local, port;

	(void)next_word(&line);
	local = next_word(&line);
	(void)next_word(&line);
	if (!text_after(local, ":", &port) || !text_starts(next_word(&line), "0A"))
		return 0;
	local.n -= port.n + 1;
	return is_loopback(local) ? 0 : (uint32_t)strtoul(port.p, NULL, 16);
}

/* Says which services nobody will reach any more. */
static void note_closed(struct provision *p, const struct ports *all)
{
	static const char *const files[] = { "/proc/net/tcp", "/proc/net/tcp6" };
	struct ports closed = { .n = 0 };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_fclose_ FILE *f = NULL;
		char path[DIRS_MAX], line[512];

		provision_path(p, path, files[i]);
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f))
			if (!has_port(all, listening_port(line)))
				add_port(&closed, listening_port(line));
	}
	qsort(closed.ports, closed.n, sizeof(closed.ports[0]), compare);
	for (size_t i = 0; i < closed.n; i++)
		provision_note(p,
			       "close TCP port %" PRIu32 ", where a program listens (--allow-port "
			       "%" PRIu32 " keeps it open)",
			       closed.ports[i], closed.ports[i]);
}

static int change(struct provision *p)
{
	_cleanup_(strbuf_release) struct strbuf rules = STRBUF_INIT;
	struct ports all = { .n = 0 };
	int r = p->undo ? 0 : allowed_ports(p, &all);

	if (r < 0)
		return r;
	make_rules(&all, &rules);
	/* While the unit file is there: systemctl needs it. */
	if (p->undo && !p->look && provision_exists(p, SERVICE))
		(void)provision_run(p, ARGV("systemctl", "--quiet", "disable", UNIT), NULL);
	r = provision_file(p, RULES, rules.buf, 0644);
	if (r == 0 && p->changed && !p->undo)
		note_closed(p, &all);
	return r < 0 ? r : provision_file(p, SERVICE, board_firewall_service, 0644);
}

static int apply(struct provision *p)
{
	int r;

	if (p->undo) { /* not by stopping the service, which may wait for this one to end */
		(void)provision_run(p, ARGV("nft", "delete", "table", TABLE), NULL);
		(void)provision_run(p, ARGV("systemctl", "--no-block", "stop", UNIT), NULL);
		return 0;
	}
	r = provision_must(p, ARGV("nft", "-c", "-f", RULES));
	if (r == 0)
		r = provision_must(p, ARGV("systemctl", "daemon-reload"));
	if (r == 0)
		r = provision_must(p, ARGV("systemctl", "--quiet", "enable", UNIT));
	return r < 0 ? r : provision_must(p, ARGV("systemctl", "reload-or-restart", UNIT));
}

static int prove(struct provision *p)
{
	int r = provision_must(p, ARGV("nft", "list", "table", TABLE));

	return r < 0 ? r : provision_must(p, ARGV("systemctl", "--quiet", "is-enabled", UNIT));
}

const struct board_step step_firewall = {
	.name = "firewall",
	.skip = skip,
	.change = change,
	.apply = apply,
	.prove = prove,
	.confirm = true,
};
