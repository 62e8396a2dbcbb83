/* SPDX-License-Identifier: GPL-2.0-only */
/* A board's folders, in a temporary folder that also stands for the board's root. */
#ifndef TESTS_AGENT_DIRS_H
#define TESTS_AGENT_DIRS_H

#include "agent/base/dirs.h"
#include "common/fs.h"

#include <stdlib.h>
#include <unistd.h>

/* 0 or -1, for use in setup functions. */
static inline int test_place_make(struct dirs *dirs)
{
	char root[] = "/tmp/outpost-test-XXXXXX";

	if (!mkdtemp(root))
		return -1;
	*dirs = (struct dirs){ .uid = getuid(), .gid = getgid() };
	proto_set(dirs->home, root);
	proto_set(dirs->runtime, root);
	proto_set(dirs->root, root);
	return 0;
}

static inline int test_place_remove(const struct dirs *dirs)
{
	return fs_remove_tree(dirs->home);
}

#endif
