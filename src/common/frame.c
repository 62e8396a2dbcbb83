// SPDX-License-Identifier: GPL-2.0-only
#include "common/frame.h"

#include <blake2.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define MAGIC      0xf5
#define CHECK_SIZE 4

static void put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t get_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void checksum(uint8_t check[CHECK_SIZE], const void *payload, size_t n)
{
	uint8_t digest[16];

	blake2s(digest, payload, NULL, sizeof(digest), n, 0);
	memcpy(check, digest, CHECK_SIZE);
}

void frame_header(uint8_t header[FRAME_HEADER], enum frame_type type, const void *payload, size_t n)
{
	header[0] = MAGIC;
	header[1] = (uint8_t)type;
	header[2] = header[3] = 0;
	put_le32(header + 4, (uint32_t)n);
	checksum(header + 8, payload, n);
}

static bool known_type(uint8_t type)
{
	return type == FRAME_REQUEST || type == FRAME_BLOB || type == FRAME_REPLY ||
	       type == FRAME_ENTRY;
}

int frame_parse(const uint8_t *data, size_t n, struct frame *frame)
{
	uint8_t check[CHECK_SIZE];
	uint32_t length;

	/* Report errors in the first bytes without waiting for the rest. */
	if ((n > 0 && data[0] != MAGIC) || (n > 1 && !known_type(data[1])) || (n > 2 && data[2]) ||
	    (n > 3 && data[3]))
		return -EBADMSG;
	if (n < FRAME_HEADER)
		return 0;
	length = get_le32(data + 4);
	if (length > FRAME_MAX)
		return -EBADMSG;
	if (n - FRAME_HEADER < length)
		return 0;
	checksum(check, data + FRAME_HEADER, length);
	if (memcmp(check, data + 8, CHECK_SIZE) != 0)
		return -EBADMSG;
	*frame = (struct frame){
		.type = data[1],
		.payload = data + FRAME_HEADER,
		.length = length,
		.total = FRAME_HEADER + length,
	};
	return 1;
}
