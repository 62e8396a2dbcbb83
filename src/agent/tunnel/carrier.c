// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/carrier.h"

#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/strv.h"
#include "common/tunnel.h"

#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

static void add(char ***argv, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(char ***argv, const char *fmt, ...)
{
	_cleanup_(strbuf_release) struct strbuf word = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&word, fmt, ap);
	va_end(ap);
	strv_add(argv, word.buf);
}

void ssh_add_options(char ***argv, const char *key, const char *known_hosts)
{
	static const char *const options[] = {
		"-F",
		"none",
		"-T",
		"-oBatchMode=yes",
		"-oStrictHostKeyChecking=yes",
		"-oGlobalKnownHostsFile=/dev/null",
		"-oCheckHostIP=no",
		"-oIdentitiesOnly=yes",
		"-oIdentityAgent=none",
		"-oPreferredAuthentications=publickey",
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		strv_add(argv, options[i]);
	strv_add(argv, "-oHostKeyAlias=" TUNNEL_GATEWAY_ALIAS);
	add(argv, "-oIdentityFile=%s", key);
	add(argv, "-oUserKnownHostsFile=%s", known_hosts);
}

/*
 * ConnectTimeout is for the banner, and longer than the supervisor waits for the gateway to answer at
 * all (link.h): a gateway that 200 boards call at once may take a while. While ssh sets the connection
 * up, it gives up after ServerAliveInterval times CountMax without a packet; so a patient attempt has
 * a higher count: 1, 3, 7, 15. How soon a dead connection is noticed does not depend on it.
 *
 * IPQoS: with its default, ssh marks a connection without a terminal as "lower effort", and Wi-Fi
 * makes it wait.
 */
static void add_ssh_arguments(const struct tunnel_config *c, const struct carrier_wish *wish,
			      char ***argv)
{
	_cleanup_free_ char *key = tunnel_path(c, TUNNEL_DIR, TUNNEL_KEY_FILE);
	_cleanup_free_ char *hosts = tunnel_path(c, TUNNEL_VAR, TUNNEL_HOSTS_FILE);

	ssh_add_options(argv, key, hosts);
	strv_add(argv, "-N");
	strv_add(argv, "-oUpdateHostKeys=yes");
	strv_add(argv, "-oExitOnForwardFailure=yes");
	add(argv, "-oConnectTimeout=%u", 10 * (wish->patience + 1));
	add(argv, "-oServerAliveInterval=%d", c->alive_ms / 1000);
	add(argv, "-oServerAliveCountMax=%u", (2u << wish->patience) - 1);
	strv_add(argv, "-oIPQoS=none");
	if (wish->family == AF_INET)
		strv_add(argv, "-4");
	add(argv, "-R/" TUNNEL_SOCKETS "/" TUNNEL_SSH_SOCKET ":%s", c->service);
	add(argv, "-R/" TUNNEL_SOCKETS "/" TUNNEL_PROBE_SOCKET ":%s" TUNNEL_RUN "/probe", c->root);
	add(argv, "-p%d", c->port);
	add(argv, "-l%s", c->account);
	strv_add(argv, "--");
	strv_add(argv, c->gateway);
}

static void ssh_command(const struct tunnel_config *c, const struct carrier_wish *wish,
			char ***argv)
{
	strv_add(argv, "ssh");
	add_ssh_arguments(c, wish, argv);
}

/* Without its monitoring port, which the gateway does not allow; ssh's own time limits are better. */
static void autossh_command(const struct tunnel_config *c, const struct carrier_wish *wish,
			    char ***argv)
{
	strv_add(argv, "autossh");
	strv_add(argv, "-M0");
	add_ssh_arguments(c, wish, argv);
}

enum probe_cause ssh_meaning(const char *line)
{
	static const struct {
		const char *part;
		enum probe_cause cause;
	} meanings[] = {
		{ "Permission denied", PROBE_CAUSE_DENIED },
		{ "Too many authentication failures", PROBE_CAUSE_DENIED },
		{ "Host key verification failed", PROBE_CAUSE_HOSTKEY },
		{ "REMOTE HOST IDENTIFICATION HAS CHANGED", PROBE_CAUSE_HOSTKEY },
		{ "no hostkey alg", PROBE_CAUSE_HOSTKEY },
		{ "Could not resolve", PROBE_CAUSE_RESOLVE },
		{ "forwarding failed", PROBE_CAUSE_FORWARD },
		{ "forward failure", PROBE_CAUSE_FORWARD },
		{ "not responding", PROBE_CAUSE_SILENT },
		{ "Connection refused", PROBE_CAUSE_REFUSED },
		{ "timed out", PROBE_CAUSE_TIMEOUT },
		{ "is unreachable", PROBE_CAUSE_UNREACHABLE },
		{ "No route to host", PROBE_CAUSE_UNREACHABLE },
		{ "Cannot assign requested address", PROBE_CAUSE_UNREACHABLE },
		{ "Connection reset", PROBE_CAUSE_CLOSED },
		{ "Connection closed", PROBE_CAUSE_CLOSED },
		{ "closed by remote host", PROBE_CAUSE_CLOSED },
		{ "Broken pipe", PROBE_CAUSE_CLOSED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (strstr(line, meanings[i].part))
			return meanings[i].cause;
	return PROBE_CAUSE_NONE;
}

static const struct carrier carriers[] = {
	{ "ssh", "openssh-client", false, ssh_command, ssh_meaning },
	{ "autossh", "autossh", true, autossh_command, ssh_meaning },
};

const struct carrier *carrier_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(carriers); i++)
		if (strcmp(carriers[i].name, name) == 0)
			return &carriers[i];
	return NULL;
}

/*
 * RES_OPTIONS (resolv.conf(5)): a question that got lost is repeated after 1 s instead of 5, so that
 * resolving the name does not take longer than the rest of an attempt.
 */
char **carrier_environment(void)
{
	const char *path = getenv("PATH");
	char **env = NULL;

	add(&env, "PATH=%s", path ? path : "/usr/local/bin:/usr/bin:/bin");
	strv_add(&env, "RES_OPTIONS=timeout:1 attempts:3");
	strv_add(&env, "LC_ALL=C");
	strv_add(&env, "AUTOSSH_GATETIME=0"); /* also if the first attempt fails */
	return env;
}
