// SPDX-License-Identifier: GPL-2.0-only
/* Whatever it is, nothing appears outside of the folder. */
#include "common/fs.h"
#include "common/strv.h"
#include "fuzz.h"
#include "host/base/untar.h"

#include <stdlib.h>
#include <string.h>

static char top[] = "/tmp/outpost-fuzz-XXXXXX";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_strv_ char **names = NULL;
	struct untar *u = NULL;
	char dir[64];
	int r;

	strcpy(top, "/tmp/outpost-fuzz-XXXXXX");
	MUST(mkdtemp(top));
	snprintf(dir, sizeof(dir), "%s/into", top);
	MUST(fs_mkdir_p(dir, 0755) == 0 && untar_open(&u, dir) == 0);
	r = untar_feed(u, data, size / 2);
	if (r == 0)
		r = untar_feed(u, data + size / 2, size - size / 2);
	if (r == 0)
		r = untar_finish(u);
	MUST(r == 0 || *untar_why(u));
	untar_close(u);
	MUST(fs_list(top, &names) == 0 && strv_length(names) == 1);
	fs_remove_tree(top);
	return 0;
}
