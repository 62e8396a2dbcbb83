// SPDX-License-Identifier: GPL-2.0-only
/* Whatever the input is, nothing appears outside of the folder. */
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/strv.h"
#include "fuzz.h"
#include "host/base/untar.h"

#include <stdlib.h>
#include <string.h>

static char top[] = "/tmp/outpost-fuzz-XXXXXX";

struct input {
	const uint8_t *data;
	size_t left;
};

/* Returns pieces, each in a buffer of exactly its size, so that ASan sees an overrun. */
static ssize_t read_input(void *arg, const void **data)
{
	static uint8_t *piece;
	struct input *in = arg;
	size_t n = in->left > 1 ? (in->left + 1) / 2 : in->left;

	free(piece);
	piece = malloc(n + !n);
	MUST(piece);
	memcpy(piece, in->data, n);
	in->data += n;
	in->left -= n;
	*data = piece;
	return (ssize_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_strv_ char **names = NULL;
	_cleanup_(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct input in = { data, size };
	char dir[64];
	int r;

	strcpy(top, "/tmp/outpost-fuzz-XXXXXX");
	MUST(mkdtemp(top));
	snprintf(dir, sizeof(dir), "%s/into", top);
	MUST(fs_mkdir_p(dir, 0755) == 0);
	r = untar(dir, read_input, &in, &why);
	MUST(r == 0 || why.len);
	MUST(fs_list(top, &names) == 0 && strv_length(names) == 1);
	fs_remove_tree(top);
	return 0;
}
