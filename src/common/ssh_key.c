// SPDX-License-Identifier: GPL-2.0-only
#include "common/ssh_key.h"

#include "common/cleanup.h"

#include <stdint.h>

#define BLOB_MAX 1100 /* an RSA key of 8192 bits has 1046 */

/* What the fields after the type must be. */
enum shape { SHAPE_ED25519, SHAPE_ECDSA, SHAPE_RSA };

static const struct type {
	const char *name;
	enum shape shape;
	size_t length; /* of the point */
} types[] = {
	{ "ssh-ed25519", SHAPE_ED25519, 32 },
	{ "ecdsa-sha2-nistp256", SHAPE_ECDSA, 65 },
	{ "ecdsa-sha2-nistp384", SHAPE_ECDSA, 97 },
	{ "ecdsa-sha2-nistp521", SHAPE_ECDSA, 133 },
	{ "ssh-rsa", SHAPE_RSA, 0 },
};

static int digit_value(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Only the canonical form: padded, and the unused bits of the last digit are zero. */
static bool decode(struct text t, uint8_t *blob, size_t *length)
{
	size_t padding = 0, n = 0;
	uint32_t bits = 0;

	if (!t.n || t.n % 4 || t.n / 4 * 3 > BLOB_MAX)
		return false;
	while (padding < 2 && t.p[t.n - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < t.n - padding; i++) {
		int value = digit_value(t.p[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4)
			blob[n++] = (uint8_t)(bits >> (6 - i % 4 * 2));
	}
	*length = n;
	return (bits & ((1u << padding * 2) - 1)) == 0;
}

/* Takes a field, which is preceded by its length in four bytes. */
static bool take_field(struct text *blob, struct text *field)
{
	const uint8_t *b = (const uint8_t *)blob->p;
	size_t n;

	if (blob->n < 4)
		return false;
	n = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
	text_skip(blob, 4);
	if (n > blob->n)
		return false;
	*field = (struct text){ blob->p, n };
	text_skip(blob, n);
	return true;
}

static bool is_text(struct text t, const char *s)
{
	return t.n == strlen(s) && memcmp(t.p, s, t.n) == 0;
}

/* A positive number of `least` to `most` bits, without needless zeroes in front. */
static bool is_number(struct text field, size_t least, size_t most)
{
	const uint8_t *b = (const uint8_t *)field.p;
	size_t bits;

	if (!field.n || b[0] & 0x80)
		return false;
	if (b[0] == 0 && field.n > 1 && !(b[1] & 0x80))
		return false;
	bits = field.n * 8;
	for (uint8_t mask = 0x80; mask && !(b[0] & mask); mask >>= 1)
		bits--;
	return bits >= least && bits <= most;
}

static bool has_shape(struct text blob, const struct type *type)
{
	struct text first, second;

	if (!take_field(&blob, &first))
		return false;
	if (type->shape == SHAPE_ED25519)
		return first.n == type->length && blob.n == 0;
	if (!take_field(&blob, &second) || blob.n)
		return false;
	if (type->shape == SHAPE_RSA) /* the exponent comes first */
		return is_number(first, 2, 64) && is_number(second, 2048, 8192);
	return is_text(first, strrchr(type->name, '-') + 1) && second.n == type->length &&
	       *second.p == 4; /* an uncompressed point */
}

static const struct type *find_type(struct text name, enum ssh_key_use use)
{
	size_t n = use == SSH_KEY_LOGIN ? 1 : ARRAY_SIZE(types);

	for (size_t i = 0; i < n; i++)
		if (is_text(name, types[i].name))
			return &types[i];
	return NULL;
}

static struct text take_word(struct text *line)
{
	struct text word = { line->p, 0 };

	while (word.n < line->n && line->p[word.n] != ' ')
		word.n++;
	text_skip(line, word.n);
	return word;
}

bool ssh_key_parse(struct ssh_key *key, struct text line, enum ssh_key_use use)
{
	struct text whole = line, name = take_word(&line), digits, field, blob;
	const struct type *type = find_type(name, use);
	uint8_t bytes[BLOB_MAX];

	if (!type || !text_take(&line, " "))
		return false;
	digits = take_word(&line);
	if (!decode(digits, bytes, &blob.n))
		return false;
	blob.p = (const char *)bytes;
	if (!take_field(&blob, &field) || !is_text(field, type->name) || !has_shape(blob, type))
		return false;
	return text_copy(key->text, sizeof(key->text),
			 (struct text){ whole.p, name.n + 1 + digits.n });
}
