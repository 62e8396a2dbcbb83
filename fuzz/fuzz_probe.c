// SPDX-License-Identifier: GPL-2.0-only
/* What a board says to the prober, and the files that the prober writes: the first byte chooses. */
#include "common/probe.h"
#include "common/tunnel_status.h"
#include "fuzz.h"

#include <string.h>

static bool is_clean(const char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		return false;
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 && *text != '\t')
			return false;
	return true;
}

/* What was read is written as a hello that is read as the same. */
static void try_hello(const char *text, size_t n)
{
	struct probe_hello hello, again;
	char line[PROBE_HELLO_MAX];
	int r = probe_hello_parse(text, n, &hello);

	MUST(is_clean(hello.text, sizeof(hello.text)));
	MUST(is_clean(hello.boot_id, sizeof(hello.boot_id)));
	if (r < 0)
		return;
	MUST(n <= PROBE_HELLO_MAX);
	n = probe_hello_format(&hello, line);
	MUST(n <= sizeof(line));
	MUST(probe_hello_parse(line, n, &again) == 0);
	MUST(strcmp(again.boot_id, hello.boot_id) == 0 && strcmp(again.text, hello.text) == 0);
	MUST(again.connects == hello.connects && again.outage_ms == hello.outage_ms);
	MUST(again.cause == hello.cause && again.ping_ms == hello.ping_ms);
}

static void try_status(const char *text, size_t n)
{
	struct tunnel_status status, again;
	char out[TUNNEL_STATUS_SIZE];

	if (tunnel_status_parse((struct text){ text, n }, &status) < 0)
		return;
	n = tunnel_status_format(&status, out);
	MUST(n < sizeof(out));
	MUST(tunnel_status_parse((struct text){ out, n }, &again) == 0);
	MUST(again.up == status.up && again.since_ms == status.since_ms);
	MUST(again.received == status.received && again.lost == status.lost);
}

static void try_outage(const char *text, size_t n)
{
	struct tunnel_outage outage, again;
	char out[TUNNEL_STATUS_SIZE];

	if (tunnel_outage_parse((struct text){ text, n }, &outage) < 0)
		return;
	n = tunnel_outage_format(&outage, out);
	MUST(n < sizeof(out));
	if (strpbrk(outage.cause, " \n") || strchr(outage.text, '\n'))
		return; /* the prober writes neither */
	MUST(tunnel_outage_parse((struct text){ out, n }, &again) == 0);
	MUST(again.start_ms == outage.start_ms && again.end_ms == outage.end_ms);
	MUST(strcmp(again.cause, outage.cause) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const char *text, size_t n) = { try_hello, try_status,
								     try_outage };
	char *text;

	if (size < 1)
		return 0;
	text = malloc(size > 1 ? size - 1 : 1); /* exactly its size, so that ASan sees an overrun */
	MUST(text);
	memcpy(text, data + 1, size - 1);
	tries[*data % 3](text, size - 1);
	free(text);
	return 0;
}
