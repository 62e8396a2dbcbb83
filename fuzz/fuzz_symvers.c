// SPDX-License-Identifier: GPL-2.0-only
/* Module.symvers: symbols are sorted, lie within the text, and are found by name. */
#include "fuzz.h"
#include "host/module/symvers.h"

#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct symvers *s = NULL;
	size_t line = 0;
	int r = symvers_parse((const char *)data, size, &s, &line);

	MUST(r == 0 || (r == -EBADMSG && !s));
	for (size_t i = 0; s && i < s->n; i++) {
		const struct symvers_symbol *symbol = &s->symbols[i];

		MUST(*symbol->name && *symbol->module && symbol->name_space);
		MUST(symbol->name >= s->text && symbol->name < s->text + size);
		MUST(i == 0 || strcmp(symbol[-1].name, symbol->name) <= 0);
		MUST(strcmp(symvers_find(s, symbol->name)->name, symbol->name) == 0);
	}
	MUST(!s || !symvers_find(s, ""));
	symvers_free(s);
	return 0;
}
