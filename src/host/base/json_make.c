// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/json_make.h"

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "common/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

json_t *text_json(const char *text)
{
	_cleanup_(strbuf_release) struct strbuf valid = STRBUF_INIT;
	size_t n = text ? strlen(text) : 0;

	for (size_t i = 0; i < n;) {
		const unsigned char *s = (const unsigned char *)text + i;
		size_t len = *s < 0x80 ? 1 : utf8_length(s, n - i);

		strbuf_add(&valid, len ? (const char *)s : "\xef\xbf\xbd", len ? len : 3);
		i += len ? len : 1;
	}
	return text ? json_stringn(valid.buf, valid.len) : json_null();
}

static json_t *take_value(char type, va_list *ap)
{
	const char *text;

	switch (type) {
	case 's': text = va_arg(*ap, const char *); return text ? text_json(text) : NULL;
	case 'o': return va_arg(*ap, json_t *);
	case 'O': return json_incref(va_arg(*ap, json_t *));
	case 'b': return json_boolean(va_arg(*ap, int));
	case 'i': return json_integer(va_arg(*ap, int));
	case 'I': return json_integer(va_arg(*ap, json_int_t));
	}
	abort();
}

json_t *object_json(const char *fmt, ...)
{
	json_t *object = json_object();
	va_list ap;

	va_start(ap, fmt);
	for (const char *p = strchr(fmt, ':'); p; p = strchr(p + 1, ':')) {
		const char *key = va_arg(ap, const char *);
		json_t *value = take_value(p[1], &ap);

		if (value || p[2] != '*')
			json_object_set_new(object, key, value ? value : json_null());
	}
	va_end(ap);
	return object;
}
