/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dkms.conf, as dkms(8) documents it. It is bash with logic in it, so bash
 * evaluates it, confined (confine.h); what comes out is checked: names are
 * plain, paths stay within the folder.
 */
#ifndef OUTPOST_DKMS_H
#define OUTPOST_DKMS_H

#include "common/cleanup.h"
#include "host/kernel/kernel.h"

#include <stdbool.h>
#include <stddef.h>

struct dkms_module {
	char *name;     /* BUILT_MODULE_NAME, without ".ko" */
	char *location; /* BUILT_MODULE_LOCATION: a folder below the sources' own, "" for that
			   itself */
};

/* What holds for one kernel, the _MATCH variables applied. */
struct dkms_conf {
	char *name;      /* PACKAGE_NAME */
	char *version;   /* PACKAGE_VERSION */
	char *make;      /* the MAKE[] that counts, for bash; NULL: the generic one */
	char *pre_build; /* PRE_BUILD and POST_BUILD: a script in the folder and its arguments; or
			    NULL */
	char *post_build;
	char **patches; /* PATCH[]: names in the folder patches/ */
	char **depends; /* BUILD_DEPENDS[]: names of other packages */
	struct dkms_module *modules;
	size_t n_modules;
	char *excluded; /* why this kernel is none that it is for (BUILD_EXCLUSIVE_*, OBSOLETE_BY),
			   or NULL */
};

/*
 * Evaluates `folder`/dkms.conf for the tree's kernel, with `dkms_tree` and
 * `source_tree` as the variables of these names. 0 or -errno, logged.
 */
int dkms_read(struct dkms_conf *conf, const char *folder, const struct kernel_tree *tree,
	      const char *dkms_tree, const char *source_tree);

/*
 * What dkms_eval.sh wrote, taken apart and checked, the kernel being the
 * tree's. 0, or -EINVAL with *why, which the caller frees.
 */
int dkms_parse(struct dkms_conf *conf, const struct kernel_tree *tree, const char *data, size_t n,
	       char **why);

void dkms_conf_release(struct dkms_conf *conf);

#endif
