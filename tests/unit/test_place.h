/* SPDX-License-Identifier: GPL-2.0-only */
/* A board's places in a folder of the test's own, which stands for its / as well. */
#ifndef TESTS_PLACE_H
#define TESTS_PLACE_H

#include "agent/dirs.h"
#include "common/fs.h"

#include <stdlib.h>
#include <unistd.h>

/* For set-up functions: 0, or -1. */
static inline int test_place_make(struct place *place)
{
	char root[] = "/tmp/outpost-test-XXXXXX";

	if (!mkdtemp(root))
		return -1;
	*place = (struct place){ .uid = getuid(), .gid = getgid() };
	proto_set(place->home, root);
	proto_set(place->runtime, root);
	proto_set(place->root, root);
	return 0;
}

static inline int test_place_remove(const struct place *place)
{
	return fs_remove_tree(place->home);
}

#endif
