/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes JSON of texts that may be anything, such as file names. json_pack() and json_string() return
 * NULL for a text that is not UTF-8, and the functions that add to an object or array ignore a NULL:
 * what was to be printed would be missing.
 */
#ifndef OUTPOST_JSON_MAKE_H
#define OUTPOST_JSON_MAKE_H

#include <jansson.h>

#pragma GCC poison json_pack

/* NULL becomes null; each byte that is not UTF-8 becomes U+FFFD. The caller owns the reference. */
json_t *text_json(const char *text);

/*
 * A flat object, as json_pack("{s:s, s:o*}", ...): a key, ':' and s, o, O, b, i or I for each value.
 * s is as text_json(). A '*' after it leaves out a value that is NULL. Never NULL; the caller owns the
 * reference.
 */
json_t *object_json(const char *fmt, ...);

#endif
