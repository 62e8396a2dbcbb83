// SPDX-License-Identifier: GPL-2.0-only
#include "host/base/shell_word.h"

#include "common/alloc.h"
#include "common/strbuf.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Also words that a shell would expand at their start: "~", "=". */
static bool is_plain(const char *text)
{
	if (!*text)
		return false;
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("/._-+:,@%", *p))
			return false;
	return true;
}

char *shell_word(const char *text)
{
	struct strbuf word = STRBUF_INIT;

	if (is_plain(text))
		return xstrdup(text);
	strbuf_addch(&word, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			strbuf_adds(&word, "'\\'");
		strbuf_addch(&word, *text);
	}
	strbuf_addch(&word, '\'');
	return strbuf_detach(&word);
}
