// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that pstore kept. In the input, each is a length in two bytes
 * (little-endian; more than the rest: all of it), a name with a NUL at its end,
 * and that many bytes.
 */
#include "fuzz.h"
#include "host/judge/pstore.h"

#include <string.h>

#define FILES_MAX 64

static size_t take_files(const uint8_t *data, size_t size, struct pstore_file *files)
{
	size_t n = 0;

	while (n < FILES_MAX && size > 3) {
		size_t length = data[0] | (size_t)data[1] << 8;
		const uint8_t *end = memchr(data + 2, '\0', size - 2);

		if (!end)
			break;
		files[n].name = (const char *)data + 2;
		size -= (size_t)(end + 1 - data);
		data = end + 1;
		length = length < size ? length : size;
		files[n].data = (const char *)data;
		files[n++].size = length;
		data += length;
		size -= length;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf out = STRBUF_INIT, again = STRBUF_INIT;
	struct pstore_file files[FILES_MAX], backwards[FILES_MAX];
	size_t n = take_files(data, size, files);
	unsigned int unreadable = pstore_text(files, n, &out);

	MUST(unreadable <= n);
	MUST(!out.len || out.buf[out.len - 1] == '\n');
	MUST(out.len <= (72u << 20));
	/* In reverse order, as many are unreadable. */
	for (size_t i = 0; i < n; i++)
		backwards[i] = files[n - 1 - i];
	MUST(pstore_text(backwards, n, &again) == unreadable);
	strbuf_release(&out);
	strbuf_release(&again);
	return 0;
}
