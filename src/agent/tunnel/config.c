// SPDX-License-Identifier: GPL-2.0-only
#include "agent/tunnel/config.h"

#include "agent/tunnel/carrier.h"
#include "common/alloc.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/options.h"
#include "common/similar.h"
#include "common/text.h"
#include "common/tunnel.h"

#include <errno.h>
#include <stdlib.h>

#define CONFIG_MAX (16 * 1024)
#define HOSTS_MAX  (64 * 1024)

#define ALIVE_MS    2000
#define SSH_PORT    22
#define SSH_SERVICE "localhost:22"

static const struct option_row rows[] = {
	OPTION_STRING(struct tunnel_config, name, 0, "name", "NAME", "name", ""),
	OPTION_STRING(struct tunnel_config, gateway, 0, "gateway", "HOST", "gateway", ""),
	OPTION_INT(struct tunnel_config, port, 0, "port", "PORT", 1, "port", ""),
	OPTION_STRING(struct tunnel_config, account, 0, "account", "USER", "account", ""),
	OPTION_DURATION(struct tunnel_config, alive_ms, 0, "alive", "TIME", "alive", ""),
	OPTION_STRING(struct tunnel_config, carrier, 0, "carrier", "NAME", "carrier", ""),
	OPTION_STRING(struct tunnel_config, service, 0, "service", "HOST:PORT", "service", ""),
	OPTION_END,
};

char *tunnel_path(const struct tunnel_config *config, const char *dir, const char *name)
{
	return xasprintf("%s%s/%s", config->root, dir, name);
}

void tunnel_config_init(struct tunnel_config *config, const char *root)
{
	*config = (struct tunnel_config){
		.root = xstrdup(root),
		.port = SSH_PORT,
		.alive_ms = ALIVE_MS,
		.carrier = xstrdup("ssh"),
		.service = xstrdup(SSH_SERVICE),
	};
}

void tunnel_config_release(struct tunnel_config *config)
{
	options_release(rows, config);
	free(config->root);
	*config = (struct tunnel_config){ .root = NULL };
}

/* --- reading --- */

static int unknown_key(const char *path, int line, const char *key)
{
	struct similar similar = { .word = key };

	for (const struct option_row *row = rows; row->name; row++)
		similar_try(&similar, row->key);
	if (similar.found)
		log_error("%s:%d: unknown key '%s' (did you mean '%s'?)", path, line, key,
			  similar.found);
	else
		log_error("%s:%d: unknown key '%s'", path, line, key);
	return -EINVAL;
}

/* Both ends of the NUL-terminated text, in place. */
static char *trim(char *s)
{
	struct text t = { s, strlen(s) };

	text_skip_blanks(&t);
	text_trim_end(&t);
	s += t.p - s;
	s[t.n] = '\0';
	return s;
}

static int parse_line(struct tunnel_config *config, const char *path, int line, char *text)
{
	char *equals, *key, *value;
	const struct option_row *row;
	const char *why = "";

	text = trim(text);
	if (!*text || *text == '#')
		return 0;
	equals = strchr(text, '=');
	if (!equals) {
		log_error("%s:%d: expected key = value", path, line);
		return -EINVAL;
	}
	*equals = '\0';
	key = trim(text);
	value = trim(equals + 1);
	row = options_find_key(rows, key);
	if (!row)
		return unknown_key(path, line, key);
	if (*value && options_set(row, config, value, &why) == 0)
		return 0;
	log_error("%s:%d: invalid value '%s' for %s: %s", path, line, value, key,
		  *value ? why : "it is empty");
	return -EINVAL;
}

/* HOST:PORT, for ssh's -R; an IPv6 address is in brackets. */
static bool is_service(const char *service)
{
	const char *colon = strrchr(service, ':');
	_cleanup_free_ char *host = NULL;
	size_t n;
	int port;

	if (!colon || parse_int(colon + 1, 1, 65535, &port) < 0)
		return false;
	n = (size_t)(colon - service);
	if (n > 2 && service[0] == '[' && colon[-1] == ']')
		host = xstrndup(service + 1, n - 2);
	else
		host = xstrndup(service, n);
	return tunnel_is_host(host) && (!strchr(host, ':') || service[0] == '[');
}

static int wrong(const char *path, const char *key, const char *value, const char *why)
{
	log_error("%s: invalid %s '%s': %s", path, key, value, why);
	return -EINVAL;
}

static int check(struct tunnel_config *c, const char *path)
{
	if (!c->name || !c->gateway) {
		log_error("%s: %s is missing", path, c->name ? "gateway" : "name");
		return -EINVAL;
	}
	if (!tunnel_is_name(c->name))
		return wrong(path, "name", c->name,
			     "expected up to 24 lower-case letters, digits and dashes");
	if (!tunnel_is_host(c->gateway))
		return wrong(path, "gateway", c->gateway, "expected a host name or an address");
	if (!c->account)
		c->account = xasprintf(TUNNEL_ACCOUNT "%s", c->name);
	if (!tunnel_is_login(c->account))
		return wrong(path, "account", c->account, "not a user name");
	if (!is_service(c->service))
		return wrong(path, "service", c->service, "expected HOST:PORT");
	if (!carrier_find(c->carrier))
		return wrong(path, "carrier", c->carrier, "no such carrier");
	if (c->port > 65535) {
		log_error("%s: invalid port %d: ports are at most 65535", path, c->port);
		return -EINVAL;
	}
	if (c->alive_ms < 1000 || c->alive_ms % 1000) {
		log_error("%s: invalid alive: expected whole seconds", path);
		return -EINVAL;
	}
	return 0;
}

int tunnel_config_parse(struct tunnel_config *config, const char *path, char *text)
{
	char *end;

	for (int line = 1, r; text; text = end, line++) {
		end = strchr(text, '\n');
		if (end)
			*end++ = '\0';
		r = parse_line(config, path, line, text);
		if (r < 0)
			return r;
	}
	return check(config, path);
}

int tunnel_config_load(struct tunnel_config *config)
{
	_cleanup_free_ char *path = tunnel_path(config, TUNNEL_DIR, TUNNEL_CONFIG_FILE);
	_cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = fs_read(path, &text, CONFIG_MAX);

	if (r < 0) {
		log_error_errno(r, "Cannot read %s", path);
		if (r == -ENOENT)
			log_hint(
				"This board has not joined a gateway: on the gateway, run outpost tunnel "
				"invite NAME");
		return r;
	}
	if (strlen(text.buf) != text.len) {
		log_error("%s is not text", path);
		return -EINVAL;
	}
	return tunnel_config_parse(config, path, text.buf);
}

void tunnel_config_write(struct strbuf *out, const struct tunnel_config *config)
{
	strbuf_addf(out, "name = %s\ngateway = %s\nport = %d\n", config->name, config->gateway,
		    config->port);
	if (config->account)
		strbuf_addf(out, "account = %s\n", config->account);
	if (config->alive_ms != ALIVE_MS)
		strbuf_addf(out, "alive = %dms\n", config->alive_ms);
	if (strcmp(config->carrier, "ssh") != 0)
		strbuf_addf(out, "carrier = %s\n", config->carrier);
	if (strcmp(config->service, SSH_SERVICE) != 0)
		strbuf_addf(out, "service = %s\n", config->service);
}

/* --- host keys --- */

/* The first line, a comment, tells one joining from another. ssh keeps it when it adds keys. */
static bool same_first_line(const struct strbuf *a, const struct strbuf *b)
{
	size_t n = strcspn(a->buf, "\n");

	return n && n == strcspn(b->buf, "\n") && memcmp(a->buf, b->buf, n) == 0;
}

int tunnel_config_pin(const struct tunnel_config *config)
{
	_cleanup_free_ char *from = tunnel_path(config, TUNNEL_DIR, TUNNEL_HOSTS_FILE);
	_cleanup_free_ char *to = tunnel_path(config, TUNNEL_VAR, TUNNEL_HOSTS_FILE);
	_cleanup_(strbuf_release) struct strbuf pinned = STRBUF_INIT, copy = STRBUF_INIT;
	int r = fs_read(from, &pinned, HOSTS_MAX);

	if (r < 0)
		return log_error_errno(r, "Cannot read the gateway's host keys, %s", from);
	if (fs_read(to, &copy, HOSTS_MAX) == 0 && same_first_line(&pinned, &copy))
		return 0;
	r = fs_write_atomic(to, pinned.buf, pinned.len, 0600);
	return r < 0 ? log_error_errno(r, "Cannot write %s", to) : 0;
}
