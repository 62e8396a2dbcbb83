// SPDX-License-Identifier: GPL-2.0-only
/* Runs a fuzz target on the files of its corpus: replay FOLDER */
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strbuf.h"
#include "common/strv.h"
#include "fuzz.h"

#include "common/alloc.h"

#include <string.h>

int main(int argc, char **argv)
{
	_cleanup_strv_ char **names = NULL;

	if (argc != 2 || fs_list(argv[1], &names) < 0) {
		fprintf(stderr, "usage: replay FOLDER\n");
		return 2;
	}
	strv_foreach (name, names) {
		_cleanup_(strbuf_release) struct strbuf sb = STRBUF_INIT;
		_cleanup_free_ char *path = xasprintf("%s/%s", argv[1], *name);
		_cleanup_free_ uint8_t *exact = NULL;

		if (fs_read(path, &sb, 0) < 0) {
			fprintf(stderr, "replay: cannot read %s\n", path);
			return 1;
		}
		/* Without the NUL at the end of a strbuf, so that ASan sees an overrun. */
		exact = xmalloc(sb.len ? sb.len : 1);
		memcpy(exact, sb.buf, sb.len);
		LLVMFuzzerTestOneInput(exact, sb.len);
	}
	printf("%zu inputs\n", strv_length(names));
	return names ? 0 : 1;
}
