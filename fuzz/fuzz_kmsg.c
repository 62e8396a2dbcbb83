// SPDX-License-Identifier: GPL-2.0-only
#include "common/kmsg.h"
#include "fuzz.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kmsg_record r;
	char text[64];
	int ret = kmsg_parse((const char *)data, size, &r, text, sizeof(text));

	MUST(ret == 0 || ret == -EBADMSG);
	if (ret == 0) {
		MUST(r.text == text && r.len < sizeof(text) && text[r.len] == '\0');
		MUST(r.level >= 0 && r.level <= 7 && r.facility >= 0);
	}
	return 0;
}
