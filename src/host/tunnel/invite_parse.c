// SPDX-License-Identifier: GPL-2.0-only
#include "host/tunnel/invite.h"

#include "common/cleanup.h"
#include "common/options.h"
#include "common/text.h"

#include <errno.h>

#define DAYS_MAX 30

int invite_parse_expiry(const char *text, int *seconds)
{
	static const struct {
		const char *suffix;
		int s;
	} units[] = { { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	struct text rest = { text, strlen(text) };
	uint64_t n;

	if (!text_take_u64(&rest, &n) || !n)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(rest.p, units[i].suffix) != 0)
			continue;
		if (n > (uint64_t)(DAYS_MAX * 86400 / units[i].s))
			return -EINVAL;
		*seconds = (int)n * units[i].s;
		return 0;
	}
	return -EINVAL;
}

int invite_parse_address(const char *text, char *host, size_t size, int *port)
{
	const char *colon = strrchr(text, ':'), *end = text + strlen(text);
	bool has_port = colon && strchr(text, ':') == colon;

	if (*text == '[') {
		text++;
		end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return -EINVAL;
		has_port = end[1];
		colon = end + 1;
	} else if (has_port) {
		end = colon;
	}
	if (has_port && parse_int(colon + 1, 1, 65535, port) < 0)
		return -EINVAL;
	if (!text_copy(host, size, (struct text){ text, (size_t)(end - text) }))
		return -EINVAL;
	return tunnel_is_host(host) ? 0 : -EINVAL;
}
