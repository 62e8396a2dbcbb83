// SPDX-License-Identifier: GPL-2.0-only
#include "common/tunnel.h"

#include <string.h>

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* 1 to `most` characters, all from `set`, the first from `first`. */
static bool consists_of(const char *text, size_t most, const char *first, const char *set)
{
	size_t n = strlen(text);

	return n && n <= most && strchr(first, *text) && strspn(text, set) == n;
}

bool tunnel_is_name(const char *name)
{
	return consists_of(name, TUNNEL_NAME_MAX, LOWER, LOWER DIGITS "-") &&
	       name[strlen(name) - 1] != '-' && strcmp(name, "gateway") != 0 &&
	       strcmp(name, "localhost") != 0;
}

bool tunnel_is_login(const char *name)
{
	return consists_of(name, TUNNEL_LOGIN_MAX, LOWER "_", LOWER DIGITS "_-");
}

bool tunnel_is_host(const char *host)
{
	/* An IPv6 address has colons. */
	return consists_of(host, TUNNEL_HOST_MAX, LOWER UPPER DIGITS ":", LOWER UPPER DIGITS ".-:");
}
