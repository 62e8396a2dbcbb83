/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads dkms.conf, as documented in dkms(8). It is a bash script, so bash evaluates it,
 * confined (confine.h). The result is checked: names are plain, and paths stay within the
 * folder.
 */
#ifndef OUTPOST_DKMS_H
#define OUTPOST_DKMS_H

#include "common/cleanup.h"
#include "host/kernel/kernel.h"

#include <stdbool.h>
#include <stddef.h>

struct dkms_module {
	char *name;     /* BUILT_MODULE_NAME, without ".ko" */
	char *location; /* BUILT_MODULE_LOCATION: a subfolder, or "" for the folder itself */
};

/* The settings for one kernel, with the _MATCH variables applied. */
struct dkms_conf {
	char *name;       /* PACKAGE_NAME */
	char *version;    /* PACKAGE_VERSION */
	char *make;       /* the MAKE[] that applies, for bash; NULL: the default */
	char *pre_build;  /* PRE_BUILD: a script in the folder and its arguments, or NULL */
	char *post_build; /* POST_BUILD: as above */
	char **patches;   /* PATCH[]: names in patches/ */
	char **depends;   /* BUILD_DEPENDS[]: names of other packages */
	struct dkms_module *modules;
	size_t n_modules;
	char *excluded; /* why the package is not for this kernel; NULL: it is */
};

/*
 * Evaluates `folder`/dkms.conf for the tree's kernel, with `dkms_tree` and `source_tree` as
 * the variables of these names. 0 or -errno, logged.
 */
int dkms_read(struct dkms_conf *conf, const char *folder, const struct kernel_tree *tree,
	      const char *dkms_tree, const char *source_tree);

/*
 * Parses and checks the output of dkms_eval.sh for the tree's kernel. 0, or -EINVAL with *why,
 * which the caller frees.
 */
int dkms_parse(struct dkms_conf *conf, const struct kernel_tree *tree, const char *data, size_t n,
	       char **why);

void dkms_conf_release(struct dkms_conf *conf);

#endif
