// SPDX-License-Identifier: GPL-2.0-only
/* Gives a unit the Module.symvers of those that it depends on: it does not see their folders. */
#include "host/build/unit.h"

#include "common/alloc.h"
#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"
#include "host/base/paths.h"

#include <string.h>

#define SYMVERS "Module.symvers"

static bool is_current(const char *path, const struct stat *wanted)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size == wanted->st_size &&
	       st.st_mtim.tv_sec == wanted->st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == wanted->st_mtim.tv_nsec;
}

int unit_add_symvers(struct unit *unit, const struct unit *other)
{
	_cleanup_free_ char *name =
		xasprintf("symvers/%016llx", (unsigned long long)text_hash(other->dir));
	_cleanup_free_ char *dir = unit_given(unit, name), *path = path_join(dir, SYMVERS, NULL);
	_cleanup_close_ int copy = unit_open_copy(other);
	struct stat st;
	int r = 0;

	if (copy < 0 || beneath_stat(copy, SYMVERS, &st) < 0)
		return 0; /* it exports nothing */
	if (!is_current(path, &st)) {
		r = fs_mkdir_p(dir, 0700);
		if (r == 0)
			r = beneath_copy_out(copy, SYMVERS, path);
	}
	if (r < 0)
		return log_error_errno(r, "Cannot copy the %s of %s", SYMVERS, other->shown);
	strv_add(&unit->symvers, path);
	return 0;
}
