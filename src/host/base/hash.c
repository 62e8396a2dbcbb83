// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/hash.h"

#include <blake2.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

void hash_name(char name[HASH_NAME_SIZE], const char *text)
{
	uint8_t hash[8];

	blake2s(hash, text, NULL, sizeof(hash), strlen(text), 0);
	hex_encode(name, hash, sizeof(hash));
}

void hash_add(struct strbuf *out, const struct strbuf *content)
{
	char text[HEX_SIZE(BLAKE2B_OUTBYTES / 2)];
	uint8_t hash[BLAKE2B_OUTBYTES / 2];

	blake2b(hash, content->buf, NULL, sizeof(hash), content->len, 0);
	hex_encode(text, hash, sizeof(hash));
	strbuf_adds(out, text);
}

int hash_file(char *text, size_t size, int fd)
{
	uint8_t buffer[64 * 1024], hash[BLAKE2B_OUTBYTES];
	blake2b_state state;
	ssize_t n;

	if (blake2b_init(&state, size) < 0)
		return -EINVAL;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		blake2b_update(&state, buffer, (size_t)n);
	if (n < 0)
		return -errno;
	blake2b_final(&state, hash, size);
	hex_encode(text, hash, size);
	return 0;
}
