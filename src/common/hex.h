/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes as hexadecimal digits, "1f00", the first byte first. */
#ifndef OUTPOST_HEX_H
#define OUTPOST_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The size of n bytes as text, with the NUL. */
#define HEX_SIZE(n) (2 * (n) + 1)

/* `text` has HEX_SIZE(n) bytes. */
static inline void hex_encode(char *text, const void *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = bytes;

	for (size_t i = 0; i < n; i++) {
		*text++ = digits[b[i] >> 4];
		*text++ = digits[b[i] & 15];
	}
	*text = '\0';
}

static inline int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Reads n bytes from `text`, ignoring the rest. False if it is too short or has other
 * characters.
 */
static inline bool hex_decode(void *bytes, size_t n, const char *text)
{
	uint8_t *b = bytes;

	for (size_t i = 0; i < n; i++, text += 2) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			return false;
		b[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

#endif
